import type pg from 'pg'
import { findBlockers } from './blockers.ts'
import {
  reportBlockers,
  type LockWait,
  type LockRequest,
  type LockWaitContext,
} from './lock-wait.ts'
import { keepProcessAlive } from '../session/keep-alive.ts'
import { progressReporter } from './progress-reporter.ts'
import { cancelWaiting, readWork, sessionsBehind } from './work.ts'

/** A second connection that observes the one that works. The run goes on without it. */
export interface Watch {
  /** Observes at once, and at short intervals: tries for locks are short. */
  lookOften(): void
  /** The sessions that queued after the run: how many at once, and how long the slowest waited. */
  queue(): Queue
  /** True once it has cancelled a statement that waited for others longer than the budget. */
  hasCancelled(): boolean
  stop(): Promise<void>
}

export interface Queue {
  readonly sessions: number
  readonly milliseconds: number
}

/** Shorter segments pass unwatched, and cost no connection. */
const WATCH_AFTER_MS = 500
/** Well below a lock timeout of 50 ms, so that each try is looked at. */
const LOOK_AT_TRIES_MS = 10
const LOOK_AT_WORK_MS = 250
/** At most, for a cancelled build to be cleared away; what is then left the next run removes. */
const CLEARING_MS = 10_000

/** Watches what is about to run on `context.session`, from half a second on. */
export function observeWait(request: LockRequest, context: LockWaitContext, wait: LockWait): Watch {
  const rest = new Rest()
  const seen: Seen = { queue: { sessions: 0, milliseconds: 0 }, waitedMs: 0, cancellations: 0 }
  const look = observe(request, context, wait, seen)
  const loop = async () => {
    await rest.for(WATCH_AFTER_MS)
    if (rest.isStopped) return
    const observer = await context.session.observe()
    // What is observed keeps the process alive, as long as it is at work.
    keepProcessAlive(observer, false)
    let last = performance.now()
    try {
      while (!rest.isStopped) {
        const now = performance.now()
        if (wait.isTrying) await look(observer, now - last)
        last = now
        if (!rest.isStopped) await rest.for(nextLook(wait, rest.isHurried))
      }
    } finally {
      keepProcessAlive(observer, true)
      await observer.end().catch(() => {})
    }
  }
  const looking = loop().catch(() => {})
  return {
    lookOften: () => rest.hurry(),
    queue: () => seen.queue,
    hasCancelled: () => seen.cancellations > 0,
    stop: async () => {
      rest.stop()
      await looking
    },
  }
}

/** Rests that end early where they are told to: each segment has one, and an AbortSignal makes an error each time. */
class Rest {
  isHurried = false
  isStopped = false
  #end: () => void = doNothing

  async for(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref()
      this.#end = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  hurry(): void {
    this.isHurried = true
    this.#end()
  }

  stop(): void {
    this.isStopped = true
    this.#end()
  }
}

function doNothing(): void {}

interface Seen {
  queue: Queue
  /** How long the statement outside a transaction has waited since the last cancellation. */
  waitedMs: number
  cancellations: number
}

type Look = (observer: pg.Client, sinceLast: number) => Promise<void>

function observe(request: LockRequest, context: LockWaitContext, wait: LockWait, seen: Seen): Look {
  const { pid, limits } = context.session
  const tellProgress = progressReporter(request, context.onEvent)
  return async (observer, sinceLast) => {
    const work = await readWork(observer, pid)
    if (work === undefined) return
    const behind = await sessionsBehind(observer, pid)
    seen.queue = {
      sessions: Math.max(seen.queue.sessions, behind.sessions),
      milliseconds: Math.round(Math.max(seen.queue.milliseconds, behind.milliseconds)),
    }
    tellProgress(work)
    if (!work.isWaiting) return
    const blockers = await findBlockers(observer, pid)
    if (blockers.length > 0) reportBlockers(wait, request, blockers, context.onEvent)
    if (request.mode === 'transaction') return
    seen.waitedMs += sinceLast
    const left = limits.lockBudget - (wait.lastTry - wait.started)
    const budget = seen.cancellations === 0 ? left : Math.min(limits.lockBudget, CLEARING_MS)
    if (seen.waitedMs < budget) return
    // Before: the statement's error may be here sooner than the answer.
    seen.cancellations += 1
    if (await cancelWaiting(observer, pid, work)) seen.waitedMs = 0
    else seen.cancellations -= 1
  }
}

/** At short intervals, so as to miss no try. A try that got its locks is at work, for as long as that takes. */
function nextLook({ isTrying, lastTry }: LockWait, isHurried: boolean): number {
  const isAtWork = isTrying && performance.now() - lastTry > LOOK_AT_WORK_MS
  return isHurried && !isAtWork ? LOOK_AT_TRIES_MS : LOOK_AT_WORK_MS
}
