import type { TableLoss } from './table-loss.ts'
import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { ARCHIVE_SCHEMA } from '../journal/journal.ts'
import { readTables } from './tables.ts'
import { askAgain } from '../session/prepared.ts'

/** An object as `pg_depend` names it. */
export interface Root {
  /** The catalog that it is in: `pg_class`. */
  readonly catalog: string
  readonly objid: string
  /** The number of a column; 0: the whole object. */
  readonly objsubid: number
}

/** All that goes when the roots ($1) go, as DROP finds it, with CASCADE ($2) or without. */
const GONE = `with recursive gone (classid, objid, objsubid) as (
  select catalog::regclass::oid, objid, objsubid
    from json_to_recordset($1::json) as root (catalog text, objid oid, objsubid integer)
  union
  select next.classid, next.objid, next.objsubid from gone cross join lateral (
    select d.classid, d.objid, d.objsubid from pg_depend d
     where d.refclassid = gone.classid and d.refobjid = gone.objid
       and (gone.objsubid = 0 or d.refobjsubid = gone.objsubid)
       -- Without CASCADE a dependant in its own right makes PostgreSQL refuse.
       and (d.deptype <> 'n' or $2::boolean)
    union all
    -- What a view reads is read by its rule, and it goes with the rule.
    select 'pg_class'::regclass::oid, r.ev_class, 0 from pg_rewrite r
     where gone.classid = 'pg_rewrite'::regclass and r.oid = gone.objid and r.rulename = '_RETURN') as next
)`

/** The tables, and the columns of other tables, that go when the roots go. */
export async function dependants(
  client: pg.ClientBase,
  roots: readonly Root[],
  cascade: boolean,
): Promise<TableLoss[]> {
  if (roots.length === 0) return []
  const { rows } = await askAgain<{ oid: string; column: string | null }>(
    client,
    `${GONE},
     relation as (
       select distinct c.oid, c.relispartition, gone.objsubid from gone join pg_class c on c.oid = gone.objid
        where gone.classid = 'pg_class'::regclass and c.relkind in ('r', 'p') and c.relnamespace <> $3::oid),
     taken as (
       select oid, null as column from relation where objsubid = 0
       union
       select r.oid, a.attname from relation r
         join pg_attribute a on a.attrelid = r.oid and a.attnum = r.objsubid and a.attgenerated = '' and not a.attisdropped
        where not exists (select from relation whole where whole.oid = r.oid and whole.objsubid = 0))
     -- What a table holds through its partitions is counted and kept through it.
     select t.oid::text, t.column from taken t
      where not exists (
        select from pg_partition_ancestors(t.oid) a join taken above on above.oid = a.relid
         where a.relid <> t.oid and above.column is not distinct from t.column)`,
    [JSON.stringify(roots), cascade, await readNamespace(client, ARCHIVE_SCHEMA)],
  )
  const columns = Map.groupBy(rows, ({ oid }) => oid)
  const tables = await readTables(client, [...columns.keys()])
  return tables.map((table): TableLoss => {
    const names = (columns.get(table.oid) ?? []).flatMap(({ column }) => column ?? [])
    if (names.length === 0) return { kind: 'table', table, columns: [] }
    const taken = names.map((name) => ({
      name,
      isTaken: `${quoteName(name)} is distinct from null`,
    }))
    return { kind: 'values', table, columns: taken }
  })
}

/** The materialized views that go with the roots, and have rows: what they were made from may have changed since. */
export async function findSnapshots(
  client: pg.ClientBase,
  roots: readonly Root[],
  cascade: boolean,
): Promise<string[]> {
  if (roots.length === 0) return []
  const { rows } = await client.query<{ name: string }>(
    `${GONE}
     select distinct c.oid::regclass::text as name from gone join pg_class c on c.oid = gone.objid
      where gone.classid = 'pg_class'::regclass and gone.objsubid = 0 and c.relkind = 'm' and pg_relation_size(c.oid) > 0 order by 1`,
    [JSON.stringify(roots), cascade],
  )
  return rows.map(({ name }) => `rows of the materialized view ${name}`)
}

/** A column of a table in the archive whose type is about to go. */
export interface ArchivedColumn {
  /** Quoted and qualified. */
  readonly table: string
  readonly column: string
}

/** The columns in the archive that would go with the roots. */
export async function archivedDependants(
  client: pg.ClientBase,
  roots: readonly Root[],
): Promise<ArchivedColumn[]> {
  const { rows } = await client.query<ArchivedColumn>(
    `${GONE}
     select distinct format('%I.%I', n.nspname, c.relname) as table, a.attname as column
       from gone join pg_class c on c.oid = gone.objid join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum = gone.objsubid
      where gone.classid = 'pg_class'::regclass and gone.objsubid > 0 and n.nspname = $3
        and c.relkind in ('r', 'p') and not c.relispartition`,
    [JSON.stringify(roots), true, ARCHIVE_SCHEMA],
  )
  return rows
}

/** 0 where there is no such schema. */
async function readNamespace(client: pg.ClientBase, name: string): Promise<string> {
  const { rows } = await client.query<{ oid: string }>(
    `select coalesce(max(oid::bigint), 0)::text as oid from pg_namespace where nspname = $1`,
    [name],
  )
  return rows[0]?.oid ?? '0'
}
