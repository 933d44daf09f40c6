import type { Job } from 'pg-boss'
import { inTransaction } from './database.ts'
import type { ExtractionSettings } from './jobs/extract-source.ts'
import { extractTogether } from './jobs/extract-together.ts'
import { ALONE, type Failures, type Others, type WorkOnOthers } from './take-others.ts'
import type { Delivery } from './delivery.ts'
import type { Enqueue } from './queue.ts'
import { enqueueAlone } from './services/job-attempts.ts'
import { findSmallJobs, type SmallJob } from './services/small-jobs.ts'

/** Small jobs that are worked on at once. More would gain little, and the longest of them makes the others wait. */
const MOST = 16

export type TogetherSettings = {
  readonly extraction: ExtractionSettings
  readonly enqueue: Enqueue
  readonly log: Log
  /** Aborted once the process stops. */
  readonly stopSignal: () => AbortSignal
  readonly workAlone: (delivery: Job<Delivery>) => Promise<void>
}

/**
 * Works on a delivery, and where its job is small, on others with it that wait and are small. To begin a job, to hand its text
 * over, and to send its statements takes longer than to read a short document; together they do it once.
 *
 * What cannot be done together is done alone, as if it had never been tried: a bad job costs itself only.
 */
export function workTogether(settings: TogetherSettings) {
  const { extraction, workAlone } = settings
  const isFast = extraction.reader.readTogether !== undefined
  return async (own: Job<Delivery>, workOnOthers: WorkOnOthers): Promise<void> => {
    const [first] = isFast ? await findSmall(settings, [own]) : []
    if (!first) return workAlone(own)
    let done = new Set<string>()
    await workOnOthers(MOST - 1, async (others) => {
      const small = await keepSmall(settings, others)
      done = await tryTogether(settings, [first, ...small])
      const left = new Set(small.map(({ jobId }) => jobId)).difference(done)
      return workOnEach(
        others.deliveries.filter(({ data }) => left.has(data.job_id)),
        workAlone,
      )
    })
    if (!done.has(first.jobId)) await workAlone(own)
  }
}

/** Of deliveries those that are small. What was tried before may be what ended its worker, so it is not; nor what returned to the queue. */
async function findSmall(
  { extraction, log }: TogetherSettings,
  deliveries: readonly Job<Delivery>[],
): Promise<SmallJob[]> {
  const fresh = deliveries.filter(
    ({ retryCount, groupId }) => retryCount === 0 && groupId !== ALONE,
  )
  const asked = fresh.map(({ data }) => data)
  return findSmallJobs(extraction.database, asked).catch((error: unknown) => {
    log.warn({ err: error, jobs: asked.length }, 'jobs cannot be looked at together')
    return []
  })
}

/** Keeps those that are small, and gives the others back. */
async function keepSmall(settings: TogetherSettings, others: Others): Promise<SmallJob[]> {
  const small = await findSmall(settings, others.deliveries)
  const ids = new Set(small.map(({ jobId }) => jobId))
  await giveBack(
    settings,
    others,
    others.deliveries.filter(({ data }) => !ids.has(data.job_id)),
  )
  return small
}

/** The ids of the jobs that are completed. */
async function tryTogether(
  { extraction, log, stopSignal }: TogetherSettings,
  jobs: readonly SmallJob[],
): Promise<Set<string>> {
  const done = await extractTogether(extraction, jobs, stopSignal()).catch((error: unknown) => {
    log.warn({ err: error, jobs: jobs.length }, 'jobs are done one by one')
    return new Set<string>()
  })
  for (const id of done) log.info({ job_id: id, type: 'extract', attempt: 1 }, 'job completed')
  return done
}

async function workOnEach(
  deliveries: readonly Job<Delivery>[],
  workAlone: TogetherSettings['workAlone'],
): Promise<Failures> {
  const failures = new Map<string, unknown>()
  for (const delivery of deliveries)
    await workAlone(delivery).catch((error: unknown) => failures.set(delivery.id, error))
  return failures
}

/** Enqueues again what is not small, to be taken alone: it would make the others wait. */
async function giveBack(
  { extraction, enqueue }: TogetherSettings,
  others: Others,
  some: readonly Job<Delivery>[],
): Promise<void> {
  if (some.length === 0) return
  await inTransaction(extraction.database, async (session) => {
    await others.end(session, some)
    for (const { data } of some) await enqueueAlone(session, enqueue, data)
  })
}

type Log = {
  info(about: object, message: string): void
  warn(about: object, message: string): void
}
