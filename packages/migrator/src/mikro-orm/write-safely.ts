import type { IMigrationGenerator, MigrationDiff } from '@mikro-orm/core'
import type { SqlSchemaGenerator } from '@mikro-orm/postgresql'
import { failure } from '../errors/index.ts'
import type { Check } from '../migration.ts'
import { writeSafely, type SafeStatements } from '../safe-forms/index.ts'
import { splitPhases, type Chain, type Ways } from '../safe-forms/split-phases.ts'
import { parseSql } from '../sql/parse.ts'
import { opened, type OpenMigrator } from './stock-migrator.ts'

/**
 * Runs `create` so that what MikroORM generates is written in its safe form, with what must hold before it, and in a file
 * of its own what the previous release does not survive. Returns the names of the files after the first, too.
 */
export async function writingSafely<T>(
  migrator: object,
  chain: Chain,
  create: () => Promise<T>,
): Promise<{ readonly result: T; readonly others: readonly string[] }> {
  const stock = opened(migrator)
  const { generator } = stock
  const getSchemaDiff = stock.getSchemaDiff.bind(stock)
  const schemas = stock.config.getExtension<SqlSchemaGenerator>('@mikro-orm/schema-generator')
  const getSql = schemas?.getUpdateSchemaMigrationSQL.bind(schemas)
  const ensureDatabase = schemas?.ensureDatabase.bind(schemas)
  let migrations: readonly SafeWays[] = []
  stock.getSchemaDiff = async (blank, initial) => {
    const diff = await getSchemaDiff(blank, initial)
    const parts = canNameTwo(stock) ? await splitPhases(diff, chain) : [diff]
    migrations = await writeAll(parts, chain)
    return {
      up: migrations.flatMap(({ up }) => up.statements),
      down: migrations.toReversed().flatMap(({ down }) => down.statements),
    }
  }
  const { others, end } = writeEach(generator, () => migrations)
  if (schemas && getSql) {
    // A configuration may name another database than the one that is asked, and that one is nobody's to make here.
    schemas.ensureDatabase = async () => false
    schemas.getUpdateSchemaMigrationSQL = async (options) => {
      const sql = await getSql(options)
      await requireReadable(`${sql.up}\n${sql.down}`)
      return sql
    }
  }
  try {
    return { result: await create(), others }
  } finally {
    Object.assign(stock, { getSchemaDiff })
    end()
    if (schemas) Object.assign(schemas, { getUpdateSchemaMigrationSQL: getSql, ensureDatabase })
  }
}

/**
 * MikroORM takes its own text apart at the ends of lines, and leaves out what follows a quote that is not closed: the
 * default `it's`, say. Throws PROJECT_INVALID.
 */
async function requireReadable(sql: string): Promise<void> {
  if (await isReadable(sql)) return
  for (const statement of sql.split(/;\n/)) {
    if (await isReadable(statement)) continue
    const reason = `PostgreSQL cannot read what the entities become: ${statement.trim()}. Look for a quote in a default, a check or a comment: what is SQL there has it twice.`
    throw failure('PROJECT_INVALID', { reason })
  }
}

function isReadable(sql: string): Promise<boolean> {
  return parseSql(sql).then(
    () => true,
    () => false,
  )
}

/** Makes a generator write each of several migrations in a file of its own; gathers the names of those after the first. */
function writeEach(
  generator: IMigrationGenerator,
  all: () => readonly SafeWays[],
): { readonly others: readonly string[]; readonly end: () => void } {
  const generate = generator.generate.bind(generator)
  const generateFile = generator.generateMigrationFile.bind(generator)
  let members: readonly string[] = []
  const others: string[] = []
  generator.generate = async (diff, path, name) => {
    const [first, ...rest] = all()
    members = first ? membersOf(first) : []
    if (!first || rest.length === 0) return generate(diff, path, name)
    const written = await generate(toDiff(first), path, name)
    for (const one of rest) {
      members = membersOf(one)
      const { suffix = 'contract' } = one
      const as = name === undefined ? suffix : `${name}-${suffix}`
      const [, file] = await generate(toDiff(one), path, as)
      others.push(file)
    }
    return written
  }
  generator.generateMigrationFile = async (className: string, diff: MigrationDiff) =>
    addMembers(await generateFile(className, diff), members)
  const end = () => void Object.assign(generator, { generate, generateMigrationFile: generateFile })
  return { others, end }
}

const toDiff = ({ up, down }: SafeWays): MigrationDiff => ({
  up: [...up.statements],
  down: [...down.statements],
})

/** Both ways of a migration in their safe forms. */
interface SafeWays {
  readonly up: SafeStatements
  readonly down: SafeStatements
  /** Of the name of its file, where it is not the first. */
  readonly suffix?: string
}

/** In the order in which they run; the ways back run in the other. */
async function writeAll(parts: readonly Ways[], { known }: Chain): Promise<SafeWays[]> {
  const ups: SafeStatements[] = []
  for (const { up, isCopy: mayCopy = false } of parts)
    ups.push(await writeSafely(up, known, { mayCopy }))
  const all: SafeWays[] = []
  for (const [n, up] of [...ups.entries()].toReversed()) {
    const { down = [], isCopy: mayCopy = false, suffix } = parts[n] ?? {}
    const back = await writeSafely(down, known, { direction: 'down', mayCopy })
    all.unshift({ up, down: back, ...(suffix !== undefined && { suffix }) })
  }
  return all
}

/** False where the project's names of files leave out what a migration is called: the second would take the place of the first. */
function canNameTwo({ options: { fileName } }: OpenMigrator): boolean {
  return fileName === undefined || fileName('0', 'one') !== fileName('0', 'two')
}

/** Members of the class, as TypeScript writes them. */
function membersOf({ up, down }: SafeWays): string[] {
  const isTogether = up.isTogether === true || down.isTogether === true
  const isTransactional = isTogether || (up.isTransactional && down.isTransactional)
  return [
    ...(isTransactional ? [] : ['override isTransactional(): boolean {\n    return false;\n  }']),
    ...checksOf('requires', up.requires),
    ...checksOf('downRequires', down.requires),
  ]
}

function checksOf(method: string, checks: readonly Check[]): string[] {
  if (checks.length === 0) return []
  const items = checks.map(
    ({ query, says }) =>
      `      {\n        query: ${quoted(query)},\n        says: ${quoted(says)},\n      },\n`,
  )
  return [`${method}() {\n    return [\n${items.join('')}    ];\n  }`]
}

function quoted(text: string): string {
  return `\`${text.replaceAll(/[`$\\]/g, '\\$&')}\``
}

/** Before `up`. A generator of the project's own may write something else, which stays as it is. */
function addMembers(code: string, members: readonly string[]): string {
  const up = /^ *(override |async )*up\(/m.exec(code)
  if (!up || members.length === 0) return code
  const isTypeScript = up[0].includes('override')
  const texts = members.map((text) =>
    isTypeScript ? text : text.replace(/^override (.*): \w+/, '$1'),
  )
  return `${code.slice(0, up.index)}${texts.map((text) => `  ${text}\n\n`).join('')}${code.slice(up.index)}`
}
