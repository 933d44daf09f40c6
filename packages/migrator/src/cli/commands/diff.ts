import { Argument, Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import { maskSecrets } from '../../errors/mask-secrets.ts'
import type { Command } from '../command.ts'
import { DATABASE_OPTIONS } from '../options.ts'

export const diff: Command<'diff', { readonly exclude?: string }> = {
  name: 'diff',
  summary: 'what differs between two schemas',
  arguments: [
    new Argument('<here>', 'the URL of a database, or the path of a snapshot'),
    new Argument('<there>', 'another one'),
  ],
  options: [
    new Option('--exclude <schemas>', 'schemas to leave out, with commas between them'),
    ...DATABASE_OPTIONS,
  ],
  examples: [
    ['"$DATABASE_URL" postgres://localhost/other', 'two databases'],
    ['--exclude pgboss "$DATABASE_URL" catalog.json', 'a database and a snapshot, less one schema'],
  ],
  exits: ['failed', 'integrity'],
  async run({ args: [here = '', there = ''], flags, project, connection }) {
    const { openCatalog } = await import('../../drift/application-catalog.ts')
    const { diffCatalogs, renderDifferences } = await import('../../catalog/index.ts')
    const exclude = flags.exclude?.split(',') ?? []
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
