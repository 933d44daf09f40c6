import type { FastifyBaseLogger } from 'fastify'
import type { Job } from 'pg-boss'
import { extractSources, type ExtractionSettings } from './jobs/extract-sources.ts'
import { EXTRACT, EXTRACT_DEAD, type Delivery } from './queue.ts'
import { SupersededError } from './services/extraction-runs.ts'
import { beginAttempt, buryJob, failAttempt } from './services/job-attempts.ts'

/** The handler of each queue. */
export function jobHandlers(settings: ExtractionSettings, log: FastifyBaseLogger) {
  const { database } = settings
  return {
    async [EXTRACT](delivery: Job<Delivery>): Promise<void> {
      const jobId = delivery.data.job_id
      const started = await beginAttempt(database, jobId)
      if (!started) return
      const about = { job_id: jobId, attempt: started.attempt.number }
      log.info(about, 'job started')
      try {
        await extractSources(settings, started, delivery.signal)
        log.info(about, 'job completed')
      } catch (error) {
        log.error({ ...about, err: error }, 'job attempt failed')
        if (!(error instanceof SupersededError)) {
          await failAttempt(database, started.attempt, describeError(error))
        }
        throw error // pg-boss tries it again, or hands it to the dead
      }
    },
    async [EXTRACT_DEAD](delivery: Job<Delivery>): Promise<void> {
      await buryJob(database, delivery.data.job_id)
      log.error({ job_id: delivery.data.job_id }, 'job dead')
    },
  }
}

function describeError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.slice(0, 2000)
}
