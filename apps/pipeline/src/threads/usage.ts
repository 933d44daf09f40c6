import type { Worker } from 'node:worker_threads'
import { WALL_CLOCK_FACTOR, type Budget, type Resource } from './overrun.ts'

/**
 * Looks at a thread from outside until it is told to stop, and reports once where it uses more than
 * `budget`. V8 answers for a thread also in the middle of its work, so one that never returns is seen.
 */
export function watchUsage(
  lane: { readonly threads: readonly Worker[] },
  budget: Budget,
  report: (resource: Resource) => void,
): () => void {
  const wallClock = setTimeout(report, budget.cpuSeconds * 1000 * WALL_CLOCK_FACTOR, 'time')
  /** Of the first look, not of the start: most tasks are over before it, and a look interrupts the thread. */
  let before: number | undefined
  // A look that a starting thread leaves unanswered must not keep the next one from being asked.
  const look = async () => {
    const [thread] = lane.threads
    if (!thread) return
    const [now, megabytes] = await Promise.all([cpuSeconds(thread), usedMegabytes(thread)])
    before ??= now
    if (megabytes > budget.megabytes) report('memory')
    else if (now - before > budget.cpuSeconds) report('time')
  }
  const interval = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS)
  return () => {
    clearTimeout(wallClock)
    clearInterval(interval)
  }
}

/** Often enough that a thread cannot fill the space between its budget and V8's limit in between. */
const LOOK_EVERY_MS = 100

async function cpuSeconds(thread: Worker): Promise<number> {
  const { user, system } = await thread.cpuUsage()
  return (user + system) / 1e6
}

async function usedMegabytes(thread: Worker): Promise<number> {
  const { used_heap_size: heap, external_memory: buffers } = await thread.getHeapStatistics()
  return (heap + buffers) / 1e6
}
