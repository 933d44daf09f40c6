import { inRolledBackTransaction } from '../session/transaction.ts'
import type pg from 'pg'
import type { LockMode, LockWork, Statement } from '../migration.ts'
import type { Plan } from '../plan/plan.ts'
import type { Segment } from '../plan/segments.ts'
import { isConnectionLost, sqlState } from '../session/connect.ts'
import { describeBlocker } from '../locks/describe-blocker.ts'
import { lockTargets, meantBy, type MeantLock, type Scope } from '../locks/lock-targets.ts'
import { findRestoreLocks } from '../archive/restore-locks.ts'
import { countLosses, COUNTING_WAITS_MS, told } from '../archive/losses.ts'
import type { Loss } from '../events.ts'
import { readUnmet, type UnmetRequirement } from '../run/requirements.ts'
import { findBlockers } from '../locks/wait-for-blockers.ts'
import { readSize, type Size } from './table-size.ts'

/** What a plan meets in a database. Read at one moment: the next run may meet something else. */
export interface PlanFacts {
  /** In the order of the plan. */
  readonly segments: readonly SegmentFacts[]
  /** What the plan would throw away; absent where a table of it was locked, so that nobody could count. */
  readonly losses?: readonly Loss[]
  /** What its migrations require and is not so; absent where all is. What an earlier one of them makes is not read. */
  readonly unmet?: readonly UnmetRequirement[]
}

export interface SegmentFacts {
  readonly migration: string
  readonly segment: number
  /** On what is there now; strongest first. */
  readonly locks: readonly ExpectedLock[]
  /** Sessions that would block it at the moment, a line each. */
  readonly inTheWay: readonly string[]
  /** True where its text does not tell what else it locks: code, DO, a function's work. */
  readonly isOpaque: boolean
}

export interface ExpectedLock extends Size {
  /** As PostgreSQL prints it: qualified where the search path does not find it. */
  readonly relation: string
  readonly mode: LockMode
  readonly work?: LockWork
}

/**
 * Reads what a plan would meet: the locks that its segments take, the size of what they lock, who holds it now,
 * what would be lost, what is required and is not so. Takes no lock that hinders anybody, and its session can change nothing from then on.
 */
export async function readPlanFacts(client: pg.Client, plan: Plan): Promise<PlanFacts> {
  await client.query(
    `select set_config('default_transaction_read_only', 'on', false), set_config('lock_timeout', $1, false)`,
    [String(COUNTING_WAITS_MS)],
  )
  const sizes = new Map<number, Size>()
  const segments: SegmentFacts[] = []
  const earlier: Statement[] = []
  for (const segment of plan.migrations.flatMap((planned) => planned.segments)) {
    segments.push(await segmentFacts(client, { ...segment, earlier }, sizes))
    earlier.push(...segment.statements)
  }
  const losses = await countLosses(client, plan, { lockTimeout: COUNTING_WAITS_MS }).catch(
    undefinedIfLocked,
  )
  const unmet = await readUnmet(client, plan, COUNTING_WAITS_MS)
  return {
    segments,
    ...(losses && { losses: losses.map(told) }),
    ...(unmet.length > 0 && { unmet }),
  }
}

async function segmentFacts(
  client: pg.Client,
  segment: Segment & Scope,
  sizes: Map<number, Size>,
): Promise<SegmentFacts> {
  const meant = await meantLocks(client, segment)
  const locks: ExpectedLock[] = []
  for (const { oid, relation, mode, work } of await lockTargets(client, meant)) {
    const size = sizes.get(oid) ?? (await readSize(client, oid))
    sizes.set(oid, size)
    locks.push({ relation, mode, ...(work && { work }), ...size })
  }
  const inTheWay = (await findBlockers(segment, { client })).map(describeBlocker)
  const isOpaque = segment.run !== undefined || segment.statements.some(isStatementOpaque)
  return { migration: segment.migration, segment: segment.index, locks, inTheWay, isOpaque }
}

/** The run itself reports what is wrong with a setting of the migration. */
async function meantLocks(client: pg.Client, segment: Segment & Scope): Promise<MeantLock[]> {
  try {
    const meant = await inRolledBackTransaction(client, () => meantBy(client, segment))
    return [...meant, ...(await findRestoreLocks(client, segment))]
  } catch (error) {
    if (isConnectionLost(error)) throw error
    return []
  }
}

function isStatementOpaque({ hasUnknownLocks }: Statement): boolean {
  return hasUnknownLocks
}

function undefinedIfLocked(error: unknown): undefined {
  if (sqlState(error) === '55P03') return undefined
  throw error
}
