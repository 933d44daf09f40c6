import { setTimeout as sleep } from 'node:timers/promises'
import { isRetried } from '../session/connect.ts'
import { endIdleBlockers } from './end-blockers.ts'
import { explainGivingUp } from './give-up.ts'
import type { Hunt, Hunted, HuntContext } from './hunt.ts'
import { waitForTheWay } from './patience.ts'
import { watchHunt, type Watch } from './watch.ts'

/**
 * Waits for others without queueing, then tries, briefly, and again after a rest, until a try gets its locks
 * or the budget is spent. A deadlock and a serialization failure are tried again like a lock.
 * Throws LOCK_BUDGET_SPENT, and what a try throws for any other reason.
 */
export async function tryUntilLocked<T>(
  hunted: Hunted,
  context: HuntContext,
  hunt: Hunt,
  attempt: (tries: number) => Promise<T>,
): Promise<T> {
  const watch = watchHunt(hunted, context, hunt)
  try {
    for (;;) {
      const isFree = await waitForTheWay(hunted, context, hunt)
      // One last try costs nobody more than its lock timeout; a statement that has none is not begun.
      if (!isFree && hunted.mode === 'outside') throw explainGivingUp(hunted, hunt, watch.queue())
      hunt.tries += 1
      hunt.lastTry = performance.now()
      hunt.isTrying = true
      try {
        return await attempt(hunt.tries)
      } catch (error) {
        hunt.isTrying = false
        if (watch.hasCancelled()) throw explainGivingUp(hunted, hunt, watch.queue(), error)
        if (!isRetried(error)) throw error
        watch.hurry()
        await restBeforeNextTry(hunted, context, hunt, watch, error)
      }
    }
  } finally {
    await watch.stop()
  }
}

/** A short rest with jitter, in which the application gets its locks. */
async function restBeforeNextTry(
  hunted: Hunted,
  context: HuntContext,
  hunt: Hunt,
  watch: Watch,
  cause: unknown,
): Promise<void> {
  const left = context.session.limits.lockBudget - (performance.now() - hunt.started)
  if (left <= 0) throw explainGivingUp(hunted, hunt, watch.queue(), cause)
  // Of code, and of what a function locks, only its tries tell who is in the way.
  await endIdleBlockers(hunt.blockers, hunted, context, hunt.asked)
  await sleep(Math.min(200 + Math.random() * 300, left))
}
