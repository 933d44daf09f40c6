import { setTimeout as sleep } from 'node:timers/promises'
import type { MigratorError } from '../errors.ts'
import type { Segment } from '../plan/segments.ts'
import { attempt, isRetried, LeftBehind } from './attempt.ts'
import { isConnectionLost } from './connect.ts'
import type { SegmentContext } from './context.ts'
import { endIdleBlockers } from './end-blockers.ts'
import { explainFailure, explainGivingUp } from './explain.ts'
import { finishSegment, identity, startedEntry } from './finish.ts'
import { beginHunt, type Hunt } from './hunt.ts'
import { appendEntry } from './journal.ts'
import { waitForTheWay } from './patience.ts'
import { watchSegment, type Watch } from './watch.ts'

/**
 * Runs one segment: journalled before, with its `done` in its own transaction, and the ledger with the last.
 * It waits for others without queueing, then tries for its locks, briefly, until the budget is spent.
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
  const hunt = beginHunt()
  try {
    await tryUntilLocked(segment, context, hunt)
  } catch (error) {
    if (isConnectionLost(error)) throw error
    const problem = explainFailure(segment, error, session.limits)
    // Without an end in the journal, the next run looks after what is left.
    if (!leavesSomething(error)) await recordFailure(segment, context, hunt, problem)
    throw problem
  }
  const milliseconds = performance.now() - hunt.started
  onEvent({ type: 'segment-done', migration, segment: index, of, milliseconds })
}

async function recordFailure(
  segment: Segment,
  { session, actor }: SegmentContext,
  hunt: Hunt,
  problem: MigratorError,
): Promise<void> {
  await appendEntry(session.client, actor, {
    ...identity(segment),
    event: 'failed',
    attempts: hunt.tries,
    durationMs: performance.now() - hunt.started,
    note: problem.message,
  })
}

async function tryUntilLocked(
  segment: Segment,
  context: SegmentContext,
  hunt: Hunt,
): Promise<void> {
  const watch = watchSegment(segment, context, hunt)
  try {
    for (;;) {
      const isFree = await waitForTheWay(segment, context, hunt)
      // One last try costs nobody more than its lock timeout; a statement that has none is not begun.
      if (!isFree && segment.mode === 'outside') {
        throw explainGivingUp(segment, hunt, watch.queue())
      }
      hunt.tries += 1
      hunt.lastTry = performance.now()
      hunt.isTrying = true
      const { tries: attempts, started } = hunt
      const lockWaitMs = hunt.lastTry - started
      try {
        await attempt(segment, context.session, (rows) =>
          finishSegment(segment, context, { rows, attempts, lockWaitMs, started }),
        )
        return
      } catch (error) {
        hunt.isTrying = false
        if (watch.hasCancelled()) throw explainGivingUp(segment, hunt, watch.queue(), error)
        if (!isRetried(error)) throw error
        watch.hurry()
        await restBeforeNextTry(segment, context, hunt, watch, error)
      }
    }
  } finally {
    await watch.stop()
  }
}

/** A short rest with jitter, in which the application gets its locks; then the same segment again. */
async function restBeforeNextTry(
  segment: Segment,
  context: SegmentContext,
  hunt: Hunt,
  watch: Watch,
  cause: unknown,
): Promise<void> {
  const left = context.session.limits.lockBudget - (performance.now() - hunt.started)
  if (left <= 0) throw explainGivingUp(segment, hunt, watch.queue(), cause)
  // Of code, and of what a function locks, only its tries tell who is in the way.
  await endIdleBlockers(hunt.blockers, segment, context, hunt.asked)
  await sleep(Math.min(200 + Math.random() * 300, left))
}

function leavesSomething(error: unknown): boolean {
  return (
    error instanceof LeftBehind || (error instanceof Error && error.cause instanceof LeftBehind)
  )
}
