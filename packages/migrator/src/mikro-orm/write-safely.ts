import type { MigrationDiff } from '@mikro-orm/core'
import type { SqlSchemaGenerator } from '@mikro-orm/postgresql'
import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Check } from '../migration.ts'
import { writeSafely, type SafeStatements } from '../safe-forms/index.ts'
import { parseSql } from '../sql/parse.ts'
import { opened } from './stock-migrator.ts'

/**
 * Runs `create` so that the file has what MikroORM generates in its safe form, and states what must hold before it.
 * What the migrations before have made is `known`, which learns from the new one.
 */
export async function writingSafely<T>(
  migrator: object,
  known: KnownObjects,
  create: () => Promise<T>,
): Promise<T> {
  const stock = opened(migrator)
  const { generator } = stock
  const getSchemaDiff = stock.getSchemaDiff.bind(stock)
  const schemas = stock.config.getExtension<SqlSchemaGenerator>('@mikro-orm/schema-generator')
  const getSql = schemas?.getUpdateSchemaMigrationSQL.bind(schemas)
  const ensureDatabase = schemas?.ensureDatabase.bind(schemas)
  const generateFile = generator.generateMigrationFile.bind(generator)
  let members: readonly string[] = []
  stock.getSchemaDiff = async (blank, initial) => {
    const diff = await getSchemaDiff(blank, initial)
    const up = await writeSafely(diff.up, known)
    const down = await writeSafely(diff.down, known, 'down')
    members = membersOf(up, down)
    return { up: [...up.statements], down: [...down.statements] }
  }
  if (schemas && getSql) {
    // A configuration may name another database than the one that is asked, and that one is nobody's to make here.
    schemas.ensureDatabase = async () => false
    schemas.getUpdateSchemaMigrationSQL = async (options) => {
      const sql = await getSql(options)
      await requireReadable(`${sql.up}\n${sql.down}`)
      return sql
    }
  }
  generator.generateMigrationFile = async (className: string, diff: MigrationDiff) =>
    addMembers(await generateFile(className, diff), members)
  try {
    return await create()
  } finally {
    Object.assign(stock, { getSchemaDiff })
    Object.assign(generator, { generateMigrationFile: generateFile })
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

/** Members of the class, as TypeScript writes them. */
function membersOf(up: SafeStatements, down: SafeStatements): string[] {
  const isTransactional = up.isTransactional && down.isTransactional
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
