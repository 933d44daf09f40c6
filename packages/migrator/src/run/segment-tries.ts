import type { Backfill } from '../migration.ts'
import { appendEntry } from '../journal/journal.ts'
import type { LockWait } from '../locks/lock-wait.ts'
import type { Segment } from '../plan/segments.ts'
import type { RestoreResult } from '../events.ts'
import { accompany } from './accompany.ts'
import { attempt } from './attempt.ts'
import type { SegmentContext, SegmentReport } from './context.ts'
import { reportingMeanwhile } from './report-meanwhile.ts'
import type { StartedFacts } from './evidence.ts'
import { sendPlain, sendStarted } from './one-message.ts'
import { forgetQuiet, mayCall } from './plain-segment.ts'
import { doneEntry, finishSegment, startedEntry } from './segment-entries.ts'

/** The entry of the journal that a segment begins with. */
export class SegmentStart {
  readonly #segment: Segment
  readonly #context: SegmentContext
  readonly facts: StartedFacts
  #isWritten = false

  constructor(segment: Segment, context: SegmentContext, facts: StartedFacts) {
    this.#segment = segment
    this.#context = context
    this.facts = facts
  }

  /** Undefined once it is written. */
  get entry() {
    if (this.#isWritten) return undefined
    return startedEntry(this.#segment, this.#context.definition, this.facts)
  }

  /** It was written with other things. */
  written(): void {
    this.#isWritten = true
  }

  /**
   * Writes it by itself. All that was committed before is on disk then, and so is the entry of a segment whose work no
   * rollback undoes.
   */
  async write(): Promise<void> {
    const { entry } = this
    if (!entry) return
    const { session, actor, reports } = this.#context
    const { mode, run } = this.#segment
    const isTakenBack = mode === 'transaction' && run === undefined
    const mayBeLost = isTakenBack && session.transaction === undefined && !reports?.isHolding
    const isSent = mayBeLost && (await sendStarted(session.client, actor, entry))
    if (!isSent) {
      await appendEntry(session.client, actor, entry)
      reports?.release()
    }
    this.#isWritten = true
  }
}

/** The tries of one segment for its locks. */
export class SegmentTries {
  readonly #segment: Segment
  readonly #context: SegmentContext
  readonly #wait: LockWait
  readonly #start: SegmentStart

  constructor(segment: Segment, context: SegmentContext, wait: LockWait, start: SegmentStart) {
    this.#segment = segment
    this.#context = context
    this.#wait = wait
    this.#start = start
  }

  /** One try; as one message where that is possible, and nothing has gone wrong with it. */
  async attempt(attempts: number, isInOneMessage: boolean): Promise<SegmentReport> {
    const { notices, reports, session, beforeTry } = this.#context
    await beforeTry?.(this.#segment)
    notices.beginTry(this.#segment.index)
    // Others are in the way: it may be a while.
    if (attempts > 1) await reports?.flush(session.client)
    if (isInOneMessage && (await this.#send(attempts)))
      return { restored: [], leavesNothing: !mayCall(this.#segment) }
    await this.#start.write()
    notices.beginTry(this.#segment.index)
    const restored = await this.#runStatements(attempts)
    forgetQuiet(session.client)
    reports?.release()
    return { restored, leavesNothing: false }
  }

  /** False where it is to be tried statement by statement. */
  async #send(attempts: number): Promise<boolean> {
    const { reports, isFollowed = false } = this.#context
    const commitsLater = reports !== undefined && reports.mayHold && isFollowed
    const record = {
      started: this.#start.entry,
      done: doneEntry(this.#segment, this.#context, { rows: 0, ...this.#measures(attempts) }),
      commitsLater,
    }
    const outcome = await reportingMeanwhile(this.#context, () =>
      sendPlain(this.#segment, this.#context, record, () => this.#start.written()),
    )
    if (outcome === 'unsent') return false
    if (commitsLater) reports.hold()
    else reports?.release()
    return true
  }

  async #runStatements(attempts: number): Promise<readonly RestoreResult[]> {
    let restored: readonly RestoreResult[] = []
    const segment = this.#segment
    const { witness, session, beforeEnd } = this.#context
    // What was done outside of a transaction stands, whoever has come meanwhile.
    const mayEndOtherwise = segment.mode === 'transaction'
    await witness?.before(segment, session.client)
    const finish = async (rows: number) => {
      await witness?.after(segment, session.client)
      await finishSegment(segment, this.#context, { rows, ...this.#measures(attempts) })
      if (mayEndOtherwise) await beforeEnd?.(segment)
    }
    const withArchive = () => accompany(segment, this.#context, (results) => (restored = results))
    const { evidence } = this.#start.facts
    const fill = (backfill: Backfill) => this.#fill(backfill)
    await attempt(segment, session, { finish, accompany: withArchive, evidence, fill })
    return restored
  }

  async #fill(backfill: Backfill): Promise<number> {
    const { runBackfill } = await import('./backfill.ts')
    return runBackfill(this.#segment, this.#context, backfill)
  }

  #measures(attempts: number) {
    const { started, lastTry } = this.#wait
    return { attempts, lockWaitMs: lastTry - started, started }
  }
}
