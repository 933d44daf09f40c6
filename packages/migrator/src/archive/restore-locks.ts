import type pg from 'pg'
import type { MeantLock } from '../locks/lock-targets.ts'
import type { Segment } from '../plan/segments.ts'
import { ARCHIVE_SCHEMA } from '../journal/journal.ts'
import { hasArchive } from './schema.ts'

/**
 * The locks under which a segment restores what the archive has of its migration. A migration restores in each transaction
 * that makes room for it, so any of its segments may. Tables that are not there yet have no lock. A constraint that is NOT
 * VALID may have to be taken off for a moment.
 */
export async function findRestoreLocks(
  client: pg.ClientBase,
  { migration, direction, mode }: Pick<Segment, 'migration' | 'direction' | 'mode'>,
): Promise<MeantLock[]> {
  if (mode === 'outside' || !(await hasArchive(client))) return []
  const { rows } = await client.query<MeantLock>(
    `with restored as (
       select c.oid from ${ARCHIVE_SCHEMA}.entries e
         join pg_catalog.pg_class c on c.oid = coalesce((to_jsonb(e)->'facts'->>'table')::oid,
                pg_catalog.to_regclass(pg_catalog.format('%I.%I', e.schema, e."table"))::oid)
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where e.migration = $1 and e.note is null and e.kind <> 'sequence' and c.relkind in ('r', 'p')
          and to_jsonb(e)->'facts'->>'direction' is distinct from $2 and n.nspname <> '${ARCHIVE_SCHEMA}'
     ), unvalidated as (
       select conrelid, confrelid from pg_catalog.pg_constraint join restored on conrelid = restored.oid where not convalidated
     )
     select n.nspname as schema, c.relname as table, c.oid::text as found, locked.mode
       from (select oid, case when oid in (select conrelid from unvalidated) then 'ACCESS EXCLUSIVE' else 'SHARE ROW EXCLUSIVE' end
               from restored
             union select confrelid, 'ACCESS EXCLUSIVE' from unvalidated) as locked (oid, mode)
       join pg_catalog.pg_class c on c.oid = locked.oid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace`,
    [migration, direction],
  )
  return rows
}
