import { setTimeout as sleep } from 'node:timers/promises'
import { backendPid, type Session } from './session.ts'

/** Looks, from a second connection, at who stands in the way of a session while it tries for its locks. */
export interface BlockerWatch {
  /** The blockers at the last moment at which there were any, one line each. */
  seen(): readonly string[]
  stop(): Promise<void>
}

/** Well below a lock timeout of 50 ms, so that each try is looked at. */
const LOOK_EVERY_MS = 10

const BLOCKERS = `
  select format('pid %s, %s, %s, transaction open for %s s', a.pid,
           coalesce(nullif(a.application_name, ''), a.backend_type), coalesce(a.state, 'state unknown'),
           coalesce(round(extract(epoch from clock_timestamp() - a.xact_start))::text, '?')) as line
    from unnest(pg_blocking_pids($1)) as blocker(pid) join pg_stat_activity a using (pid)
  union all
  select format('prepared transaction %s of %s', gid, owner) from pg_prepared_xacts
   where 0 = any (pg_blocking_pids($1)) and database = current_database()`

/** Starts to look. An observer that cannot connect sees nobody; the run goes on without. */
export async function watchBlockers(session: Session): Promise<BlockerWatch> {
  const observer = await session.observe().catch(() => undefined)
  if (!observer) return { seen: () => [], stop: async () => {} }
  const pid = await backendPid(session.client)
  let blockers: readonly string[] = []
  const stopped = new AbortController()
  const loop = async () => {
    while (!stopped.signal.aborted) {
      const { rows } = await observer.query<{ line: string }>(BLOCKERS, [pid])
      if (rows.length > 0) blockers = [...new Set(rows.map(({ line }) => line))]
      await sleep(LOOK_EVERY_MS)
    }
  }
  const looking = loop().catch(() => {})
  return {
    seen: () => blockers,
    stop: async () => {
      stopped.abort()
      await looking
      await observer.end().catch(() => {})
    },
  }
}
