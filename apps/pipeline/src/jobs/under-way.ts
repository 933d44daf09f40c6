import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../database.ts'
import { SupersededError, type Attempt } from '../services/extraction-runs.ts'
import { failAttempt, findEndedAttempts } from '../services/job-attempts.ts'

/** How often a worker asks whether its jobs were cancelled: well within the heartbeat of 10 seconds. */
const WATCH_MILLISECONDS = 2000

/** The process stops: its jobs return to the queue. */
export class InterruptedError extends Error {}

/** The attempts that this process works on, each with what stops it. */
export function trackAttempts(database: Database, log: Log) {
  const underWay = new Map<AbortController, Attempt>()
  let stop = new AbortController()
  const watch = setInterval(() => {
    stopEnded(database, underWay).catch((error: unknown) => log.warn({ err: error }, 'watch'))
  }, WATCH_MILLISECONDS).unref()
  return {
    /** Runs `work` on an attempt. @throws why it was stopped, or what `work` throws */
    async run(attempt: Attempt, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>) {
      const controller = new AbortController()
      underWay.set(controller, attempt)
      const told = AbortSignal.any([controller.signal, stop.signal])
      try {
        await work(AbortSignal.any([signal, told]))
      } catch (error) {
        // What stopped it says more than what it then threw.
        throw told.aborted ? told.reason : error
      } finally {
        underWay.delete(controller)
      }
    },
    /** Aborted once the process stops. */
    stopSignal: () => stop.signal,
    resume(): void {
      stop = new AbortController()
    },
    interrupt(): void {
      stop.abort(new InterruptedError())
    },
    /** Shows as queued what did not stop: nothing more of it is stored, and the queue delivers it again. */
    async abandon(): Promise<void> {
      const left = [...underWay.values()].map((attempt) =>
        failAttempt(database, attempt, 'The service stopped before the work did.').catch(
          (error: unknown) => log.warn({ err: error }, 'job not returned to the queue'),
        ),
      )
      await Promise.race([Promise.all(left), sleep(2000, undefined, { ref: false })])
    },
    close(): void {
      clearInterval(watch)
    },
  }
}

/** Tells the work on attempts that are over to stop: cancelled ones, or begun again by another worker. */
async function stopEnded(database: Database, underWay: Map<AbortController, Attempt>) {
  if (underWay.size === 0) return
  const ended = new Set(await findEndedAttempts(database, [...underWay.values()]))
  for (const [controller, { jobId }] of underWay) {
    if (ended.has(jobId)) controller.abort(new SupersededError(`Job ${jobId} was ended.`))
  }
}

type Log = { warn(about: object, message: string): void }
