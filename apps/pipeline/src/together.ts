import type { Job } from 'pg-boss'
import { inTransaction, type Database } from './database.ts'
import type { ExtractionSettings } from './jobs/extract-source.ts'
import { extractTogether } from './jobs/extract-together.ts'
import { ALONE, type Failures, type Others, type WorkOnOthers } from './others.ts'
import type { Delivery, Enqueue } from './queue.ts'
import { findQueued } from './services/job-attempts.ts'
import { findSmallJobs } from './services/small-jobs.ts'

/** Small jobs that are worked on at once. More would gain little, and the longest of them makes the others wait. */
const MOST = 16

export type TogetherSettings = {
  readonly extraction: ExtractionSettings
  readonly enqueue: Enqueue
  readonly log: Log
  /** Runs work on jobs of which no attempt has begun. */
  readonly runUnbegun: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>
  readonly workAlone: (delivery: Job<Delivery>) => Promise<void>
}

/**
 * Works on a delivery, and where its job is small, on others with it that wait and are small. To begin a job, to hand its text
 * over, and to send its statements takes longer than to read a short document; together they do it once.
 *
 * What cannot be done together is done alone, as if it had never been tried: a bad job costs itself only.
 */
export function workTogether(settings: TogetherSettings) {
  const { extraction, log, workAlone, runUnbegun } = settings
  const isFast = extraction.reader.readTogether !== undefined
  return async (own: Job<Delivery>, workOnOthers: WorkOnOthers): Promise<void> => {
    const [first] = isFast ? await findSmall(extraction.database, [own]) : []
    if (!first) return workAlone(own)
    let isDone = false
    await workOnOthers(MOST - 1, async (others) => {
      const small = await findSmall(extraction.database, others.deliveries)
      const ids = new Set(small.map(({ jobId }) => jobId))
      const isSmall = ({ data }: Job<Delivery>) => ids.has(data.job_id)
      await giveBack(
        settings,
        others,
        others.deliveries.filter((other) => !isSmall(other)),
      )
      const extract = (signal: AbortSignal) =>
        extractTogether(extraction, [first, ...small], signal)
      const done = await runUnbegun(extract).catch((error: unknown) => {
        log.warn({ err: error, jobs: small.length + 1 }, 'jobs are done one by one')
        return new Set<string>()
      })
      for (const id of done) log.info({ job_id: id, type: 'extract', attempt: 1 }, 'job completed')
      isDone = done.has(first.jobId)
      const left = others.deliveries.filter(
        (other) => isSmall(other) && !done.has(other.data.job_id),
      )
      return workOnEach(left, workAlone)
    })
    if (!isDone) await workAlone(own)
  }
}

/** A delivery that was tried before may be what ended its worker: it is worked on alone, also once it was given back. */
function findSmall(database: Database, deliveries: readonly Job<Delivery>[]) {
  const fresh = deliveries.filter(
    ({ retryCount, groupId }) => retryCount === 0 && groupId !== ALONE,
  )
  return findSmallJobs(
    database,
    fresh.map(({ data }) => data),
  )
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
    for (const { data } of some) {
      const job = await findQueued(session, data)
      const { resume } = data
      if (job) await enqueue(session, { ...job, isAlone: true, ...(resume && { resume }) })
    }
  })
}

type Log = {
  info(about: object, message: string): void
  warn(about: object, message: string): void
}
