import type { ClientBase } from 'pg'
import { failure, MigratorError } from '../errors/index.ts'
import { messageFrom } from '../errors/message-from.ts'
import type { Check, Direction, Migration } from '../migration.ts'
import type { Plan } from '../plan/plan.ts'
import { asAuthor } from '../session/author.ts'
import { isConnectionLost, sqlState } from '../session/connect.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import { firstViolation } from './checks.ts'
import type { SegmentContext } from './context.ts'
import { FailedStatement } from './failed-statement.ts'

/** Throws REQUIRES and DOWN_REQUIRES where something that a migration requires does not hold. */
export async function requireBefore(
  migration: Migration,
  direction: Direction,
  { session, ledgerTable, reports }: Omit<SegmentContext, 'definition' | 'notices'>,
): Promise<void> {
  const { name } = migration
  const checks = checksOf(migration, direction)
  if (checks.length === 0) return
  const { client, limits } = session
  await reports?.flush(client)
  const { longStatementTimeout: limit } = limits
  const unmet = await readChecks(client, checks, { lock: limit, statement: limit })
  if (!unmet) return
  const { says, cause } = unmet
  if (direction === 'down') throw failure('DOWN_REQUIRES', { name, says }, cause)
  const { rowCount } = await client.query(`select from ${ledgerTable} limit 1`)
  throw failure('REQUIRES', { name, says, isFirst: rowCount === 0 }, cause)
}

/** What a migration of a plan requires, and the database does not have: the run would be refused there. */
export interface UnmetRequirement {
  readonly migration: string
  readonly says: string
}

/**
 * Reads what the migrations of a plan require, as far as it can be read before any of them has run; `wait` is for how
 * long it waits for a lock, in milliseconds.
 */
export async function readUnmet(
  client: ClientBase,
  { migrations, direction }: Plan,
  wait: number,
): Promise<UnmetRequirement[]> {
  const all: UnmetRequirement[] = []
  for (const [position, { migration, resumes }] of migrations.entries()) {
    for (const check of resumes ? [] : checksOf(migration, direction)) {
      const unmet = await readChecks(client, [check], { lock: wait, statement: 0 })
      if (!unmet || isForLater(unmet.cause, position)) continue
      all.push({ migration: migration.name, says: unmet.says })
    }
  }
  return all
}

/** Whether what a migration requires is so; `unread` where that could not be read, and why. */
export type RequirementState =
  | { readonly says: string; readonly state: 'holds' | 'unmet' }
  | { readonly says: string; readonly state: 'unread'; readonly reason: string }

/** Reads each thing that a migration requires on its way up, as far as `limits` allow, in milliseconds. */
export async function readRequirements(
  client: ClientBase,
  { requires }: Migration,
  limits: { readonly lock: number; readonly statement: number },
): Promise<RequirementState[]> {
  const all: RequirementState[] = []
  for (const check of requires) {
    const { says } = check
    const unmet = await readChecks(client, [check], limits)
    if (!unmet) all.push({ says, state: 'holds' })
    else if (unmet.cause === undefined) all.push({ says: unmet.says, state: 'unmet' })
    else all.push({ says, state: 'unread', reason: messageFrom(unmet.cause) })
  }
  return all
}

/** What an earlier migration of the plan makes cannot be read yet, nor what is locked now. */
function isForLater(cause: unknown, position: number): boolean {
  const state = sqlState(cause instanceof FailedStatement ? cause.cause : cause)
  return state === '55P03' || (position > 0 && state !== undefined)
}

const checksOf = ({ requires, downRequires }: Migration, direction: Direction) =>
  direction === 'up' ? requires : downRequires

interface Unmet {
  readonly says: string
  /** Where a check cannot be read. */
  readonly cause?: unknown
}

/** Read only: a check looks, and changes nothing. Limits in milliseconds. */
async function readChecks(
  client: ClientBase,
  checks: readonly Check[],
  { lock, statement }: { readonly lock: number; readonly statement: number },
): Promise<Unmet | undefined> {
  const look = async () => {
    await client.query(
      `select pg_catalog.set_config('lock_timeout', $1, true), pg_catalog.set_config('statement_timeout', $2, true)`,
      [String(lock), String(statement)],
    )
    const says = await firstViolation(client, checks)
    return says === undefined ? undefined : { says }
  }
  try {
    return await inRolledBackTransaction(client, () => asAuthor(client, look), 'begin read only')
  } catch (error) {
    if (isConnectionLost(error) || error instanceof MigratorError) throw error
    const reason = messageFrom(error)
    const query = error instanceof FailedStatement ? `\n  ${error.sql}` : ''
    return { says: `a check of it cannot be read (${reason})${query}`, cause: error }
  }
}
