import type { Client } from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { failure, MigratorError } from '../errors/index.ts'
import { messageFrom } from '../errors/message-from.ts'
import type { Listener } from '../events.ts'
import {
  authorsSettings,
  beginAsAuthor,
  commitAndBeginAsAuthor,
  commitAsAuthor,
  rollBackAsAuthor,
} from '../session/author.ts'
import { isConnectionLost, isRetried } from '../session/connect.ts'
import { during, findDoing } from '../session/during.ts'
import type { Limits } from '../session/session.ts'
import { toTimeouts } from '../session/side-settings.ts'
import { findFailing, StillRemains, writeRows } from './failing-rows.ts'
import { FIRST_BATCH, nextBatch, smallerBatch } from './pace.ts'
import { PressureGauge, type Pressure } from './pressure.ts'
import {
  addRanges,
  beginPass,
  beginWalk,
  delayRange,
  endBackfill,
  endRange,
  endWalk,
  lockNext,
  postponeRange,
  recordPressure,
  type Claimed,
  type Next,
  type NextRange,
  type Walking,
} from './ranges.ts'
import { BACKFILLS } from '../journal/names.ts'
import type { BackfillKey, BackfillState } from './tables.ts'
import type { Key, Range, Walk } from './walk.ts'

/** How often a worker looks at the server. */
const LOOK_EVERY_MS = 1000
/** While others have locked what is left. */
const WAIT_MS = 50
/** A row that is free now may have been held an instant ago, when its batch left it out. */
const FREE_TRIES = 5
/** Rows that remain after so many walks come from writers as fast as they are done. */
const MOST_PASSES = 5

/** What a worker needs beside the walk. */
export interface FillContext {
  readonly client: Client
  readonly key: BackfillKey
  /** Of its migration, for events. */
  readonly segment: number
  readonly limits: Limits
  readonly onEvent: Listener
}

/**
 * Works on a backfill that was begun until no row of it remains, beside other workers. Returns how many rows all of them
 * have changed.
 *
 * Throws BACKFILL_PAUSED, BACKFILL_UNKNOWN, BACKFILL_BLOCKED, BACKFILL_FAILED, BACKFILL_REMAINS, and the error of a lost
 * connection: what was committed stays.
 */
export async function fillInBatches(walk: Walk, context: FillContext): Promise<number> {
  const worker = new Worker(walk, context)
  for (;;) {
    await worker.giveWay()
    const done = await worker.workOn()
    if (done) return done.changed
  }
}

/** How many rows all workers have changed. */
interface Done {
  readonly changed: number
}

/** What a worker does next: `wait` where others have locked what is left. */
type Step = 'on' | 'wait' | Done

/** A range that a worker is at work on. */
interface Batch {
  readonly claimed: Claimed
  readonly began: number
  isDone: boolean
}

class Worker {
  readonly #walk: Walk
  readonly #context: FillContext
  readonly #gauge: PressureGauge
  #size = FIRST_BATCH
  #worked = 0
  #rest = 0
  #lookedAt = -Infinity
  #progressAt = performance.now()
  /** Until its transaction has ended. */
  #batch: Batch | undefined
  /** The walk that was going on when this worker came. */
  #firstPass: number | undefined

  constructor(walk: Walk, context: FillContext) {
    this.#walk = walk
    this.#context = context
    this.#gauge = new PressureGauge(context.client, walk.relation)
  }

