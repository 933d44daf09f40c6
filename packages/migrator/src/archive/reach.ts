import type pg from 'pg'
import type { Name } from '../migration.ts'
import { meantByAll } from './tables.ts'

/**
 * The tables that a change of these tables' rows reaches, by oid: with the tables that inherit from them, the
 * whole of what they are partitions of, and whatever their foreign keys delete or set in turn.
 */
export async function readReach(
  client: pg.ClientBase,
  names: readonly Name[],
  truncates: boolean,
): Promise<string[]> {
  const oids = await meantByAll(client, names)
  if (oids.length === 0) return []
  const { rows } = await client.query<{ oid: string }>(
    `with recursive reach (oid) as (
       select unnest($1::oid[])
       union
       select next.oid from reach cross join lateral (
         select inhrelid from pg_inherits where inhparent = reach.oid
         union all
         select inhparent from pg_inherits join pg_class c on c.oid = inhrelid
          where inhrelid = reach.oid and c.relispartition
         union all
         select conrelid from pg_constraint
          where contype = 'f' and confrelid = reach.oid
            and (confdeltype in ('c', 'n', 'd') or confupdtype in ('c', 'n', 'd') or $2)) as next (oid))
     select c.oid::text from reach join pg_class c using (oid)
      where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't' order by c.oid`,
    [oids, truncates],
  )
  return rows.map(({ oid }) => oid)
}
