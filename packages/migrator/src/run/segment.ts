import type pg from 'pg'
import type { MigratorError } from '../errors/index.ts'
import type { Segment } from '../plan/segments.ts'
import { asMigrator } from '../session/author.ts'
import { LeftBehind } from '../locks/give-up.ts'
import { attempt, type Companion } from './attempt.ts'
import { isConnectionLost } from '../session/connect.ts'
import type { ArchivePolicy, SegmentContext } from './context.ts'
import { startedFacts } from './evidence.ts'
import { explainFailure } from './explain.ts'
import { finishSegment, identity, noticeFacts, startedEntry } from './segment-entries.ts'
import { beginLockWait, type LockWait } from '../locks/lock-wait.ts'
import type { NoticeBook } from './notices.ts'
import { appendEntry, type Writer } from '../journal/journal.ts'
import { prepareCopies, removePrepared } from './prepare.ts'
import { retryUntilLocked } from '../locks/retry.ts'
import { readRestoredTables, type RestoredTables } from '../archive/applied-again.ts'
import { hasArchive, readEntries, type ArchiveEntry } from '../archive/schema.ts'
import { readFunctions, writingsOf, type Ways } from '../archive/own-writes.ts'
import { takesObjects } from '../archive/statement-kinds.ts'
import { SegmentArchive, type SegmentArchiveContext } from '../archive/segment-archive.ts'
import { ArchiveGuard } from '../archive/tampering.ts'
import { fireDeferred } from '../archive/triggers.ts'
import type { RestoreResult } from '../events.ts'

/**
 * Runs one segment: journalled before, with its `done` in its own transaction, and the ledger with the last.
 * It waits for others without queueing, then tries for its locks, briefly, until the budget is spent.
 * Returns what became of what the archive had for it.
 *
 * Throws STATEMENT_FAILED, LOCK_BUDGET_SPENT, ENSURES, ENSURES_IN_DOUBT, INDEX_IN_THE_WAY; an error of a
 * lost connection goes through as it is.
 */
export async function runSegment(
  segment: Segment,
  context: SegmentContext,
): Promise<readonly RestoreResult[]> {
  const { session, actor, onEvent, notices } = context
  const { migration, index, of } = segment
  const statements = segment.statements.length
  onEvent({ type: 'segment-started', migration, segment: index, of, statements })
  await prepareCopies(segment, context)
  const facts = await startedFacts(session.client, segment)
  await appendEntry(session.client, actor, startedEntry(segment, context.definition, facts))
  const wait = beginLockWait()
  let restored: readonly RestoreResult[] = []
  const stopListening = notices.listen(session.client, segment)
  try {
    await retryUntilLocked(segment, context, wait, (attempts) => {
      notices.beginTry(index)
      const { started, lastTry } = wait
      const lockWaitMs = lastTry - started
      const finish = (rows: number) =>
        finishSegment(segment, context, { rows, attempts, lockWaitMs, started })
      restored = []
      const withArchive = () => accompany(segment, context, (results) => (restored = results))
      const { evidence } = facts
      return attempt(segment, session, { finish, accompany: withArchive, evidence })
    })
  } catch (error) {
    if (isConnectionLost(error)) throw error
    const problem = await explainFailure(segment, error, { ...session, notices: notices.ofTry() })
    // Without an end in the journal, the next run looks after what is left.
    if (!leavesSomething(error)) await recordFailure(segment, context, wait, problem)
    // Only what got no lock will be run again as it is.
    if (problem.code !== 'LOCK_BUDGET_SPENT') await removePrepared(context).catch(() => {})
    throw problem
  } finally {
    stopListening()
  }
  const milliseconds = performance.now() - wait.started
  if (restored.length > 0) onEvent({ type: 'restored', returned: restored })
  onEvent({ type: 'segment-done', migration, segment: index, of, milliseconds })
  return restored
}

