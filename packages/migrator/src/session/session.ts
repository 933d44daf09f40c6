import type pg from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { failure } from '../errors/index.ts'
import { takeSidesAnd } from './author.ts'
import { takeSidesAndLook, type Look } from './look.ts'
import {
  connect,
  connectToObserve,
  endedEarly,
  explainLoss,
  isConnectionLost,
  loginPid,
  lost,
  startWithoutLimits,
  type ConnectOptions,
} from './connect.ts'
import { explainRefusal } from './explain.ts'
import type { Listener } from '../events.ts'
import { keepPrepared } from './prepared.ts'
import type { StatementListener } from './statements.ts'
import { inRolledBackTransaction } from './transaction.ts'

/** What a run is allowed to wait for, in milliseconds. */
export interface Limits {
  /** For another run to let go of the migration lock. */
  readonly lockWait: number
  /** For one table lock, in one try. Short: behind a waiting ACCESS EXCLUSIVE everybody queues. */
  readonly lockTimeout: number
  /** For a segment to get its table locks, over all its tries; for CONCURRENTLY, to wait for others. */
  readonly lockBudget: number
  /** A session that stands in the way and is idle in transaction for longer is ended. Absent: never. */
  readonly cancelIdleAfter?: number
  /** For one statement. */
  readonly statementTimeout: number
  /** For one statement that is long by nature: CONCURRENTLY, VALIDATE, an index build. */
  readonly longStatementTimeout: number
}

const HOUR = 3_600_000

/** 50 ms and many tries: the measured trade-off of a lock queue against a stalled application. */
export const DEFAULT_LIMITS: Limits = {
  lockWait: 600_000,
  lockTimeout: 50,
  lockBudget: 300_000,
  statementTimeout: HOUR,
  longStatementTimeout: 12 * HOUR,
}

/** The connection that runs the statements and holds the lock: both end together. */
export interface Session {
  readonly client: pg.Client
  /** The server's process behind `client`. */
  readonly pid: number
  readonly limits: Limits
  readonly onStatement?: StatementListener | undefined
  /** Opens a second connection, which only observes. */
  observe(): Promise<pg.Client>
  /** Only where the session is a transaction of the caller's: puts its settings back. */
  readonly transaction?: { reset(): Promise<void> }
  /** The row of the look that was asked for with the lock; undefined where it was not, or the lock was had later. */
  readonly looked?: unknown
}

/**
 * The two halves of the advisory lock's key: "migr", "ator". One for a database, whatever the project:
 * two tools must not change one schema at once.
 */
export const LOCK = { classId: 0x6d696772, objectId: 0x61746f72 } as const

/**
 * Lends `work` a connection that holds the migration lock from before the first read to the end.
 * Throws LOCK_HELD after `limits.lockWait`, POOLED_CONNECTION, SESSION_LOST, what `connect` throws, and the
 * catalogue's error for what PostgreSQL refuses `work`.
 */
export async function withSession<T>(
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  try {
    return await holdSession(options, work)
  } catch (error) {
    throw isConnectionLost(error) ? lost(error, 1) : error
  }
}

/**
 * The same, but the error of a lost connection goes through as it is.
 *
 * The lock is polled, never waited for: a blocked pg_advisory_lock holds a snapshot, for which another
 * run's CREATE INDEX CONCURRENTLY waits in turn (a deadlock).
 */
export async function holdSession<T>(
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
  look?: Look,
): Promise<T> {
  const client = await connect(options)
  let isPooled = false
  try {
    const locked = await takeLock(client, options, look).catch((error: unknown) =>
      endedEarly(client, options, error),
    )
    if (!('pid' in locked)) {
      // It may have taken the lock: the next one would wait for this one.
      await client.end()
      return await holdSession(locked, work, look)
    }
    const { pid, looked } = locked
    isPooled = pid !== loginPid(client)
    keepPrepared(client)
    const observe = () => connectToObserve(options)
    const { limits, onStatement } = options
    return await work({ client, pid, limits, onStatement, observe, looked })
  } catch (error) {
    throw isConnectionLost(error) ? explainLoss(client, error) : explainRefusal(error, client)
  } finally {
    // A pooler may keep the server's process for others.
    if (isPooled) await client.query('discard all').catch(() => {})
    // Closing the connection is what releases the lock, also when the server has gone.
    await client.end().catch(() => {})
  }
}

