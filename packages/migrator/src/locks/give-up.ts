import { messageFrom } from '../errors/message-from.ts'
import { failure, type MigratorError } from '../errors/index.ts'
import { sqlState } from '../session/connect.ts'
import { describeBlocker } from './describe-blocker.ts'
import type { LockWait, LockRequest } from './lock-wait.ts'
import type { Queue } from './observer.ts'

/** A statement outside a transaction failed (the cause), and what is left of it could not be removed. */
export class LeftBehind extends Error {
  override readonly name = 'LeftBehind'

  constructor(cause: unknown) {
    super(messageFrom(cause), { cause })
  }
}

/** LOCK_BUDGET_SPENT: the blockers that were seen last, and the sessions that waited after the run. */
export function lockBudgetSpent(
  request: LockRequest,
  wait: LockWait,
  queue: Queue,
  cause?: unknown,
): MigratorError {
  const { migration: name, index, mode } = request
  const tries = `${wait.tries} ${wait.tries === 1 ? 'try' : 'tries'}`
  return failure(
    'LOCK_BUDGET_SPENT',
    {
      name,
      segment: index,
      outcome:
        mode === 'outside'
          ? 'waited for the transactions of others'
          : describeOutcome(tries, cause),
      seconds: Math.round((performance.now() - wait.started) / 1000),
      blockers: wait.blockers.map(describeBlocker),
      sessions: wait.blockers,
      queue,
      after: describeRest(request, wait, cause),
    },
    cause,
  )
}

function describeRest({ mode, statements }: LockRequest, { tries }: LockWait, cause: unknown) {
  if (cause instanceof LeftBehind)
    return 'What it left unfinished could not be removed in time: the next run removes it.'
  const mayCommit =
    mode === 'outside' && statements.some(({ sql }) => /^\s*(?:do|call)\b/i.test(sql))
  return mayCommit && tries > 0
    ? 'What it has committed itself stays, and the next run begins it again.'
    : 'Nothing of it was applied.'
}

function describeOutcome(tries: string, cause: unknown): string {
  if (sqlState(cause) === '40P01') return `ended in a deadlock in the last of ${tries}`
  if (sqlState(cause) === '40001') return `met a concurrent change in the last of ${tries}`
  return `got no lock in ${tries}`
}
