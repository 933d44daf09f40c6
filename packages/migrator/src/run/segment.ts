import type { MigratorError } from '../errors/index.ts'
import { appendEntry } from '../journal/journal.ts'
import { LeftBehind } from '../locks/give-up.ts'
import { beginLockWait, type LockWait } from '../locks/lock-wait.ts'
import { retryUntilLocked } from '../locks/retry.ts'
import type { Segment } from '../plan/segments.ts'
import { isConnectionLost } from '../session/connect.ts'
import type { SegmentContext, SegmentReport } from './context.ts'
import { startedFacts } from './evidence.ts'
import { explainFailure } from './explain.ts'
import { isPlain, isQuiet } from './plain-segment.ts'
import { prepareCopies, removePrepared } from './prepare.ts'
import { identity, noticeFacts } from './segment-entries.ts'
import { SegmentStart, SegmentTries } from './segment-tries.ts'
import { LeftWaiting } from './waiting-steps.ts'

/**
 * Runs one segment: journalled before, with its `done` in its own transaction, and the ledger with the last.
 * It waits for others without queueing, then tries for its locks, briefly, until the budget is spent.
 *
 * Throws STATEMENT_FAILED, LOCK_BUDGET_SPENT, ENSURES, ENSURES_IN_DOUBT, INDEX_IN_THE_WAY; an error of a
 * lost connection goes through as it is.
 */
export async function runSegment(
  segment: Segment,
  context: SegmentContext,
): Promise<SegmentReport> {
  const { session, onEvent, notices } = context
  const { migration, index, of } = segment
  const statements = segment.statements.length
  onEvent({ type: 'segment-started', migration, segment: index, of, statements })
  const isInOneMessage = isPlain(segment, context) && (await isQuiet(session.client))
  // What takes longer is heard of while it runs.
  if (!isInOneMessage) await context.reports?.flush(session.client)
  await prepareCopies(segment, context)
  const facts = await startedFacts(session.client, segment)
  const wait = beginLockWait()
  const start = new SegmentStart(segment, context, facts)
  if (!isInOneMessage) await start.write()
  const stopListening = notices.listen(session.client, segment)
  let report: SegmentReport
  try {
    const tries = new SegmentTries(segment, context, wait, start)
    const waiting = { ...context, beforeWaiting: () => start.write() }
    report = await retryUntilLocked(segment, waiting, wait, (attempts) =>
      tries.attempt(attempts, isInOneMessage),
    )
  } catch (error) {
    if (error instanceof LeftWaiting) await endLeft(segment, context, { wait, start }, error)
    throw await endFailed(segment, context, wait, error)
  } finally {
    stopListening()
  }
  const milliseconds = performance.now() - wait.started
  const { restored } = report
  if (restored.length > 0) onEvent({ type: 'restored', returned: restored })
  onEvent({ type: 'segment-done', migration, segment: index, of, milliseconds })
  return report
}

/** Ends a segment of which nothing is done, nor will be in this run: what it was to copy goes, and its entry has an end. */
async function endLeft(
  segment: Segment,
  context: SegmentContext,
  { wait, start }: { readonly wait: LockWait; readonly start: SegmentStart },
  error: LeftWaiting,
): Promise<never> {
  if (start.entry === undefined) await recordFailure(segment, context, wait, error)
  await removePrepared(context, ({ migration }) => migration !== segment.migration)
  throw error
}

/** Records and explains what ends a segment; what a connection is lost by is left as it is. */
async function endFailed(
  segment: Segment,
  context: SegmentContext,
  wait: LockWait,
  error: unknown,
): Promise<unknown> {
  if (isConnectionLost(error)) return error
  const { session, notices } = context
  const problem = await explainFailure(segment, error, { ...session, notices: notices.ofTry() })
  // Without an end in the journal, the next run looks after what is left.
  if (!leavesSomething(error)) await recordFailure(segment, context, wait, problem)
  // Only what got no lock will be run again as it is.
  if (problem.code !== 'LOCK_BUDGET_SPENT') await removePrepared(context).catch(() => {})
  return problem
}

async function recordFailure(
  segment: Segment,
  { session, actor, notices }: SegmentContext,
  wait: LockWait,
  problem: MigratorError | LeftWaiting,
): Promise<void> {
  await appendEntry(session.client, actor, {
    ...identity(segment),
    event: 'failed',
    attempts: wait.tries,
    durationMs: performance.now() - wait.started,
    note: problem.message,
    ...noticeFacts(notices, exceededFacts(problem)),
  })
}

/** The next run asks for it by name. */
function exceededFacts(problem: MigratorError | LeftWaiting): object {
  if (problem instanceof LeftWaiting || problem.code !== 'LOSSES_EXCEEDED') return {}
  const { details } = problem
  return { exceeded: { object: details['object'], rows: details['rows'] } }
}

function leavesSomething(error: unknown): boolean {
  return (
    error instanceof LeftBehind || (error instanceof Error && error.cause instanceof LeftBehind)
  )
}
