import type pg from 'pg'
import { isSameIndex, readIndex } from '../catalog/index.ts'
import { deparseSql, parseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'

const CLONE = 'migrator_clone'
const INDEX_OF_CLONE = 'migrator_clone_index'

/**
 * True where the index `name` (quoted, qualified) is what `createIndex` would make now.
 *
 * PostgreSQL itself is asked: the statement is run on an empty clone of the table, in a transaction that
 * is rolled back, and both are compared as the catalog holds them.
 */
export async function isBuiltAs(
  client: pg.Client,
  name: string,
  createIndex: string,
): Promise<boolean> {
  const [parsed] = await parseSql(createIndex)
  if (!parsed || !('IndexStmt' in parsed.node)) return false
  const { relation, ...statement } = parsed.node.IndexStmt
  const table = quoteName(relation?.relname ?? '', relation?.schemaname)
  if (!(await isOnTable(client, name, table))) return false
  const onClone = {
    ...statement,
    idxname: INDEX_OF_CLONE,
    concurrent: false,
    if_not_exists: false,
    relation: { relname: CLONE, inh: true, relpersistence: 'p' },
  }
  const build = await deparseSql([{ IndexStmt: onClone }])
  await client.query('begin')
  try {
    // A temporary table is found before any other of its name.
    await client.query(`create temporary table ${CLONE} (like ${table})`)
    await client.query(build)
    const wanted = await readIndex(client, `pg_temp.${INDEX_OF_CLONE}`)
    const found = await readIndex(client, name)
    return wanted !== undefined && found !== undefined && isSameIndex(wanted, found)
  } finally {
    await client.query('rollback')
  }
}

async function isOnTable(client: pg.Client, index: string, table: string): Promise<boolean> {
  const { rows } = await client.query(
    'select from pg_index where indexrelid = to_regclass($1) and indrelid = to_regclass($2)',
    [index, table],
  )
  return rows.length > 0
}
