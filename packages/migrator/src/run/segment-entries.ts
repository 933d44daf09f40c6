import { readVersions } from '../archive/inner-versions.ts'
import type { Segment } from '../plan/segments.ts'
import { appendEntry, type JournalEntry } from '../journal/journal.ts'
import { writeLedger } from '../journal/ledger.ts'
import { secureBookkeeping } from '../journal/rights.ts'
import { readReached, type Reached } from '../archive/reached-rows.ts'
import { mayArchive } from '../archive/statement-kinds.ts'
import { asMigrator } from '../session/author.ts'
import type { ArchivePolicy, SegmentContext } from './context.ts'
import { mayWriteRows } from './deferred.ts'
import { mayBePending } from './pending.ts'
import type { NoticeBook } from './notices.ts'
import { doneFacts, type StartedFacts } from './evidence.ts'

/** What the journal keeps of a segment's run; times in milliseconds. */
export interface Measures {
  readonly rows: number
  readonly attempts: number
  readonly started: number
  /** Spent on tries that got no lock. */
  readonly lockWaitMs: number
}

/** Writes `done`, and with the last segment the ledger: both in the transaction that the caller has opened. */
export async function finishSegment(
  segment: Segment,
  context: SegmentContext,
  measures: Measures,
): Promise<void> {
  const { session, actor, ledgerTable, archive, beforeCommit } = context
  if (archive) await secureBookkeeping(session.client, ledgerTable)
  const written = await readWritten(segment, context)
  const isReverted = segment.isLast && segment.direction === 'down'
  // Of a savepoint's own transaction the number is higher than of all that the segment has written.
  if (isReverted) await session.client.query('savepoint migrator_done')
  await appendEntry(session.client, actor, doneEntry(segment, context, measures, written))
  if (isReverted) await session.client.query('release savepoint migrator_done')
  if (!segment.isLast) return
  await writeLedger(session.client, ledgerTable, segment)
  // What ran outside a transaction cannot be rolled back, and its `done` must be true.
  if (segment.mode === 'transaction') await beforeCommit?.()
}

/** What tells later which rows are the migration's own. */
interface Written extends Partial<Reached> {
  /** What they bear beside the number of the transaction. */
  readonly versions?: readonly string[]
}

async function readWritten(segment: Segment, context: SegmentContext): Promise<Written> {
  const { session, actor, archive } = context
  if (!mayBeInside(segment, archive)) return {}
  const versions = await readVersions(session.client, actor)
  // Of the last segment nothing comes later.
  const reached = segment.isLast
    ? {}
    : await asMigrator(session.client, () => readReached(session.client))
  return { ...(versions.length > 0 && { versions }), ...reached }
}

/** Rows may have been written in savepoints: those of the archive, or the author's. */
function mayBeInside(segment: Segment, archive: ArchivePolicy | undefined): boolean {
  const { mode, direction, statements, run } = segment
  if (!archive || mode !== 'transaction') return false
  return (
    mayArchive(direction, archive, statements) ||
    archive.reversion !== undefined ||
    run !== undefined ||
    mayBePending(segment, archive) ||
    statements.some(mayWriteRows)
  )
}

/** The entry in the transaction of a segment. */
export function doneEntry(
  segment: Segment,
  { session, archive, notices, phaseOnce }: SegmentContext,
  { rows, attempts, lockWaitMs, started }: Measures,
  written: Written = {},
): JournalEntry {
  const isReverted = segment.isLast && segment.direction === 'down'
  const facts = {
    ...doneFacts(session.client, segment),
    ...(isReverted && { isWhole: archive?.isWhole }),
    ...written,
  }
  return {
    ...identity(segment),
    ...(phaseOnce && { phase: phaseOnce(segment) }),
    event: 'done',
    final: segment.isLast,
    statements: journalled(segment),
    rows,
    attempts,
    lockWaitMs,
    durationMs: performance.now() - started,
    ...noticeFacts(notices, facts),
  }
}

/** The facts of an entry, with what the statements have raised; without any of both there are none. */
export function noticeFacts(notices: NoticeBook, others: object = {}): { facts?: object } {
  const raised = notices.ofTry()
  const facts = { ...others, ...(raised.length > 0 && { notices: raised }) }
  return Object.keys(facts).length > 0 ? { facts } : {}
}

/** The entry before the first statement; on the first segment with all of the way back. */
export function startedEntry(
  segment: Segment,
  definition: JournalEntry['definition'],
  facts: StartedFacts,
): JournalEntry {
  return {
    ...identity(segment),
    event: 'started',
    ...(Object.keys(facts).length > 0 && { facts }),
    statements: journalled(segment),
    ...(definition && segment.index === 1 && { definition }),
  }
}

/** What every entry of a segment says of it. */
export function identity(segment: Segment) {
  return {
    migration: segment.migration,
    direction: segment.direction,
    phase: segment.phase,
    segment: segment.index,
    segments: segment.of,
    mode: segment.mode,
    checksum: segment.checksum,
  }
}

function journalled(segment: Segment) {
  return segment.statements.map(({ position, sql, checksum }) => ({ position, sql, checksum }))
}
