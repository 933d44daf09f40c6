import { Argument, Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import { maskSecrets } from '../../errors/mask-secrets.ts'
import type { Command } from '../command.ts'
import { DATABASE_OPTIONS, readNames, sayAbsent } from '../options.ts'

export const diff: Command<'diff', { readonly exclude?: readonly string[] }> = {
  name: 'diff',
  summary: 'what differs between two schemas',
  description:
    'Grants, storage options and comments are listed. Where nothing else differs it ends with exit 0, as check does: no migration depends on them.',
  arguments: [
    new Argument(
      '<here>',
      'the URL of a database; or a migration, for the schema that is recorded after it: its name, or a unique prefix of it',
    ),
    new Argument('<there>', 'another one'),
  ],
  options: [
    new Option(
      '--exclude <schemas>',
      'schemas of the databases to leave out, with commas between them',
    ).argParser(readNames),
    ...DATABASE_OPTIONS,
  ],
  examples: [
    ['"$DATABASE_URL" postgres://localhost/other', 'two databases'],
    ['--exclude cron "$DATABASE_URL" Migration20260101', 'a database and the recorded schema'],
  ],
  exits: ['failed', 'integrity'],
  async run(call) {
    const { args, flags, project, database } = call
    const [here = '', there = ''] = args
    const { absentSchemasOf, readCatalogOf } = await import('../../drift/application-catalog.ts')
    const { isHarmless } = await import('../../drift/plan-drift.ts')
    const { namedCatalog } = await import('../../project/catalog-after.ts')
    const { diffBesidesPartitions, diffCatalogs, renderDifferences } =
      await import('../../catalog/index.ts')
    const exclude = flags.exclude ?? []
    const open = (source: string) =>
      isUrl(source)
        ? readCatalogOf(database({ url: source }), project, exclude)
        : namedCatalog(project, source)
    const targets = [here, there].filter(isUrl).map((url) => database({ url }))
    const absent = await Promise.all(targets.map((target) => absentSchemasOf(target, exclude)))
    sayAbsent(
      call,
      exclude.filter((name) => absent.every((names) => names.includes(name))),
    )
    // Partitions that jobs make are in no record.
    const diffOf = isUrl(here) && isUrl(there) ? diffCatalogs : diffBesidesPartitions
    const differences = diffOf(await open(here), await open(there))
    const names = { here: maskSecrets(here), there: maskSecrets(there) }
    const text = renderDifferences(differences, names)
    const isFit = differences.every(isHarmless)
    return {
      text: isFit && differences.length > 0 ? `${text}\n${FIT}` : text,
      json: differences,
      exit: isFit ? EXIT.done : EXIT.integrity,
    }
  },
}

const FIT = 'No migration depends on what differs.\n'

function isUrl(source: string): boolean {
  return source.includes('://')
}
