import { startAnew } from './author.ts'
import { LOCK, type Session } from './session.ts'

/**
 * What a migration has done to its session ends with it, whatever did it: settings, role, temporary tables, LISTEN,
 * cursors, prepared statements, currval, advisory locks. All but the migration lock, so it is no DISCARD ALL.
 */
export async function endMigration({ client, transaction }: Session): Promise<void> {
  await transaction?.reset()
  const left = (await startAnew(client, transaction ? [] : [...RESET, LEFT])) as Left | undefined
  if (!left) return
  const statements = [...left.prepared, ...left.locks]
  for (const statement of statements) await client.query(statement)
}

const RESET = ['unlisten *', 'close all', 'discard temp', 'discard sequences']

interface Left {
  readonly prepared: readonly string[]
  readonly locks: readonly string[]
}

/** Half a key is an integer, which pg_locks shows as an oid. */
const signed = (half: string) =>
  `${half}::bigint - case when ${half}::bigint > 2147483647 then 4294967296 else 0 end`

/** What has no statement of its own that spares the rest. pg's named statements are not from SQL. */
const LEFT = `
  select (select coalesce(json_agg(format('deallocate %I', name)), '[]') from pg_prepared_statements where from_sql) as prepared,
         (select coalesce(json_agg(format('do $$ begin while %s loop end loop; end $$', unlock)), '[]')
            from pg_locks cross join lateral (
              select format('pg_catalog.pg_advisory_unlock%s(%s)',
                       case when mode = 'ShareLock' then '_shared' end,
                       case objsubid when 1 then ((classid::bigint << 32) | objid::bigint)::text
                            else format('%s, %s', ${signed('classid')}, ${signed('objid')}) end) as unlock) as released
           where locktype = 'advisory' and granted and pid = pg_backend_pid()
             and not (classid = ${LOCK.classId} and objid = ${LOCK.objectId} and objsubid = 2)) as locks`