  /** Rests for as long as the server asks, and looks at it now and then. */
  async giveWay(): Promise<void> {
    do {
      if (performance.now() - this.#lookedAt >= LOOK_EVERY_MS) await this.#look()
      const isStill = this.#rest === Infinity
      const rest = isStill ? LOOK_EVERY_MS : this.#rest * this.#worked
      if (rest > 0) await sleep(Math.min(rest, LOOK_EVERY_MS))
      // Where it stands still on purpose, nobody blocks it.
      if (isStill) this.#progressAt = performance.now()
    } while (this.#rest === Infinity)
  }

  async #look(): Promise<void> {
    const { client, key, segment, onEvent } = this.#context
    const pressure = await this.#gauge.look()
    this.#lookedAt = performance.now()
    const before = this.#rest
    this.#rest = pressure.rest
    const { rest, ...shown } = pressure
    const measured = { ...shown, isStill: rest === Infinity, batchRows: this.#size }
    const text = recordPressure(key, measured)
    const { rows } = await during(BOOKS, () => client.query<Reached>(text))
    const [reached] = rows
    if (!reached) throw failure('BACKFILL_UNKNOWN', { name: key.migration })
    const { seen, estimate, state } = reached
    if (state === 'paused') throw failure('BACKFILL_PAUSED', { name: key.migration })
    if (before !== rest) tellPressure(key.migration, pressure, onEvent)
    onEvent({
      type: 'segment-progress',
      migration: key.migration,
      segment,
      phase: 'filling rows',
      done: Math.min(seen, estimate),
      total: estimate,
    })
  }

  /**
   * One batch after the other, until it is to look at the server again, or has to wait for others. Each transaction begins
   * in the message that ends the one before: on a busy machine a worker spends its time waiting for answers.
   */
  async workOn(): Promise<Done | undefined> {
    const { client, key, limits } = this.#context
    const before = authorsSettings(client)
    const timeouts = toTimeouts(limits)
    const look = lockNext(key)
    try {
      let next = await during(BOOKS, () => beginAsAuthor<Next>(client, look, timeouts))
      for (;;) {
        const { record, step } = await this.#take(next)
        if (step !== 'on' || this.#isToGiveWay()) {
          await commitAsAuthor(client, record)
          this.#endBatch()
          return await this.#pause(step)
        }
        next = await commitAndBeginAsAuthor<Next>(client, record, look, timeouts)
        this.#endBatch()
      }
    } catch (error) {
      if (!isConnectionLost(error)) await rollBackAsAuthor(client, before)
      return await this.#afterError(error)
    }
  }

  #isToGiveWay(): boolean {
    return this.#rest > 0 || performance.now() - this.#lookedAt >= LOOK_EVERY_MS
  }

  async #pause(step: Step): Promise<Done | undefined> {
    if (step === 'wait') await sleep(WAIT_MS)
    return typeof step === 'object' ? step : undefined
  }

