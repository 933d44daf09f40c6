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
    const getSql = schemas.getUpdateSchemaMigrationSQL.bind(schemas)
    let [up, down] = ['', '']
    schemas.getUpdateSchemaMigrationSQL = async (options) => {
      const sql = await getSql(options)
      ;({ up, down } = sql)
      return sql
    }
    try {
      const diff = await getSchemaDiff(blank, initial)
      return { up: await complete(diff.up, up), down: await complete(diff.down, down) }
    } finally {
      schemas.getUpdateSchemaMigrationSQL = getSql
    }
  }
}

/** The statements as they are, where they are all of the text. */
async function complete(statements: string[], text: string): Promise<string[]> {
  if (text === '' || bare(statements.join('')) === bare(text)) return statements
  const parsed = await parseSql(text).catch(() => [])
  return parsed.length === 0 ? statements : parsed.map(({ sql }) => `${sql};`)
}

const bare = (text: string) => text.replaceAll(/[\s;]/g, '')
