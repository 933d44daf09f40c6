import { setTimeout as sleep } from 'node:timers/promises'
import type { LockMode, TableLock } from '../migration.ts'
import { findHolders, snapshotHolders, type Blocker } from './blockers.ts'
import { isConnectionLost } from '../session/connect.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import { endIdleBlockers } from './end-blockers.ts'
import {
  reportBlockers,
  type LockWait,
  type LockRequest,
  type LockWaitContext,
} from './lock-wait.ts'
import { listLocks, lockTargets, meantBy, type LockTarget, type Scope } from './lock-targets.ts'
import type { Session } from '../session/session.ts'

/** A transaction that is open for longer will hardly end within one short try. */
const LONG_MS = 1000

/** What a deadlock check may take after its timeout, before an autovacuum has made way. */
const YIELDING_MS = 200

/**
 * Waits, without a lock or a place in any queue, while another session holds for long what the segment needs.
 * True when the way is free, or worth a short try; false when the budget is spent.
 *
 * A busy table is always locked by some session: transactions of less than a second are waited for, but for no
 * longer than that between two tries.
 */
export async function waitForBlockers(
  request: LockRequest,
  context: LockWaitContext,
  wait: LockWait,
): Promise<boolean> {
  const { session, onEvent } = context
  if (request.statements.every((statement) => wantedLocks(statement).length === 0)) return true
  for (;;) {
    const { targets, blockers } = await look(request, session)
    if (await endIdleBlockers(blockers, request, context, wait.asked)) continue
    const now = performance.now()
    const long = blockers.filter((blocker) => isWorthWaiting(blocker, wait, session, now))
    if (long.length === 0) return true
    await context.beforeWaiting?.()
    reportBlockers(wait, request, long, onEvent)
    const left = session.limits.lockBudget - (now - wait.started)
    if (left <= 0) return false
    if (long.every(({ kind, key }) => kind === 'autovacuum' && !wait.asked.has(key))) {
      for (const { key } of long) wait.asked.add(key)
      await letAutovacuumYield(session, targets)
    } else await sleep(Math.min(100 + Math.random() * 200, left))
  }
}

/** The blockers of a segment that began now. */
export async function findBlockers(
  request: LockRequest,
  session: Pick<Session, 'client'>,
): Promise<Blocker[]> {
  return (await look(request, session)).blockers
}

/**
 * The locks of a statement to wait for before the first try: those that make others wait, and those that conflict with
 * an autovacuum. CONCURRENTLY takes weak locks, and then waits for transactions.
 */
function wantedLocks(statement: Scope['statements'][number]): readonly TableLock[] {
  const locks = listLocks(statement)
  const awaited = AWAITED[statement.completion?.probe ?? '']
  if (awaited) return locks.map((lock) => ({ ...lock, mode: awaited }))
  return locks.filter(({ mode }) => !WEAK.has(mode))
}

const WEAK: ReadonlySet<LockMode> = new Set(['ACCESS SHARE', 'ROW SHARE', 'ROW EXCLUSIVE'])

/** Which transactions a concurrent statement waits for: those that write the table, or all that use it. */
const AWAITED: Readonly<Record<string, LockMode>> = {
  'index-built': 'SHARE',
  reindexed: 'ACCESS EXCLUSIVE',
  'index-gone': 'ACCESS EXCLUSIVE',
  'partition-detached': 'ACCESS EXCLUSIVE',
}

/** In a transaction of its own, so that names mean what they will mean to the segment. */
async function look(
  { statements, settings }: LockRequest,
  { client }: Pick<Session, 'client'>,
): Promise<{ targets: LockTarget[]; blockers: Blocker[] }> {
  const builds = statements.some(
    ({ completion }) => completion?.probe === 'index-built' || completion?.probe === 'reindexed',
  )
  const find = async () => {
    const wanted = await meantBy(client, { statements, settings }, wantedLocks)
    const targets = await lockTargets(client, wanted)
    const blockers = await findHolders(client, targets)
    const snapshots = builds && targets.length > 0 ? await snapshotHolders(client) : []
    const known = new Set(blockers.map(({ pid }) => pid))
    return { targets, blockers: [...blockers, ...snapshots.filter(({ pid }) => !known.has(pid))] }
  }
  try {
    return await inRolledBackTransaction(client, find)
  } catch (error) {
    if (isConnectionLost(error)) throw error
    // The segment itself reports what is wrong with a setting or a name.
    return { targets: [], blockers: [] }
  }
}

function isWorthWaiting(
  { key, transactionAge }: Blocker,
  { firstSeen, lastTry }: LockWait,
  { limits }: Session,
  now: number,
): boolean {
  if (!firstSeen.has(key)) firstSeen.set(key, now)
  const age = transactionAge === null ? now - (firstSeen.get(key) ?? now) : transactionAge * 1000
  return age > LONG_MS || (age > limits.lockTimeout && now - lastTry < LONG_MS)
}

/**
 * An autovacuum makes way for whoever waits for it, after their deadlock_timeout. So this waits with the
 * weakest lock that it keeps out, which hinders neither reads nor writes, and gives it back at once: the
 * next autovacuum comes a minute later.
 */
async function letAutovacuumYield(
  { client }: Session,
  targets: readonly LockTarget[],
): Promise<void> {
  const tables = targets.filter(({ kind }) => kind === 'r').map(({ qualified }) => qualified)
  if (tables.length === 0) return
  const takeWeakLock = async () => {
    await client.query(
      `select set_config('lock_timeout', (setting::integer + $1)::text, true) from pg_settings where name = 'deadlock_timeout'`,
      [YIELDING_MS],
    )
    await client.query(`lock table only ${tables.join(', only ')} in share update exclusive mode`)
  }
  try {
    await inRolledBackTransaction(client, takeWeakLock)
  } catch (error) {
    if (isConnectionLost(error)) throw error
    // It did not yield, or this role may not lock the table: then it is waited for like anybody else.
  }
}
