import type { FastifyBaseLogger } from 'fastify'
import type { Job } from 'pg-boss'
import type { Database } from './database.ts'
import type { ExtractionSettings } from './jobs/extract-source.ts'
import { describeError, isPermanent } from './jobs/failure.ts'
import type { JobWorks } from './jobs/job-works.ts'
import { Postponed } from './jobs/postponed.ts'
import { InterruptedError, trackAttempts } from './jobs/under-way.ts'
import type { Delivery } from './delivery.ts'
import { EXTRACT, EXTRACT_DEAD, type Enqueue, type Queue } from './queue.ts'
import { SupersededError, type Attempt } from './services/extraction-runs.ts'
import {
  beginAttempt,
  buryJob,
  endCancelled,
  failAttempt,
  failJob,
  releaseAttempt,
} from './services/job-attempts.ts'
import { workTogether } from './work-together.ts'

export type WorkerSettings = {
  readonly database: Database
  /** With what small jobs are done together; each is done alone where it is not there. */
  readonly extraction?: ExtractionSettings
  readonly works: JobWorks
  readonly enqueue: Enqueue
  readonly log: FastifyBaseLogger
}

/** Works on what the queue delivers: a job is begun, done by the work of its type, and ended or returned. */
export function createWorker(settings: WorkerSettings) {
  const { database, works, extraction, enqueue, log } = settings
  const attempts = trackAttempts(database, log)
  const workAlone = async ({ data, signal }: Job<Delivery>): Promise<void> => {
    const started = await beginAttempt(database, data)
    if (!started) return void (await endCancelled(database, data.job_id))
    const { attempt, type } = started
    const about = { job_id: attempt.jobId, type, attempt: attempt.number }
    log.info(about, 'job started')
    try {
      await attempts.run(attempt, signal, (either) => works[type](started, either))
      log.info(about, 'job completed')
    } catch (error) {
      await settle(settings, attempt, error)
    }
  }
  const handlers = {
    [EXTRACT]: extraction
      ? workTogether({
          ...settings,
          extraction,
          workAlone,
          stopSignal: attempts.stopSignal,
        })
      : workAlone,
    async [EXTRACT_DEAD]({ data }: Job<Delivery>): Promise<void> {
      const about = { job_id: data.job_id }
      const outcome = await buryJob(database, enqueue, data)
      if (outcome === 'dead') log.error(about, 'job dead')
      if (outcome === 'enqueued') log.warn(about, 'job enqueued again: it has attempts left')
    },
  }
  return { handlers, attempts }
}

/** The queue together with the worker on it. */
export function workOnJobs(queue: Queue, { attempts }: ReturnType<typeof createWorker>) {
  const giveBack = async () => {
    attempts.interrupt()
    await queue.drain()
    await attempts.abandon()
  }
  return {
    async start(): Promise<void> {
      attempts.resume()
      await queue.start()
    },
    /** Ends the work on jobs; they can still be enqueued. */
    giveBack,
    async stop(): Promise<void> {
      await giveBack()
      await queue.stop()
    },
  }
}

/** Says how an attempt ended that did not end well. @throws where the queue is to try the job again */
async function settle(
  { database, enqueue, log }: WorkerSettings,
  attempt: Attempt,
  error: unknown,
): Promise<void> {
  const about = { job_id: attempt.jobId, attempt: attempt.number }
  if (await endCancelled(database, attempt.jobId)) return log.info(about, 'job cancelled')
  if (error instanceof SupersededError) return log.warn(about, 'job attempt superseded')
  if (error instanceof InterruptedError) {
    await releaseAttempt(database, enqueue, attempt)
    return log.info(about, 'job returned to the queue')
  }
  const reason = describeError(error)
  if (error instanceof Postponed) {
    const { until: startAfter, resume } = error
    await releaseAttempt(database, enqueue, attempt, {
      reason,
      startAfter,
      ...(resume && { resume }),
    })
    return log.info({ ...about, until: startAfter }, 'job postponed')
  }
  log.error({ ...about, err: error }, 'job attempt failed')
  if (isPermanent(error)) return failJob(database, attempt, reason)
  await failAttempt(database, attempt, reason)
  throw error // pg-boss tries it again, or hands it to the dead
}
