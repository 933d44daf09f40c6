import type { ClientBase } from 'pg'

/** What the server and others bear, as of one look. Null where the role may not see it. */
export interface Pressure {
  /** Bytes of WAL that the replica furthest behind has not replayed; null also without a replica. */
  readonly replicaBytes: number | null
  /** Bytes of WAL that the server has written each second since the look before. */
  readonly walPerSecond: number | null
  /** Sessions that wait for a lock. */
  readonly lockWaits: number
  /** Sessions of others that are at work. */
  readonly activeSessions: number
  /** A vacuum is at work on the table. */
  readonly isVacuumed: boolean
  /** Why the backfill goes slower, in words that follow "slower, since"; empty where it does not. */
  readonly reasons: readonly string[]
  /** Milliseconds of rest for each millisecond of work; infinite where it stands still. */
  readonly rest: number
}

const MB = 1024 ** 2

const megabytes = (bytes: number) => `${Math.round(bytes / MB)} MB`

/** Beyond these a backfill gives way. */
const LIMITS = {
  // A segment of WAL: a replica that keeps up is behind by less.
  replicaBytes: 16 * MB,
  walPerSecond: 128 * MB,
  lockWaits: 2,
  activeSessions: 64,
}

interface Looked {
  readonly at: number
  readonly wal: string | null
  readonly written: number | null
  readonly replicaBytes: number | null
  readonly lockWaits: number
  readonly activeSessions: number
  readonly isVacuumed: boolean
}

/** Looks at the server again and again, and says how much a backfill is to rest. */
export class PressureGauge {
  readonly #client: ClientBase
  readonly #table: string
  #before: Looked | undefined

  /** `table`: its oid. */
  constructor(client: ClientBase, table: string) {
    this.#client = client
    this.#table = table
  }

  async look(): Promise<Pressure> {
    const { rows } = await this.#client.query<Omit<Looked, 'at'>>(LOOK, [
      this.#table,
      this.#before?.wal ?? null,
    ])
    const [row] = rows
    if (!row) throw new Error('the look has no row')
    const at = performance.now()
    const seconds = this.#before && (at - this.#before.at) / 1000
    const walPerSecond = seconds && row.written !== null ? row.written / seconds : null
    this.#before = { ...row, at }
    const { replicaBytes, lockWaits, activeSessions, isVacuumed } = row
    const measured = { replicaBytes, walPerSecond, lockWaits, activeSessions, isVacuumed }
    return { ...measured, ...judgePressure(measured) }
  }
}

type Measured = Omit<Pressure, 'reasons' | 'rest'>

/** How much a backfill is to rest, and why. Pure. */
export function judgePressure({
  replicaBytes,
  walPerSecond,
  lockWaits,
  activeSessions,
  isVacuumed,
}: Measured): Pick<Pressure, 'reasons' | 'rest'> {
  const found: (readonly [rest: number, reason: string])[] = []
  // Replay has one process: only without new work it comes back.
  if ((replicaBytes ?? 0) > LIMITS.replicaBytes)
    found.push([Infinity, `a replica is ${megabytes(replicaBytes ?? 0)} of WAL behind`])
  const excess = (walPerSecond ?? 0) / LIMITS.walPerSecond
  if (excess > 1)
    found.push([excess, `the server writes ${megabytes(walPerSecond ?? 0)} of WAL each second`])
  if (isVacuumed) found.push([3, 'a vacuum is at work on the table'])
  if (lockWaits > LIMITS.lockWaits) found.push([3, `${lockWaits} sessions wait for locks`])
  if (activeSessions > LIMITS.activeSessions)
    found.push([3, `${activeSessions} sessions are at work`])
  return {
    reasons: found.map(([, reason]) => reason),
    rest: Math.max(0, ...found.map(([rest]) => rest)),
  }
}

/**
 * $1 is the table, $2 the place in the WAL of the look before. A role without pg_monitor does not see how far the replicas
 * of others are. What is a standby itself, and is promoted later, has no WAL of its own.
 */
const LOOK = `
with here as (select case when pg_is_in_recovery() then null else pg_current_wal_lsn() end as wal)
select here.wal::text as wal, pg_wal_lsn_diff(here.wal, $2::pg_lsn)::float8 as written,
       (select max(pg_wal_lsn_diff(here.wal, replay_lsn))::float8 from pg_stat_replication
         where state in ('streaming', 'catchup')) as "replicaBytes",
       (select count(*)::int from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and backend_type = 'client backend') as "lockWaits",
       (select count(*)::int from pg_stat_activity
         where state = 'active' and backend_type = 'client backend' and pid <> pg_backend_pid()) as "activeSessions",
       exists (select from pg_stat_progress_vacuum v join pg_database d on d.oid = v.datid
                where d.datname = current_database()
                  and (v.relid = $1::oid or v.relid in (select relid from pg_partition_tree($1::oid::regclass)))) as "isVacuumed"
  from here`