  /** The range or the walk that the transaction has locked. */
  async #take(next: Next | undefined): Promise<Ended> {
    if (next?.claimed) return this.#write(next.claimed)
    return next?.walking ? this.#walkOn(next.walking) : { record: 'select', step: 'wait' }
  }

  /** All rows of the range; those that others have locked are left for later. */
  async #write(claimed: Claimed): Promise<Ended> {
    const { client, key } = this.#context
    const batch = { claimed, began: performance.now(), isDone: false }
    this.#batch = batch
    const isFirst = claimed.tries === 0
    const text = isFirst ? this.#walk.writeBatch(claimed) : this.#walk.writeFreeRows(claimed)
    const { isCounted, changed } = await writeRows(client, text)
    if (changed > 0) this.#progressAt = performance.now()
    const isWhole = isFirst && isCounted
    batch.isDone = isWhole || !(await this.#isLeft(claimed))
    const record = batch.isDone ? endRange : postponeRange
    return { record: record(key, claimed, changed), step: 'on' }
  }

  /** Once its transaction has ended. */
  #endBatch(): void {
    if (!this.#batch) return
    const { claimed, began, isDone } = this.#batch
    this.#batch = undefined
    const { size, tries } = claimed
    this.#worked = performance.now() - began
    this.#size = isDone && tries === 0 ? nextBatch(size, this.#worked) : smallerBatch(this.#size)
    if (isDone) this.#progressAt = performance.now()
    else this.#refuseIfBlocked(claimed)
  }

  /**
   * True where the range is to be tried again. Rows that nobody holds, and which remain all the same, are left to the next
   * walk: what never ends, the walks count.
   */
  async #isLeft(claimed: Claimed): Promise<boolean> {
    if (!(await this.#remains(this.#walk.hasRemaining(claimed)))) return false
    return claimed.tries < FREE_TRIES || !(await this.#remains(this.#walk.hasFree(claimed)))
  }

  async #remains(question: string): Promise<boolean> {
    const { rows } = await this.#context.client.query<{ remains: boolean }>(question)
    return rows[0]?.remains === true
  }

  /** Rows that others have locked: the range waits. */
  async #afterError(error: unknown): Promise<undefined> {
    const { client, key, limits } = this.#context
    const claimed = this.#batch?.claimed
    if (!claimed || isConnectionLost(error) || error instanceof MigratorError) throw error
    if (findDoing(error)) throw error
    if (!isRetried(error)) {
      const reason = messageFrom(error)
      const timeouts = toTimeouts(limits)
      const failing = await findFailing(client, this.#walk, claimed, { error, timeouts })
      const range = describeRange(failing)
      const cause = error instanceof StillRemains ? undefined : error
      throw failure('BACKFILL_FAILED', { name: key.migration, range, reason }, cause)
    }
    await during(BOOKS, () => client.query(delayRange(claimed)))
    this.#endBatch()
  }

  #refuseIfBlocked(claimed: Claimed): void {
    const { key, limits } = this.#context
    const milliseconds = performance.now() - this.#progressAt
    if (milliseconds < limits.lockBudget) return
    const seconds = Math.round(milliseconds / 1000)
    const range = describeRange(claimed)
    throw failure('BACKFILL_BLOCKED', { name: key.migration, range, seconds })
  }

  /** Makes the next ranges; at the end of the walk it finds out whether anything remains. */
  async #walkOn(walking: Walking): Promise<Ended> {
    const { state, changed, isWalked, pass } = walking
    this.#firstPass ??= pass
    if (state === 'done') return { record: 'select', step: { changed } }
    if (state === 'paused') throw failure('BACKFILL_PAUSED', { name: this.#context.key.migration })
    return isWalked ? this.#endPass(walking) : this.#extend(walking)
  }

  async #extend({ reached, end }: Walking): Promise<Ended> {
    const { client, key } = this.#context
    if (!end) {
      const { rows } = await client.query<Pick<NextRange, 'key'>>(this.#walk.findEnd())
      const [last] = rows
      return { record: last ? beginWalk(key, last.key) : endWalk(key), step: 'on' }
    }
    const { rows } = await client.query<NextRange>(this.#walk.findNext(reached, end, this.#size))
    const record = rows.length > 0 ? addRanges(key, reached, rows) : endWalk(key)
    return { record, step: 'on' }
  }

  async #endPass({ pass, changed, hasRanges }: Walking): Promise<Ended> {
    const { key } = this.#context
    if (hasRanges) return { record: 'select', step: 'wait' }
    const remains = await this.#remains(this.#walk.hasRemaining())
    if (!remains) return { record: endBackfill(key), step: { changed } }
    const passes = pass - (this.#firstPass ?? pass) + 1
    if (passes >= MOST_PASSES) throw failure('BACKFILL_REMAINS', { name: key.migration, passes })
    return { record: beginPass(key), step: 'on' }
  }
}

/** What the migrator writes last in a transaction. It is not on disk before a later commit is: a crash undoes both or neither. */
interface Ended {
  readonly record: string
  readonly step: Step
}

type Reached = Pick<BackfillState, 'seen' | 'estimate' | 'state'>

const BOOKS = { doing: 'recording how far a backfill is', bookkeeping: BACKFILLS }

function describeRange({ low, high }: Range): string {
  return low ? `above ${showKey(low)} up to ${showKey(high)}` : `up to ${showKey(high)}`
}

const showKey = (key: Key) => `(${key.join(', ')})`

function tellPressure(migration: string, { reasons, rest }: Pressure, onEvent: Listener): void {
  const isStill = rest === Infinity
  onEvent({ type: 'backfill-throttled', migration, reasons, isStill })
}
