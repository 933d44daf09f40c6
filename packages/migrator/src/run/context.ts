import type { Keeping } from '../archive/record.ts'
import type { Listener } from './events.ts'
import type { NoticeBook } from './notices.ts'
import type { JournalEntry, Writer } from '../journal/journal.ts'
import type { Session } from '../session/session.ts'

/** Everything that the run of a segment needs beside the segment. */
export interface SegmentContext {
  readonly session: Session
  readonly actor: Writer
  readonly ledgerTable: string
  readonly onEvent: Listener
  /** What the statements of the migration raise. */
  readonly notices: NoticeBook
  /** The migration with its way back, for the journal. */
  readonly undo: JournalEntry['undo']
  /** Present on the way back: how the archive keeps what it takes away. */
  readonly archive?: Pick<Keeping, 'lose' | 'limit' | 'counted'> & {
    /** The archive sees all that the migration takes away, so nothing is gone but what is recorded. */
    readonly isWhole: boolean
  }
}
