import { createHash } from 'node:crypto'
import type { Database } from '../database.ts'
import type { Room } from '../extraction/bounds.ts'
import type { ChunkLimits } from '../extraction/chunks.ts'
import { textOf, type Passage } from '../extraction/documents.ts'
import type { PassageRequest } from '../extraction/passages.ts'
import { UnreadableError, type ReadOptions, type Reader } from '../extraction/reader.ts'
import type { Reading } from '../extraction/review.ts'
import { EXTRACTION_VERSION } from '../extraction/version.ts'
import type { AskedSource } from '../services/asked-sources.ts'
import type { ExtractionOrder } from '../services/extraction-orders.ts'
import type { Unchanged } from '../services/extraction-results.ts'
import {
  markRead,
  resumeRun,
  storeChunk,
  storeEnd,
  type Attempt,
  type Run,
} from '../services/extraction-runs.ts'
import type { Threads } from '../threads/pool.ts'

export type ExtractionSettings = {
  readonly database: Database
  readonly threads: Threads
  readonly reader: Reader
  readonly chunkLimits: ChunkLimits
  readonly confidenceThreshold: number
}

type Source = AskedSource & { readonly content: string }

/**
 * Reads one source, chunk by chunk, each once however often the job is tried. Where the run that holds for it came from
 * the same input, that run is kept with its rows, and what it holds is returned.
 *
 * @throws UnreadableError where the source cannot even be split into chunks
 */
export async function extractSource(
  settings: ExtractionSettings,
  attempt: Attempt,
  source: Source,
  order: ExtractionOrder,
  signal: AbortSignal,
): Promise<Unchanged | undefined> {
  const { database, threads, reader, chunkLimits: limits } = settings
  const { content } = source
  const inputHash = hashInput(settings, source, order)
  const unchanged = findUnchanged(source, attempt, inputHash)
  if (unchanged) {
    if (source.status !== 'extracted') await markRead(database, attempt, source)
    return unchanged
  }
  if (source.isDone) return undefined
  const about = `Source ${source.id}`
  const passages = await threads.run('split', { content, limits }, { signal, about })
  const run: Run = {
    projectId: source.projectId,
    sourceId: source.id,
    sourceGroup: source.sourceGroup,
    md5: source.md5,
    profile: order.profile.name,
    schemaVersion: order.schemaVersion,
    extractor: reader.name,
    inputHash,
  }
  await readPassages(settings, attempt, { source, order, run, passages }, signal)
  return undefined
}

/** Reads and stores the passages that no earlier attempt has stored. */
async function readPassages(
  settings: ExtractionSettings,
  attempt: Attempt,
  asked: {
    readonly source: Source
    readonly order: ExtractionOrder
    readonly run: Run
    readonly passages: readonly Passage[]
  },
  signal: AbortSignal,
): Promise<void> {
  const { database, reader, confidenceThreshold } = settings
  const { source, order, run, passages } = asked
  const { chunksDone, room: whole } = await resumeRun(database, attempt, source, run.inputHash)
  const left = passages.slice(chunksDone)
  let room = whole
  for (const passage of left) {
    signal.throwIfAborted()
    const request = { ...order, confidenceThreshold, room }
    const piece = { passage, text: textOf(source.content, passage), request }
    const reading = await readPassage(reader, piece, { signal, about: nameOf(passage, source) })
    const isLast = passage === left.at(-1)
    await storeChunk(database, attempt, run, { index: passage.index, isLast, reading })
    room = takeFrom(room, reading)
  }
  // An empty document; or a build before this one stored its last chunk and came no further.
  if (left.length === 0) await storeEnd(database, attempt, run, chunksDone)
}

/** Of all that decides what is found; the content by its own hash. */
export function hashInput(
  { reader, chunkLimits, confidenceThreshold }: ExtractionSettings,
  { md5, sourceGroup }: Pick<Source, 'md5' | 'sourceGroup'>,
  order: ExtractionOrder,
): string {
  const found = [order, chunkLimits, confidenceThreshold, reader.name, EXTRACTION_VERSION]
  return createHash('sha256')
    .update(JSON.stringify([md5, sourceGroup, ...found]))
    .digest('hex')
}

/** What the run of another job holds, where it came from the same input. */
function findUnchanged(source: Source, attempt: Attempt, hash: string): Unchanged | undefined {
  if (source.runHash !== hash || source.runJobId === attempt.jobId) return undefined
  const { extractions, rejected, cut } = source
  return { sources: 1, extractions: extractions ?? 0, rejected: rejected ?? 0, cut: cut ?? 0 }
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
