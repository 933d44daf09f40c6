import type { TableLoss } from './table-loss.ts'
import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { findTableByOid, readTables, type StoredTable } from './tables.ts'

/** A foreign key whose own rows change when rows that it refers to are deleted. */
interface ActiveKey {
  readonly child: string
  readonly schema: string
  readonly name: string
  /** c: its rows are deleted. n, d: its columns are set. */
  readonly action: 'c' | 'n' | 'd'
  readonly columns: readonly string[]
  readonly refers: readonly string[]
  /** Those of `columns` that are set. */
  readonly sets: readonly string[]
}

/** The rows that a DELETE takes from a table, and what its foreign keys take from others in turn. */
export async function rowsDeleted(
  client: pg.ClientBase,
  table: StoredTable,
  matching: string,
  above: readonly string[] = [],
): Promise<TableLoss[]> {
  const keys = await activeKeys(client, table)
  const own = keys.filter((key) => key.child === table.oid && key.action === 'c')
  const all = own.reduce((rows, key) => withDescendants(table, key, rows), matching)
  const tableLosses: TableLoss[] = [{ kind: 'rows', table, matching: all, columns: [] }]
  for (const key of keys) {
    if (key.child === table.oid && key.action === 'c') continue
    const child = await findTableByOid(client, key.child)
    if (!child) continue
    const children = rowsReferring(child, table, key, all)
    if (key.action !== 'c') {
      const columns = key.sets.map((name) => ({ name, isTaken: 'true' }))
      tableLosses.push({ kind: 'values', table: child, matching: children, columns })
    } else if (above.includes(child.oid)) {
      // In a cycle of tables no query tells which rows are reached; all of them count.
      tableLosses.push({ kind: 'rows', table: child, columns: [] })
    } else {
      tableLosses.push(...(await rowsDeleted(client, child, children, [...above, table.oid])))
    }
  }
  return tableLosses
}

/** What TRUNCATE takes: the tables, with CASCADE also those that refer to them. */
export async function rowsTruncated(
  client: pg.ClientBase,
  tables: readonly StoredTable[],
  cascade: boolean,
): Promise<TableLoss[]> {
  const { rows } = await client.query<{ oid: string }>(
    `with recursive emptied as (
       select unnest($1::oid[]) as oid
       union
       select f.conrelid from pg_constraint f join emptied on f.confrelid = emptied.oid
        where f.contype = 'f' and f.conparentid = 0 and $2)
     select oid::text from emptied`,
    [tables.map(({ oid }) => oid), cascade],
  )
  const emptied = await readTables(
    client,
    rows.map(({ oid }) => oid),
  )
  return emptied.map((table) => ({ kind: 'rows', table, columns: [] }))
}

async function activeKeys(client: pg.ClientBase, { oid }: StoredTable): Promise<ActiveKey[]> {
  const { rows } = await client.query<ActiveKey>(
    `select f.conrelid::text as child, n.nspname as schema, c.relname as name, f.confdeltype as action,
            (select json_agg(a.attname order by k.n) from unnest(f.conkey) with ordinality as k(num, n)
               join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.num) as columns,
            (select json_agg(a.attname order by k.n) from unnest(f.confkey) with ordinality as k(num, n)
               join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.num) as refers,
            (select json_agg(a.attname) from unnest(coalesce(f.confdelsetcols, f.conkey)) as k(num)
               join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.num) as sets
       from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_namespace n on n.oid = c.relnamespace
      where f.contype = 'f' and f.conparentid = 0 and f.confdeltype in ('c', 'n', 'd')
        and f.confrelid in (select $1::oid union select relid from pg_partition_ancestors($1::oid::regclass))
      order by f.oid`,
    [oid],
  )
  return rows
}

function rowsReferring(
  child: StoredTable,
  parent: StoredTable,
  { columns, refers }: ActiveKey,
  matching: string,
): string {
  const same = columns.map((column, i) => isEqual(child, column, refers[i] ?? ''))
  return `select c.tableoid, c.ctid from ${child.sql} c join ${parent.sql} p on ${same.join(' and ')}
    where (p.tableoid, p.ctid) in (${matching})`
}

/** With the rows of the same table that refer to them, directly or not. */
function withDescendants(
  table: StoredTable,
  { columns, refers }: ActiveKey,
  matching: string,
): string {
  const same = columns.map((column, i) => isEqual(table, column, refers[i] ?? ''))
  return `with recursive doomed (t, r) as (
    select * from (${matching}) as first (t, r)
    union
    select c.tableoid, c.ctid from doomed join ${table.sql} p on p.tableoid = t and p.ctid = r
      join ${table.sql} c on ${same.join(' and ')})
    select t, r from doomed`
}

/** Runs on the author's path, with an operator that nobody else can have made, wherever there is one. */
function isEqual({ columns }: StoredTable, column: string, refers: string): string {
  const isBuiltIn = columns.find(({ name }) => name === column)?.isBuiltIn ?? false
  const operator = isBuiltIn ? 'operator(pg_catalog.=)' : '='
  return `c.${quoteName(column)} ${operator} p.${quoteName(refers)}`
}
