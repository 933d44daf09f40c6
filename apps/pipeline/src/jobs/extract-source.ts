import type { Database } from '../database.ts'
import type { Room } from '../extraction/bounds.ts'
import type { ChunkLimits } from '../extraction/chunks.ts'
import { textOf, type Passage } from '../extraction/documents.ts'
import type { ExtractionRequest } from '../extraction/extractor.ts'
import type { PassageRequest } from '../extraction/passages.ts'
import { UnreadableError, type ReadOptions, type Reader } from '../extraction/reader.ts'
import type { Reading } from '../extraction/review.ts'
import { makeCurrent, openRun, storeChunk, type Attempt } from '../services/extraction-runs.ts'
import type { Threads } from '../threads/pool.ts'

export type ExtractionSettings = {
  readonly database: Database
  readonly threads: Threads
  readonly reader: Reader
  readonly chunkLimits: ChunkLimits
  readonly confidenceThreshold: number
}

/** What a job asks of every source. */
export type ExtractionOrder = Omit<ExtractionRequest, 'content'> & {
  readonly projectId: string
  readonly schemaVersion: number
}

type Source = {
  readonly id: string
  readonly projectId: string
  readonly sourceGroup: string
  readonly content: string
}

/**
 * Reads one source, chunk by chunk, each once however often the job is tried.
 *
 * @throws UnreadableError where the source cannot even be split into chunks
 */
export async function extractSource(
  settings: ExtractionSettings,
  attempt: Attempt,
  source: Source,
  order: ExtractionOrder,
  signal: AbortSignal,
): Promise<void> {
  const { database, threads, reader, chunkLimits: limits, confidenceThreshold } = settings
  const { content } = source
  const about = `Source ${source.id}`
  const { md5, passages } = await threads.run('split', { content, limits }, { signal, about })
  const run = await openRun(database, attempt, source, {
    profile: order.profile.name,
    schemaVersion: order.schemaVersion,
    extractor: reader.name,
    input: [md5, source.sourceGroup, order, limits, confidenceThreshold, reader.name],
  })
  if (run.isCurrent) return
  let { room } = run
  for (const passage of passages.slice(run.chunksDone)) {
    signal.throwIfAborted()
    const request = { ...order, confidenceThreshold, room }
    const asked = { passage, text: textOf(content, passage), request }
    const reading = await readPassage(reader, asked, { signal, about: nameOf(passage, source) })
    await storeChunk(database, attempt, run, passage.index, reading)
    room = takeFrom(room, reading)
  }
  await makeCurrent(database, attempt, run, md5)
}

/**
 * A passage that cannot be read becomes a reject of its run, and the job goes on: the next try would
 * meet the same text, and what the rest of the document states is worth keeping.
 */
async function readPassage(
  reader: Reader,
  asked: PassageRequest,
  options: ReadOptions,
): ReturnType<Reader['read']> {
  try {
    return await reader.read(asked, options)
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error
    const { message: reason, usage } = error
    const rejects = [{ reason, data: null }]
    return { facts: [], rejects, rejected: 1, cut: 0, ...(usage && { usage }) }
  }
}

function nameOf({ index, headingPath }: Passage, { id }: Source): string {
  const under = headingPath.length > 0 ? ` (${headingPath.join(' / ').slice(0, 200)})` : ''
  return `Chunk ${index}${under} of source ${id}`
}

function takeFrom(room: Room, { facts }: Reading): Room {
  const entities = facts.reduce((sum, fact) => sum + fact.entities.length, 0)
  return { facts: room.facts - facts.length, entities: room.entities - entities }
}
