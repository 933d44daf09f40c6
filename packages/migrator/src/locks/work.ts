import type pg from 'pg'

/** What a session does at this moment. */
export interface Work {
  /** When the statement began, as the server prints it. */
  readonly started: string
  /** For a lock, or for the end of others' transactions. */
  readonly isWaiting: boolean
  /** As PostgreSQL reports it; null where it reports nothing of such a statement. */
  readonly phase: string | null
  readonly done: number
  /** 0 where the phase has no measure. */
  readonly total: number
}

/** Reads what the session `pid` does; undefined where it is between two statements. */
export async function readWork(observer: pg.Client, pid: number): Promise<Work | undefined> {
  const { rows } = await observer.query<Work>(WORK, [pid])
  return rows[0]
}

/** https://www.postgresql.org/docs/18/progress-reporting.html; a phase counts in one of these units. */
const WORK = `
  select a.query_start::text as started,
         a.wait_event_type is not distinct from 'Lock' as "isWaiting",
         p.phase, coalesce(p.done, 0)::float as done, coalesce(p.total, 0)::float as total
    from pg_stat_activity a
    left join (
      select pid, phase,
             case when phase like 'waiting%' then lockers_done when blocks_total > 0 then blocks_done else tuples_done end as done,
             case when phase like 'waiting%' then lockers_total when blocks_total > 0 then blocks_total else tuples_total end as total
        from pg_stat_progress_create_index
      union all
      select pid, phase, heap_blks_scanned, heap_blks_total from pg_stat_progress_cluster
      union all
      select pid, phase, heap_blks_scanned, heap_blks_total from pg_stat_progress_vacuum
      union all
      select pid, phase, sample_blks_scanned, sample_blks_total from pg_stat_progress_analyze
    ) p using (pid)
   where a.pid = $1 and a.state = 'active'`

/**
 * Who waits at this moment because of the session `pid`. pg_blocking_pids stops the lock manager for an
 * instant, so it is asked only where a session waits at all.
 */
export async function sessionsBehind(
  observer: pg.Client,
  pid: number,
): Promise<{ sessions: number; milliseconds: number }> {
  const { rows } = await observer.query<{ sessions: number; milliseconds: number | null }>(
    `select count(*)::integer as sessions,
            extract(epoch from clock_timestamp() - min(waitstart))::float * 1000 as milliseconds
       from (select pid, waitstart from pg_locks where not granted and pid <> $1 offset 0) waiting
      where $1 = any (pg_blocking_pids(pid))`,
    [pid],
  )
  return { sessions: rows[0]?.sessions ?? 0, milliseconds: rows[0]?.milliseconds ?? 0 }
}

/** Cancels the statement of the session `pid`, if it is that one still, and waits still. */
export async function cancelWaiting(
  observer: pg.Client,
  pid: number,
  { started }: Work,
): Promise<boolean> {
  const { rows } = await observer.query<{ cancelled: boolean }>(
    `select pg_cancel_backend(pid) as cancelled from pg_stat_activity
      where pid = $1 and wait_event_type = 'Lock' and query_start::text = $2`,
    [pid, started],
  )
  return rows[0]?.cancelled ?? false
}
