import type { ArchiveRun } from '../archive/record.ts'
import type { Reversion } from '../archive/applied-again.ts'
import type { Writing } from '../archive/own-writes.ts'
import type { LaterMigration } from '../archive/restorer.ts'
import type { PositionedStatement, Segment } from '../plan/segments.ts'
import type { Listener, RestoreResult } from '../events.ts'
import type { NoticeBook } from './notices.ts'
import type { Reports } from './reports.ts'
import type { JournalEntry, Writer } from '../journal/journal.ts'
import type { Session } from '../session/session.ts'
import type { Witness } from './witness.ts'

/** Everything that the run of a segment needs beside the segment. */
export interface SegmentContext {
  readonly session: Session
  readonly actor: Writer
  readonly ledgerTable: string
  readonly onEvent: Listener
  /** Absent: every commit waits for the disk. */
  readonly reports?: Reports
  /** More of the run comes after this migration, and commits. */
  readonly isFollowed?: boolean
  /** Called in the transaction that completes the migration; what it throws rolls that back. */
  readonly beforeCommit?: () => Promise<void>
  readonly witness?: Witness
  /** Called before each try of a segment; what it throws ends the migration before anything of that is done. */
  readonly beforeTry?: (segment: Segment) => Promise<void>
  /** Called last in the transaction of a segment; what it throws rolls that back. */
  readonly beforeEnd?: (segment: Segment) => Promise<void>
  /** What the statements of the migration raise. */
  readonly notices: NoticeBook
  /** The migration with its way back, for the journal. */
  readonly definition: JournalEntry['definition']
  /** How the archive keeps what the migration takes away, and what waits there for it; absent: it has no part in this. */
  readonly archive?: ArchivePolicy
}

export interface ArchivePolicy extends Pick<ArchiveRun, 'lose' | 'limit' | 'keepRows'> {
  /** What may be taken away: `announceLosses` has the keys. Undefined: whatever it turns out to be. */
  readonly confirmed: ReadonlyMap<string, number> | undefined
  /** True where the archive sees all that the migration takes away, so nothing is gone but what is recorded. */
  readonly isWhole: boolean
  /** True where something waits in the archive. */
  readonly hasPending: boolean
  /** The names that the migration stands for. */
  readonly names: readonly string[]
  /** Of a migration that is applied again. */
  readonly reversion?: Reversion | undefined
  /** The migrations that come after it in this run, and are applied again. */
  readonly behind: readonly LaterMigration[]
  /** The statements of the migration, in this direction, with those that an earlier run has done. */
  readonly statements: readonly PositionedStatement[]
  /** What it does in the other direction. */
  readonly otherWay: readonly Writing[]
}

/** What a segment has left. */
export interface SegmentReport {
  /** What became of what the archive had for it. */
  readonly restored: readonly RestoreResult[]
  /** The session is what it was before. */
  readonly leavesNothing: boolean
}
