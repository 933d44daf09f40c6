import type pg from 'pg'
import { deparse } from 'pgsql-deparser'
import { quoteName } from '../sql/quote-name.ts'
import { parseSql } from '../sql/parse.ts'

const CLONE = 'migrator_index_probe'

/**
 * True where the index `name` (quoted, qualified) is what `createIndex` would make now.
 *
 * PostgreSQL itself is asked: the statement is run on an empty clone of the table, in a transaction that
 * is rolled back, and both are compared as the catalog holds them.
 */
export async function isSameIndex(
  client: pg.Client,
  name: string,
  createIndex: string,
): Promise<boolean> {
  const [parsed] = await parseSql(createIndex)
  if (!parsed || !('IndexStmt' in parsed.node)) return false
  const { relation, ...statement } = parsed.node.IndexStmt
  const onClone = { ...statement, idxname: CLONE, concurrent: false, if_not_exists: false }
  // A temporary table is found first in every search path that does not name pg_temp.
  const cloneRelation = { relname: CLONE, inh: true, relpersistence: 'p' }
  const build = await deparse([{ IndexStmt: { ...onClone, relation: cloneRelation } }])
  const original = quoteName(relation?.relname ?? '', relation?.schemaname)
  await client.query('begin')
  try {
    await client.query(`create temporary table ${CLONE} (like ${original})`)
    await client.query(build)
    const { rows } = await client.query<{ same: boolean }>(
      `select (${shapeOf('$1')}) = (${shapeOf('$2')}) as same`,
      [name, `pg_temp.${CLONE}`],
    )
    return (await isOnTable(client, name, original)) && (rows[0]?.same ?? false)
  } finally {
    await client.query('rollback')
  }
}

/** Everything that makes an index what it is, but its name and its table. */
function shapeOf(parameter: string): string {
  return `
    select jsonb_build_object(
      'method', c.relam, 'unique', i.indisunique, 'nullsNotDistinct', i.indnullsnotdistinct,
      'columns', (select jsonb_agg(pg_get_indexdef(i.indexrelid, k, false) order by k)
                    from generate_series(1, i.indnatts) k),
      'keys', i.indnkeyatts, 'classes', i.indclass::text, 'collations', i.indcollation::text,
      'options', i.indoption::text, 'predicate', pg_get_expr(i.indpred, i.indrelid),
      'storage', c.reloptions)
      from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indexrelid = to_regclass(${parameter}::text)`
}

async function isOnTable(client: pg.Client, index: string, table: string): Promise<boolean> {
  const { rows } = await client.query(
    'select from pg_index where indexrelid = to_regclass($1) and indrelid = to_regclass($2)',
    [index, table],
  )
  return rows.length > 0
}
