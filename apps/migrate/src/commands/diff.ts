import { EXIT, openCatalog, maskSecrets } from '@techfacts/migrator'
import { diffCatalogs, renderDifferences } from '@techfacts/migrator/catalog'
import type { Command } from '../command.ts'

export const diff: Command = {
  name: 'diff',
  usage: 'diff <url|snapshot> <url|snapshot> [--exclude SCHEMA,…]',
  summary: 'what differs between two schemas; exit 6 where something does',
  options: { exclude: { type: 'string' } },
  takes: [2, 2],
  async run({ args: [here = '', there = ''], flags, project, connection }) {
    const exclude = typeof flags.exclude === 'string' ? flags.exclude.split(',') : []
    const open = (source: string) =>
      openCatalog(source, project, (url) => connection({ url }), exclude)
    const differences = diffCatalogs(await open(here), await open(there))
    return {
      text: renderDifferences(differences, { here: maskSecrets(here), there: maskSecrets(there) }),
      json: differences,
      exit: differences.length === 0 ? EXIT.done : EXIT.integrity,
    }
  },
}
