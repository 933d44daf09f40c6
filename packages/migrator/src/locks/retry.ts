import { setTimeout as sleep } from 'node:timers/promises'
import { isRetried } from '../session/connect.ts'
import { endIdleBlockers } from './end-blockers.ts'
import { lockBudgetSpent } from './give-up.ts'
import type { LockWait, LockRequest, LockWaitContext } from './lock-wait.ts'
import { waitForBlockers } from './wait-for-blockers.ts'
import { observeWait, type Watch } from './observer.ts'

/**
 * Waits for others without queueing, then tries, briefly, and again after a rest, until a try gets its locks
 * or the budget is spent. A deadlock and a serialization failure are tried again like a lock.
 * Throws LOCK_BUDGET_SPENT, and what a try throws for any other reason.
 */
export async function retryUntilLocked<T>(
  request: LockRequest,
  context: LockWaitContext,
  wait: LockWait,
  attempt: (tries: number) => Promise<T>,
): Promise<T> {
  const watch = observeWait(request, context, wait)
  try {
    for (;;) {
      const isFree = await waitForBlockers(request, context, wait)
      // One last try costs nobody more than its lock timeout; a statement that has none is not begun.
      if (!isFree && request.mode === 'outside') throw lockBudgetSpent(request, wait, watch.queue())
      wait.tries += 1
      wait.lastTry = performance.now()
      wait.isTrying = true
      try {
        return await attempt(wait.tries)
      } catch (error) {
        wait.isTrying = false
        if (watch.hasCancelled()) throw lockBudgetSpent(request, wait, watch.queue(), error)
        if (!isRetried(error)) throw error
        watch.lookOften()
        await restBeforeNextTry(request, context, wait, watch, error)
      }
    }
  } finally {
    await watch.stop()
  }
}

/** A short rest with jitter, in which the application gets its locks. */
async function restBeforeNextTry(
  request: LockRequest,
  context: LockWaitContext,
  wait: LockWait,
  watch: Watch,
  cause: unknown,
): Promise<void> {
  const left = context.session.limits.lockBudget - (performance.now() - wait.started)
  if (left <= 0) throw lockBudgetSpent(request, wait, watch.queue(), cause)
  // Of code, and of what a function locks, only its tries show the blockers.
  await endIdleBlockers(wait.blockers, request, context, wait.asked)
  await sleep(Math.min(200 + Math.random() * 300, left))
}
