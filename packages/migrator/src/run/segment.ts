import type { MigratorError } from '../errors.ts'
import type { Segment } from '../plan/segments.ts'
import { attempt, LeftBehind, type Execute } from './attempt.ts'
import { isConnectionLost } from '../session/connect.ts'
import type { SegmentContext } from './context.ts'
import { startedFacts } from './evidence.ts'
import { explainFailure } from './explain.ts'
import { finishSegment, identity, startedEntry } from './finish.ts'
import { beginHunt, type Hunt } from '../locks/hunt.ts'
import { appendEntry } from '../journal/journal.ts'
import { tryUntilLocked } from '../locks/tries.ts'
import { runKeeping } from '../archive/keep.ts'

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
  const facts = await startedFacts(session.client, segment)
  await appendEntry(session.client, actor, startedEntry(segment, context.undo, facts))
  const hunt = beginHunt()
  try {
    await tryUntilLocked(segment, context, hunt, (attempts) => {
      const { started, lastTry } = hunt
      const lockWaitMs = lastTry - started
      const finish = (rows: number) =>
        finishSegment(segment, context, { rows, attempts, lockWaitMs, started })
      const execute = keepingExecute(segment, context)
      return attempt(segment, session, { finish, execute, evidence: facts.evidence })
    })
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

/** On the way back, what a statement takes away goes into the archive. */
function keepingExecute(
  { migration, index: segment }: Segment,
  { actor, archive }: SegmentContext,
): Execute | undefined {
  if (!archive) return undefined
  const { lose, limit, counted } = archive
  const keeping = { lose, limit, counted, actor, migration, segment }
  return async (client, statement) => runKeeping(client, statement, keeping)
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

function leavesSomething(error: unknown): boolean {
  return (
    error instanceof LeftBehind || (error instanceof Error && error.cause instanceof LeftBehind)
  )
}
