import type { ClientBase } from 'pg'
import type { Name } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'
import { asApplication } from './as-application.ts'
import type { Sample } from './query-values.ts'

/** A row that is deleted before its like is inserted: by its key, whatever the columns are called by then. */
export interface ReplacedRow {
  readonly relation: string
  readonly key: readonly { readonly column: number; readonly value: string }[]
}

const KEY = `
  select a.attrelid::text as relation, a.attnum::int as column, a.attname as name
    from pg_catalog.pg_index i
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
   where i.indexrelid = (
     select indexrelid from pg_catalog.pg_index
      where indrelid = pg_catalog.to_regclass($1) and indisunique and indpred is null and indexprs is null
      order by indisprimary desc, indexrelid limit 1)`

/** The row of this number of a sample; undefined where its table has no key. */
export async function findReplaced(
  client: ClientBase,
  { name, schema }: Name,
  { columns, rows }: Sample,
  row: number,
): Promise<ReplacedRow | undefined> {
  const found = await asApplication(client, () =>
    client.query<{ relation: string; column: number; name: string }>(KEY, [
      quoteName(name, schema),
    ]),
  )
  if (!('rows' in found)) return undefined
  const values = rows[row % Math.max(rows.length, 1)]
  const key = found.rows.flatMap(({ column, name: own }) => {
    const value = values?.[columns.findIndex((one) => one.name === own)]
    return typeof value === 'string' ? [{ column, value }] : []
  })
  const [first] = found.rows
  return first && key.length === found.rows.length ? { relation: first.relation, key } : undefined
}

const DELETE = `
  select pg_catalog.format('delete from %s where %s', c.oid::pg_catalog.regclass,
      pg_catalog.string_agg(pg_catalog.format('%I::text = %L', a.attname, k.value), ' and ')) as sql
    from unnest($2::int[], $3::text[]) k (number, value)
    join pg_catalog.pg_class c on c.oid = $1::oid
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.number and not a.attisdropped
   group by c.oid`

/** Deletes rows to make place for their like; what references them stays, and no trigger hears of it. */
export async function deleteReplaced(
  client: ClientBase,
  replaced: readonly ReplacedRow[],
): Promise<void> {
  if (replaced.length === 0) return
  await client.query('set local session_replication_role to replica')
  for (const { relation, key } of replaced) {
    const columns = key.map(({ column }) => column)
    const values = key.map(({ value }) => value)
    const { rows } = await client.query<{ sql: string }>(DELETE, [relation, columns, values])
    for (const { sql } of rows) await client.query(sql)
  }
  await client.query('set local session_replication_role to origin')
}
