import type pg from 'pg'
import type { Reference } from './tables.ts'

/** SQL: the names of a relation's columns by their numbers. */
export const NAMES = (relation: string, numbers: string) =>
  `(select json_agg(a.attname order by k.n) from unnest(${numbers}) with ordinality as k(num, n)
      join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.num)`

/** SQL: the table $1 and those that it is a partition of. */
export const WHOLE = `(select $1::oid union select relid from pg_partition_ancestors($1::oid::regclass))`

/** The foreign keys of a table that have one of these columns. */
export async function readReferences(
  client: pg.ClientBase,
  oid: string,
  columns: readonly string[],
): Promise<Reference[]> {
  const { rows } = await client.query<Reference>(
    `select ${NAMES('f.conrelid', 'f.conkey')} as columns, f.confrelid::text as "table", n.nspname as schema, p.relname as name,
            ${NAMES('f.confrelid', 'f.confkey')} as refers
       from pg_constraint f join pg_class p on p.oid = f.confrelid join pg_namespace n on n.oid = p.relnamespace
      where f.contype = 'f' and f.conparentid = 0 and f.conrelid in ${WHOLE} order by f.oid`,
    [oid],
  )
  return rows.filter((key) => key.columns.some((column) => columns.includes(column)))
}
