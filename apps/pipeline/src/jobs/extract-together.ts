import { readOrder, type ExtractionOrder } from '../services/extraction-orders.ts'
import { NOTHING_DONE } from '../services/extraction-runs.ts'
import { storeSmallJobs, type SmallJob, type SmallRead } from '../services/small-jobs.ts'
import { hashInput, type ExtractionSettings } from './extract-source.ts'
import { demandUsableSchema } from './usable-schema.ts'

/** A small job with what it is asked for. */
type Asked = { readonly job: SmallJob; readonly order: ExtractionOrder; readonly inputHash: string }

/**
 * Does small jobs at once: one task of a thread reads their documents, and one transaction stores what they state and
 * completes the jobs. Until then nothing is written, so that whatever goes wrong each can still be done alone.
 *
 * @returns the ids of those that are completed; to be done alone are those that are read in more than one chunk, or were read before
 * @throws where one of them cannot be done: none is
 */
export async function extractTogether(
  settings: ExtractionSettings,
  jobs: readonly SmallJob[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const asked = await orderAll(settings, jobs, signal)
  const read = await readAll(settings, asked, signal)
  signal.throwIfAborted()
  if (read.length > 0) await storeSmallJobs(settings.database, read)
  return new Set(read.map(({ attempt }) => attempt.jobId))
}

/** Those that are not read yet, each source once: of two runs over a source the second replaces the first. */
async function orderAll(
  settings: ExtractionSettings,
  jobs: readonly SmallJob[],
  signal: AbortSignal,
): Promise<Asked[]> {
  const orders = new Map<string, ExtractionOrder>()
  const sources = new Map<string, Asked>()
  for (const job of jobs) {
    const key = `${job.projectId} ${job.profile}`
    const order =
      orders.get(key) ?? (await readOrder(settings.database, job.projectId, job.profile))
    orders.set(key, order)
    const inputHash = hashInput(settings, job, order)
    if (inputHash !== job.runHash && !sources.has(job.sourceId))
      sources.set(job.sourceId, { job, order, inputHash })
  }
  for (const { extractionSchema } of orders.values())
    await demandUsableSchema(settings.threads, extractionSchema, signal)
  return [...sources.values()]
}

async function readAll(
  settings: ExtractionSettings,
  asked: readonly Asked[],
  signal: AbortSignal,
): Promise<SmallRead[]> {
  const { reader, chunkLimits: limits, confidenceThreshold } = settings
  const { room } = NOTHING_DONE
  const documents = asked.map(({ job: { content }, order }) => {
    return { content, request: { ...order, confidenceThreshold, room } }
  })
  const about = `Each of ${documents.length} small documents`
  const readings = await reader.readTogether?.({ documents, limits }, { signal, about })
  return asked.flatMap(({ job, order, inputHash }, index) => {
    const reading = readings?.[index]
    const { jobId, since, ...source } = job
    const { schemaVersion } = order
    const run = { ...source, schemaVersion, extractor: reader.name, inputHash }
    return reading ? [{ attempt: { jobId, number: 0 }, run, reading, since }] : []
  })
}
