import type pg from 'pg'
import { sqlState } from '../session/connect.ts'

export interface Size {
  /** As PostgreSQL estimates it; null where it never counted, and for what has no rows. */
  readonly rows: number | null
  /** On disk, with indexes, TOAST and partitions. */
  readonly bytes: number
}

/**
 * How large a table is, without reading it. The exact size in bytes takes an ACCESS SHARE lock; where that
 * is not to be had within the session's lock_timeout, it is what the last VACUUM or ANALYZE saw.
 */
export async function readSize(client: pg.Client, oid: number): Promise<Size> {
  try {
    return await query(client, 'pg_total_relation_size(leaf.oid)', oid)
  } catch (error) {
    if (sqlState(error) !== '55P03') throw error
    return query(client, LAST_SEEN_BYTES, oid)
  }
}

const LAST_SEEN_BYTES = `(
  select coalesce(sum(part.relpages), 0) * current_setting('block_size')::bigint
    from pg_class toast right join pg_class main on toast.oid = main.reltoastrelid
    join pg_class part on part.oid in (main.oid, toast.oid)
      or part.oid in (select indexrelid from pg_index where indrelid in (main.oid, toast.oid))
   where main.oid = leaf.oid)`

async function query(client: pg.Client, bytes: string, oid: number): Promise<Size> {
  const { rows } = await client.query<{ rows: string | null; bytes: string | null }>(
    `with recursive tree as (
       select $1::oid as oid union select inhrelid from tree join pg_inherits on inhparent = tree.oid
        where (select relkind from pg_class where pg_class.oid = tree.oid) in ('p', 'I')
     ), leaf as (
       select c.oid, case when c.reltuples >= 0 then c.reltuples::bigint else s.n_live_tup end as tuples
         from tree join pg_class c using (oid) left join pg_stat_all_tables s on s.relid = c.oid
        where c.relkind in ('r', 'm', 'i')
     )
     select case when count(*) = count(tuples) then sum(tuples) end as rows, sum(${bytes}) as bytes from leaf`,
    [oid],
  )
  const { rows: tuples = null, bytes: size = null } = rows[0] ?? {}
  return { rows: tuples === null ? null : Number(tuples), bytes: Number(size ?? 0) }
}
