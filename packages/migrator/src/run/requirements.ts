import type { Client, ClientBase } from 'pg'
import { failure, MigratorError } from '../errors/index.ts'
import type { NextStep } from '../errors/next-step.ts'
import { messageFrom } from '../errors/message-from.ts'
import type { Check, Direction, Migration } from '../migration.ts'
import type { Plan } from '../plan/plan.ts'
import { asAuthor } from '../session/author.ts'
import { isConnectionLost, sqlState } from '../session/connect.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import { quoteName } from '../sql/quote-name.ts'
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

/** Whether what a migration requires is so. `later`: it reads what a migration before makes, which has not run there. */
export type RequirementState =
  | { readonly says: string; readonly state: 'holds' | 'unmet' | 'later' }
  | UnreadRequirement

/** Something required that could not be read, so that nobody knows whether it is so. */
export interface UnreadRequirement {
  readonly says: string
  readonly state: 'unread'
  /** What PostgreSQL said. */
  readonly reason: string
  /** What to do about it, as a sentence. */
  readonly advice: string
  readonly next: readonly NextStep[]
}

/**
 * Reads each thing that a migration requires on its way up, as far as `limits` allow, in milliseconds. `isFirst` is true
 * where no migration before it is pending.
 */
export async function readRequirements(
  client: Client,
  { requires }: Migration,
  { isFirst, ...limits }: Waits & { readonly isFirst: boolean },
): Promise<RequirementState[]> {
  const all: RequirementState[] = []
  for (const check of requires) {
    const { says } = check
    const unmet = await readChecks(client, [check], limits)
    if (!unmet) all.push({ says, state: 'holds' })
    else if (unmet.cause === undefined) all.push({ says: unmet.says, state: 'unmet' })
    else if (!isFirst && NOT_THERE.has(stateOf(unmet.cause))) all.push({ says, state: 'later' })
    else all.push(describeUnread(client, check, unmet.cause))
  }
  return all
}

/** No such table, column, function or operator, type or other object, schema. */
const NOT_THERE: ReadonlySet<string | undefined> = new Set(
  '42P01 42703 42883 42704 3F000'.split(' '),
)

function describeUnread(client: Client, { says, query }: Check, cause: unknown): UnreadRequirement {
  const unread = { says, state: 'unread', reason: messageFrom(cause) } as const
  const grant = `grant pg_read_all_data to ${quoteName(client.user ?? '')}`
  switch (stateOf(cause)) {
    case '42501': {
      const advice = 'Ask as a role that may do what its query does, or let this one.'
      return { ...unread, advice, next: [{ sql: grant, why: 'To let it read every table' }] }
    }
    case '55P03': {
      const advice = 'Another session holds what it reads: ask again when that one is done.'
      return { ...unread, advice, next: [{ command: 'again', why: 'Then' }] }
    }
    case '57014': {
      const advice = 'Its query takes longer than is allowed there: ask a replica.'
      return { ...unread, advice, next: [{ sql: query, why: 'To read it without a limit' }] }
    }
    default: {
      const advice = 'Mend its query, or what it reads: up ends with this error, too.'
      return { ...unread, advice, next: [{ sql: query, why: 'To see it' }] }
    }
  }
}

/** What an earlier migration of the plan makes cannot be read yet, nor what is locked now. */
function isForLater(cause: unknown, position: number): boolean {
  const state = stateOf(cause)
  return state === '55P03' || (position > 0 && state !== undefined)
}

function stateOf(cause: unknown): string | undefined {
  return sqlState(cause instanceof FailedStatement ? cause.cause : cause)
}

const checksOf = ({ requires, downRequires }: Migration, direction: Direction) =>
  direction === 'up' ? requires : downRequires

interface Unmet {
  readonly says: string
  /** Where a check cannot be read. */
  readonly cause?: unknown
}

/** How long a lock, and a statement, may take, in milliseconds. */
interface Waits {
  readonly lock: number
  readonly statement: number
}

/** Read only: a check looks, and changes nothing. */
async function readChecks(
  client: ClientBase,
  checks: readonly Check[],
  { lock, statement }: Waits,
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
