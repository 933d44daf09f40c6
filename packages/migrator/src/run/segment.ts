import { setTimeout as sleep } from 'node:timers/promises'
import { failure, MigratorError } from '../errors.ts'
import type { Segment } from '../plan/segments.ts'
import type { SegmentContext } from './context.ts'
import { attempt, FailedStatement, isRetried } from './attempt.ts'
import { watchBlockers, type BlockerWatch } from './blockers.ts'
import { isConnectionLost } from './connect.ts'
import { finishSegment, identity, startedEntry } from './finish.ts'
import { appendEntry } from './journal.ts'

/**
 * Runs one segment: journalled before, with its `done` in its own transaction, and the ledger with the last.
 * Short tries for locks until the budget is spent.
 *
 * Throws STATEMENT_FAILED, LOCK_BUDGET_SPENT, ENSURES, ENSURES_IN_DOUBT, INDEX_IN_THE_WAY; an error of a
 * lost connection goes through as it is.
 */
export async function runSegment(segment: Segment, context: SegmentContext): Promise<void> {
  const { session, actor, onEvent } = context
  const { migration, index, of } = segment
  const statements = segment.statements.length
  onEvent({ type: 'segment-started', migration, segment: index, of, statements })
  await appendEntry(session.client, actor, startedEntry(segment, context.undo))
  const started = performance.now()
  const tries = { count: 0, started }
  try {
    await tryUntilLocked(segment, context, tries)
  } catch (error) {
    if (isConnectionLost(error)) throw error
    const problem = explain(segment, error)
    await appendEntry(session.client, actor, {
      ...identity(segment),
      event: 'failed',
      attempts: tries.count,
      durationMs: performance.now() - started,
      note: problem.message,
    })
    throw problem
  }
  const milliseconds = performance.now() - started
  onEvent({ type: 'segment-done', migration, segment: index, of, milliseconds })
}

interface Tries {
  count: number
  readonly started: number
}

async function tryUntilLocked(
  segment: Segment,
  context: SegmentContext,
  tries: Tries,
): Promise<void> {
  const { session } = context
  let watch: BlockerWatch | undefined
  try {
    for (;;) {
      tries.count += 1
      const attempts = tries.count
      const lockWaitMs = performance.now() - tries.started
      try {
        await attempt(segment, session, (rows) =>
          finishSegment(segment, context, { rows, attempts, lockWaitMs, started: tries.started }),
        )
        return
      } catch (error) {
        if (!isRetried(error)) throw error
        await restBeforeNextTry(segment, context, tries, watch?.seen() ?? [], error)
        watch ??= await watchBlockers(session)
      }
    }
  } finally {
    await watch?.stop()
  }
}

/** A short rest with jitter, in which the application gets its locks; then the same segment again. */
async function restBeforeNextTry(
  segment: Segment,
  { session, onEvent }: SegmentContext,
  tries: Tries,
  blockers: readonly string[],
  cause: unknown,
): Promise<void> {
  const { migration, index } = segment
  const spent = performance.now() - tries.started
  const left = session.limits.lockBudget - spent
  if (left <= 0) {
    const seconds = Math.round(spent / 1000)
    const facts = { name: migration, segment: index, tries: tries.count, seconds, blockers }
    throw failure('LOCK_BUDGET_SPENT', facts, cause)
  }
  onEvent({ type: 'segment-blocked', migration, segment: index, attempt: tries.count, blockers })
  await sleep(Math.min(200 + Math.random() * 300, left))
}

function explain(segment: Segment, error: unknown): MigratorError {
  if (error instanceof MigratorError) return error
  const name = segment.migration
  const reason = error instanceof Error ? error.message : String(error)
  const code = segment.run ? 'the code of the migration' : 'the bookkeeping of the migrator'
  const statement = error instanceof FailedStatement ? error.sql : code
  const stands = segment.index > 1 ? ' The segments before it stand.' : ''
  const after =
    segment.mode === 'transaction'
      ? `This segment was rolled back.${stands} Mend the cause, then run again.`
      : `It ran outside a transaction.${stands} Mend the cause, then run again.`
  return failure(
    'STATEMENT_FAILED',
    { name, segment: segment.index, reason, statement, after },
    error,
  )
}
