import { BOUNDS, cutToBounds, type Room } from './bounds.ts'
import type { Chunk } from './chunks.ts'
import type { FoundFact, ProfileRequest } from './extractor.ts'
import { compileSchema, type CheckData } from './json-schema.ts'
import { rankFacts, selectFacts } from './selection.ts'

/** What decides which of the facts that an extractor found in a chunk are stored. */
export type ReviewRequest = {
  readonly profile: ProfileRequest
  readonly extractionSchema: object
  readonly confidenceThreshold: number
  /** What the bounds of the source leave for this chunk. */
  readonly room: Room
}

/** What a chunk adds to its run. Offsets count in the document. */
export type Reading = {
  readonly facts: readonly FoundFact[]
  readonly rejects: readonly Reject[]
  /** All rejects, also those that are not kept. */
  readonly rejected: number
  /** Facts and entities that a bound left out. */
  readonly cut: number
}

/** Something that an extractor gave and that is no fact of the project. */
export type Reject = { readonly reason: string; readonly data: FoundFact['data'] | null }

/**
 * Keeps of the facts in a chunk what is its own, sure enough, as the project's schema wants it, asked
 * for by the profile, and within the bounds. `documentStart` is where the text begins that they count in.
 */
export function reviewFacts(
  found: readonly FoundFact[],
  chunk: Pick<Chunk, 'bodyStart' | 'end'>,
  request: ReviewRequest,
  documentStart: number,
): Reading {
  const { profile, confidenceThreshold, room } = request
  const check = compileSchema(request.extractionSchema)
  const accepted: FoundFact[] = []
  const rejects: Reject[] = []
  for (const fact of found) {
    const isOwn = fact.start >= chunk.bodyStart && fact.start < chunk.end
    if (!isOwn || fact.confidence < confidenceThreshold) continue
    const data = JSON.parse(JSON.stringify(fact.data)) as FoundFact['data'] // as it would be stored
    const reason = findProblem({ ...fact, data }, check)
    if (reason === undefined) accepted.push({ ...fact, data })
    else rejects.push({ reason, data })
  }
  const { facts, cut } = cutToBounds(rankFacts(selectFacts(accepted, profile), profile), room)
  const moved = facts.map((fact) => moveFact(fact, documentStart))
  return withRejects({ facts: moved, rejects: [], rejected: 0, cut }, rejects)
}

/** The same reading with more rejects, of which as many are kept as can be. */
export function withRejects(reading: Reading, more: readonly Reject[]): Reading {
  const kept = more.map(({ reason, data }) => {
    return {
      reason: reason.toWellFormed().replaceAll('\0', ' '),
      data: canStore(data) ? data : null,
    }
  })
  return {
    ...reading,
    rejects: [...reading.rejects, ...kept].slice(0, BOUNDS.rejectsPerChunk),
    rejected: reading.rejected + more.length,
  }
}

function findProblem(fact: FoundFact, check: CheckData): string | undefined {
  if (!isSmall(fact.data)) return `data has more than ${BOUNDS.bytesPerFact} bytes`
  if (!isStorable(fact)) return 'it has characters that a database cannot hold'
  return check(fact.data)
}

function canStore(data: unknown): boolean {
  return isSmall(data) && isStorable(data)
}

function isSmall(data: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(data)) <= BOUNDS.bytesPerFact
}

/** PostgreSQL's jsonb has neither the character 0 nor half of a surrogate pair. */
function isStorable(value: unknown): boolean {
  return !UNSTORABLE.test(JSON.stringify(value))
}

const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

function moveFact(fact: FoundFact, by: number): FoundFact {
  return { ...fact, start: fact.start + by, end: fact.end + by }
}
