import { Piscina } from 'piscina'
import { TaskOverrunError, type Budget, type Resource } from './overrun.ts'
import type { Input, Output, TaskName } from './tasks.ts'
import { watchUsage } from './usage.ts'

export type Threads = {
  /**
   * Runs a task in a thread. `about` says what it reads, for the message of an overrun.
   *
   * @throws {@link TaskOverrunError} where it uses more than its budget: the thread is ended
   * @throws the reason of `signal` once it is aborted: the thread is ended too
   * @throws what the task throws
   */
  run<Name extends TaskName>(
    name: Name,
    input: Input<Name>,
    options: { readonly signal: AbortSignal; readonly about: string },
  ): Promise<Output<Name>>
  /** Ends what runs and what waits. */
  close(): Promise<void>
}

/**
 * Threads for work that may take long, so that HTTP, heartbeats and a stop never wait for it. They are
 * started when they are first needed, kept while there is work, and replaced where one was ended.
 */
export function createThreads(options: {
  readonly count: number
  readonly budget: Budget
}): Threads {
  const lanes = Array.from({ length: options.count }, openLane)
  const idle = createQueue(lanes)
  const closing = new AbortController()
  return {
    async run(name, input, { signal, about }) {
      const ended = AbortSignal.any([signal, closing.signal])
      const lane = await idle.take(ended)
      const overrun = new AbortController()
      const stopWatching = watchUsage(lane, options.budget, (resource) => overrun.abort(resource))
      try {
        const either = AbortSignal.any([ended, overrun.signal])
        return await lane.run({ name, input }, { name: 'perform', signal: either })
      } catch (error) {
        ended.throwIfAborted()
        const resource = overrun.signal.aborted
          ? (overrun.signal.reason as Resource)
          : resourceOf(error)
        throw resource ? new TaskOverrunError(about, resource, options.budget) : error
      } finally {
        stopWatching()
        idle.giveBack(lane)
      }
    },
    async close() {
      closing.abort(new Error('The service is stopping.'))
      await Promise.all(lanes.map((lane) => lane.destroy()))
    },
  }
}

/** A pool of one thread: what the thread uses is what the task uses that it runs. */
function openLane(): Piscina {
  const lane = new Piscina({
    filename: new URL('./thread.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: 60_000,
    // What reads documents has no use for the service's secrets. The variable is recheck's: no other program.
    env: { RECHECK_SYNC_BACKEND: 'pure' },
    resourceLimits: HARD_LIMITS,
  })
  lane.on('error', () => undefined) // of an idle thread: the next task gets another one
  return lane
}

/**
 * V8 ends a thread that reaches this limit, but aborts the whole process where one call of a built-in
 * function goes far beyond it. So the limit is far above the budget, which `watchUsage` enforces.
 */
const HARD_LIMITS = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 32 }

function resourceOf(error: unknown): Resource | undefined {
  const { code } = error as { code?: string }
  return code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : undefined
}

/** Lends each of `items` to one at a time, in the order in which they ask. */
function createQueue<T>(items: readonly T[]) {
  const free = [...items]
  const waiting = new Set<(item: T) => void>()
  return {
    async take(signal: AbortSignal): Promise<T> {
      signal.throwIfAborted()
      const item = free.pop()
      if (item !== undefined) return item
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      const giveUp = () => {
        waiting.delete(resolve)
        reject(signal.reason as Error)
      }
      waiting.add(resolve)
      signal.addEventListener('abort', giveUp, { once: true })
      return promise.finally(() => signal.removeEventListener('abort', giveUp))
    },
    giveBack(item: T): void {
      const [next] = waiting
      if (!next) free.push(item)
      else {
        waiting.delete(next)
        next(item)
      }
    },
  }
}
