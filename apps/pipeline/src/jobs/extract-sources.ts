import type { JobProgress } from '@techfacts/db'
import { UnreadableError } from '../extraction/reader.ts'
import { extractRequest } from '../schemas/job.ts'
import { readSources } from '../services/asked-sources.ts'
import {
  addUnchanged,
  completeExtraction,
  NONE,
  type Unchanged,
  type Unreadable,
} from '../services/extraction-results.ts'
import { readOrder, type ExtractionOrder } from '../services/extraction-orders.ts'
import { markUnreadable, type Attempt } from '../services/extraction-runs.ts'
import { reportProgress, type StartedJob } from '../services/job-attempts.ts'
import { extractSource, type ExtractionSettings } from './extract-source.ts'
import { demandUsableSchema } from './usable-schema.ts'

/**
 * Reads the sources of an extract job, one after the other, and goes on where an earlier attempt
 * stopped. No transaction is open while a chunk is read. A source that cannot be read at all is marked
 * and left out, so that the others are not lost with it; one that was read from the same input before keeps its run.
 *
 * @throws what makes the attempt fail; SupersededError where another one has begun
 */
export async function extractSources(
  settings: ExtractionSettings,
  { attempt, projectId, payload }: StartedJob,
  signal: AbortSignal,
): Promise<void> {
  const { database, threads } = settings
  const { profile, source_ids: ids } = extractRequest.parse(payload)
  const order = await readOrder(database, projectId, profile)
  await demandUsableSchema(threads, order.extractionSchema, signal)
  const asked = { jobId: attempt.jobId, projectId: order.projectId, ids, profile }
  const unreadable: Unreadable[] = []
  let unchanged = NONE
  let skipped = 0
  let progress: JobProgress = { done: 0, total: 0 }
  for await (const { content, total, ...source } of readSources(database, asked)) {
    if (content === null) skipped += 1
    else {
      const read = await tryToExtract(settings, attempt, { ...source, content }, order, signal)
      if (typeof read === 'string') unreadable.push({ source_id: source.id, reason: read })
      else if (read) unchanged = addUnchanged(unchanged, read)
    }
    progress = { done: progress.done + 1, total: total ?? progress.total }
    if (!source.isLast) await reportProgress(database, attempt, progress)
  }
  await completeExtraction(database, attempt, { skipped, unreadable, unchanged, progress })
}

/** What the run holds that was kept, or why the source cannot be read; undefined where it was read. */
async function tryToExtract(
  settings: ExtractionSettings,
  attempt: Attempt,
  source: Parameters<typeof extractSource>[2],
  order: ExtractionOrder,
  signal: AbortSignal,
): Promise<Unchanged | string | undefined> {
  try {
    return await extractSource(settings, attempt, source, order, signal)
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error
    await markUnreadable(settings.database, attempt, source.id)
    return error.message
  }
}