type SessionOptions = ConnectOptions & {
  readonly limits: Limits
  readonly onEvent: Listener
  readonly onStatement?: StatementListener | undefined
}

interface Locked {
  readonly pid: number
  readonly looked?: unknown
}

/** Returns other options where the session is to begin again with them. */
async function takeLock(
  client: pg.Client,
  options: SessionOptions,
  look: Look | undefined,
): Promise<Locked | SessionOptions> {
  const started = Date.now()
  let told = -Infinity
  const { pid, value, looked, isLimited } = await takeOwnSides(client, options, look)
  // After each migration RESET ALL would bring the limit back, and it may end what comes next.
  if (isLimited && pid === loginPid(client) && options.startsWith === undefined)
    return startWithoutLimits(client, options)
  if (value === true) return { pid, looked }
  for (let isLocked = false; ; isLocked = await tryLock(client, pid)) {
    if (isLocked) return { pid }
    const waited = Date.now() - started
    const { role, ...holder } = await lockHolder(client)
    if (waited >= options.limits.lockWait) {
      throw failure('LOCK_HELD', { ...holder, role, waited: Math.round(waited / 1000) })
    }
    if (waited - told >= 10_000) {
      told = waited
      options.onEvent({
        type: 'waiting-for-lock',
        ...holder,
        waited,
        limit: options.limits.lockWait,
      })
    }
    await sleep(Math.min(100 + Math.random() * 150, Math.max(options.limits.lockWait - waited, 1)))
  }
}

/**
 * Through a pooler the process of the first answer is not the one of the login: it is asked only where nobody else
 * gets it.
 */
async function takeOwnSides(client: pg.Client, options: ConnectOptions, look: Look = []) {
  const expected = loginPid(client)
  const taken = await takeSidesAndLook(client, look, TRY_LOCK, expected)
  const { pid } = taken
  if (pid === expected) return taken
  // A pooler that keeps one server connection for one client is as good as a direct one.
  await refuseSharedConnections(client, pid, options)
  const again = await takeSidesAnd(client, TRY_LOCK, pid)
  if (again.pid !== pid) throw failure('POOLED_CONNECTION')
  return { ...again, looked: undefined }
}

const TRY_LOCK = `pg_catalog.pg_try_advisory_lock(${LOCK.classId}, ${LOCK.objectId})`

async function tryLock(client: pg.Client, expected: number): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean | null }>(
    `select case when pg_catalog.pg_backend_pid() operator(pg_catalog.=) ${expected}
                 then ${TRY_LOCK} end as locked`,
  )
  const { locked = null } = rows[0] ?? {}
  if (locked === null) throw failure('POOLED_CONNECTION')
  return locked
}

/** How many looks: a busy application in the same pool may have the shared backend during some of them. */
const LOOKS_FOR_SHARING = 10

/** A backend is shared if a second client's transaction gets it, or if during that one the first loses it. */
async function refuseSharedConnections(
  client: pg.Client,
  pid: number,
  options: ConnectOptions,
): Promise<void> {
  const other = await connect({ ...options, wait: 0 })
  try {
    for (let look = 0; look < LOOKS_FOR_SHARING; look += 1) {
      const isShared = await inRolledBackTransaction(
        other,
        async () => (await backendPid(other)) === pid || (await backendPid(client)) !== pid,
      )
      if (isShared) throw failure('POOLED_CONNECTION')
    }
  } finally {
    await other.end().catch(() => {})
  }
}

/** The server's process behind a connection, as it says itself. */
export async function backendPid(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_catalog.pg_backend_pid() as pid')
  return rows[0]?.pid ?? 0
}

/** A session that has the migration lock: a run, or any role that may connect. */
interface LockHolder {
  readonly pid: number
  readonly application: string
  readonly role: string
  readonly since: string
}

/** Who holds the migration lock of this database. */
export async function lockHolder(client: pg.Client): Promise<LockHolder> {
  const { rows } = await client.query<LockHolder>(
    `select l.pid, coalesce(a.application_name, '') as application, coalesce(a.usename, 'unknown') as role,
            coalesce(to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), 'unknown') as since
       from pg_locks l left join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.classid = $1 and l.objid = $2
        and l.database = (select oid from pg_database where datname = current_database())`,
    [LOCK.classId, LOCK.objectId],
  )
  return rows[0] ?? { pid: 0, application: '', role: 'unknown', since: 'a moment ago' }
}
