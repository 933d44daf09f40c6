import { Argument, Option } from 'commander'
import type { Catalog } from '../../catalog/index.ts'
import { EXIT } from '../../errors/entry.ts'
import type { PictureFormat } from '../../inspect/reporter.ts'
import type { Call, Command } from '../command.ts'
import { DATABASE_OPTIONS, readNames, sayAbsent } from '../options.ts'

const FORMATS: readonly PictureFormat[] = ['svg', 'mermaid', 'dbml']

interface Flags {
  readonly format: PictureFormat
  readonly exclude?: readonly string[]
}

export const erd: Command<'erd', Flags> = {
  name: 'erd',
  summary: 'draw the tables and foreign keys of a schema',
  description:
    'It needs the package @techfacts/report. Of more than 40 tables the picture has the keys; mermaid and dbml have every column. The ledger and what the migrator keeps for itself are in none. Of a database it reads the schema, and no row.',
  arguments: [
    new Argument('[url]', 'the URL of a database').default(
      undefined,
      'the schema that is recorded after the last migration',
    ),
  ],
  options: [
    new Option('--format <format>', 'a picture, or text that other tools draw')
      .choices(FORMATS)
      .default('svg'),
    new Option('--exclude <schemas>', 'schemas to leave out, with commas between them').argParser(
      readNames,
    ),
    ...DATABASE_OPTIONS,
  ],
  examples: [
    ['> schema.svg', 'what the migrations make'],
    ['--exclude pgboss "$DATABASE_URL" > schema.svg', 'a database, without the tables of a queue'],
    ['--format mermaid', 'for a Markdown file'],
  ],
  exits: ['failed', 'integrity'],
  async run(call) {
    const { loadReporter } = await import('../reporter.ts')
    const { maskAll } = await import('../../errors/mask-secrets.ts')
    const { format } = call.flags
    const reporter = await loadReporter(call.project)
    const picture = await reporter.drawSchema({ format, catalog: maskAll(await open(call)) })
    return { text: picture, json: { format, picture }, exit: EXIT.done }
  },
}

async function open(call: Call<Flags>): Promise<Catalog> {
  const { flags, project, database } = call
  const [url] = call.args
  const exclude = flags.exclude ?? []
  const { absentSchemas, absentSchemasOf, readCatalogOf, withoutSchemas } =
    await import('../../drift/application-catalog.ts')
  if (url === undefined) {
    const { headCatalog } = await import('../../project/catalog-after.ts')
    const catalog = await headCatalog(project)
    sayAbsent(call, absentSchemas(catalog, exclude))
    return withoutSchemas(catalog, exclude)
  }
  const target = database({ url })
  sayAbsent(call, await absentSchemasOf(target, exclude))
  return readCatalogOf(target, project, exclude)
}