/** The archive goes along where a segment may take something away, or something waits for it. */
async function accompany(
  segment: Segment,
  { session, actor, archive, notices }: SegmentContext,
  onRestored: (results: readonly RestoreResult[]) => void,
): Promise<Companion | undefined> {
  const { client } = session
  const { migration, checksum, direction, index, statements, isLast } = segment
  if (!archive) return undefined
  const { lose, limit, keepRows, confirmed, hasPending, behind, names } = archive
  const restoredTables = await readRestored(client, actor, archive)
  const mayWait = hasPending || restoredTables.size > 0
  const mayKeep = direction === 'down' || keepRows !== undefined || takesObjects(statements)
  if (!mayKeep && !mayWait) return guard(client, segment)
  const pending = mayWait ? await asMigrator(client, () => readPending(client, actor)) : []
  const entries = new SegmentArchive(client, {
    actor,
    migration,
    checksum,
    direction,
    segment: index,
    lose,
    limit,
    ...(keepRows !== undefined && { keepRows }),
    confirmed,
    isLast,
    ...around(statements, archive),
    behind,
    names,
    pending,
    restoredTables,
    ways: await readWays(client, segment, archive),
  })
  await entries.begin(segment.run !== undefined)
  return {
    run: (statement, execute, rest) => entries.run(statement, rewinding(notices, execute), rest),
    watch: (work) => entries.watch(work),
    end: async () => onRestored(await entries.end()),
    undone: () => entries.undone(),
  }
}

/** What the migration writes itself, on this way and on the other. */
async function readWays(
  client: pg.Client,
  { run }: Segment,
  { statements, otherWay }: ArchivePolicy,
): Promise<Ways> {
  const own = run ? writingsOf({ kind: 'code', run }) : statements
  const functions = await asMigrator(client, () => readFunctions(client, own))
  return { own, other: otherWay, functions }
}

/** What the archive has stays there, also where it has nothing to do with a segment. */
async function guard(
  client: pg.Client,
  { migration, run }: Segment,
): Promise<Companion | undefined> {
  const archive = new ArchiveGuard(client)
  await archive.begin()
  if (!archive.hasArchive) return undefined
  const watch = async <T>(work: () => Promise<T>, sql?: string) => {
    const result = await archive.watch(work, sql)
    archive.refuse(migration)
    return result
  }
  const end = async () => {
    if (run) await archive.end()
    archive.refuse(migration)
    await watch(() => fireDeferred(client))
  }
  return { run: ({ sql }, execute) => watch(execute, sql), watch, end, undone: async () => {} }
}

/** The statements of the migration before those of a segment, and after them. */
function around(
  statements: Segment['statements'],
  { statements: all }: ArchivePolicy,
): Pick<SegmentArchiveContext, 'earlier' | 'later'> {
  const positions = statements.map(({ position }) => position)
  return {
    earlier: all.filter(({ position }) => position < Math.min(...positions)),
    later: all.filter(({ position }) => position > Math.max(-1, ...positions)),
  }
}

/** Where the migration itself says that rows are kept, all of them are. */
async function readRestored(
  client: pg.Client,
  actor: Writer,
  { reversion, keepRows }: ArchivePolicy,
): Promise<RestoredTables> {
  if (!reversion || keepRows !== undefined) return new Map()
  return asMigrator(client, () => readRestoredTables(client, actor, reversion))
}

async function readPending(client: pg.Client, { ledger }: Writer): Promise<ArchiveEntry[]> {
  const all = (await hasArchive(client)) ? await readEntries(client, ledger) : []
  return all.filter(({ note }) => note === null)
}

/** Run again, a statement raises its notices again. */
function rewinding(notices: NoticeBook, execute: () => Promise<number>): () => Promise<number> {
  const heard = notices.ofTry().length
  return () => {
    notices.rewind(heard)
    return execute()
  }
}

async function recordFailure(
  segment: Segment,
  { session, actor, notices }: SegmentContext,
  wait: LockWait,
  problem: MigratorError,
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
function exceededFacts({ code, details }: MigratorError): object {
  if (code !== 'LOSSES_EXCEEDED') return {}
  return { exceeded: { object: details['object'], rows: details['rows'] } }
}

function leavesSomething(error: unknown): boolean {
  return (
    error instanceof LeftBehind || (error instanceof Error && error.cause instanceof LeftBehind)
  )
}
