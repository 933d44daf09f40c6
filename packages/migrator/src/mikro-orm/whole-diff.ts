import type { SqlSchemaGenerator } from '@mikro-orm/postgresql'
import { parseSql } from '../sql/parse.ts'
import { findSchemaGenerator, type OpenMigrator } from './stock-migrator.ts'

/**
 * What a Migrator finds to change, all of it: MikroORM takes its own text apart at the ends of lines, counts the quote in the
 * name `it's` as the beginning of a text, and leaves out what follows the last such one.
 */
export function readWholeDiff(migrator: OpenMigrator): OpenMigrator['getSchemaDiff'] {
  const getSchemaDiff = migrator.getSchemaDiff.bind(migrator)
  const schemas = findSchemaGenerator(migrator)
  if (!schemas) return getSchemaDiff
  return async (blank, initial) => {
    let [up, down] = ['', '']
    const end = hearingSql(schemas, (sql) => {
      ;({ up, down } = sql)
    })
    try {
      const diff = await getSchemaDiff(blank, initial)
      return { up: await complete(diff.up, up), down: await complete(diff.down, down) }
    } finally {
      end()
    }
  }
}

/** Calls `hear` with what a writer of schemas writes for a migration, the first one of a project too, until it is ended. */
export function hearingSql(
  schemas: SqlSchemaGenerator,
  hear: (sql: { readonly up: string; readonly down: string }) => void | Promise<void>,
): () => void {
  const getUpdate = schemas.getUpdateSchemaMigrationSQL.bind(schemas)
  const getCreate = schemas.getCreateSchemaSQL.bind(schemas)
  schemas.getUpdateSchemaMigrationSQL = async (options) => {
    const sql = await getUpdate(options)
    await hear(sql)
    return sql
  }
  schemas.getCreateSchemaSQL = async (options) => {
    const up = await getCreate(options)
    await hear({ up, down: '' })
    return up
  }
  return () =>
    void Object.assign(schemas, {
      getUpdateSchemaMigrationSQL: getUpdate,
      getCreateSchemaSQL: getCreate,
    })
}

/** Runs `work` with a Migrator that finds all of that. */
export async function withWholeDiff<T>(migrator: OpenMigrator, work: () => Promise<T>): Promise<T> {
  const stock = migrator.getSchemaDiff.bind(migrator)
  migrator.getSchemaDiff = readWholeDiff(migrator)
  try {
    return await work()
  } finally {
    migrator.getSchemaDiff = stock
  }
}

/** The statements as they are, where they are all of the text. */
async function complete(statements: string[], text: string): Promise<string[]> {
  if (text === '' || bare(statements.join('')) === bare(text)) return statements
  const parsed = await parseSql(text).catch(() => [])
  return parsed.length === 0 ? statements : parsed.map(({ sql }) => `${sql};`)
}

const bare = (text: string) => text.replaceAll(/[\s;]/g, '')
