import type { FoundFact } from './extractor.ts'

/** What a chunk may add to the database. Documents that people write stay far below. */
export const BOUNDS = {
  /** A chunk of the default size has about 250 sentences. */
  factsPerChunk: 500,
  /** One sentence that names more is a list, whose items belong to facts of their own. */
  entitiesPerFact: 50,
  /** All facts of a chunk as JSON: it is what the main thread must hold and send at once. */
  bytesPerChunk: 1_000_000,
  /** The data of one fact; a sentence and what it names need a tenth. */
  bytesPerFact: 16_384,
  /** Counted all, kept so many: enough to see what is wrong. */
  rejectsPerChunk: 100,
  /** What one document may add: pages of a search would show nothing else. */
  factsPerSource: 10_000,
  /** Links from its facts to entities. */
  entitiesPerSource: 50_000,
} as const

/** How many facts, and how many entities in them, there is room for. */
export type Room = { readonly facts: number; readonly entities: number }

export type Cut = { readonly facts: readonly FoundFact[]; readonly cut: number }

/** Keeps what there is room for, in order, and counts the facts and entities that it leaves out. */
export function cutToBounds(ranked: readonly FoundFact[], room: Room): Cut {
  const kept: FoundFact[] = []
  const most = Math.min(BOUNDS.factsPerChunk, room.facts)
  let cut = 0
  let bytes = 0
  let entitiesLeft = room.entities
  for (const fact of ranked) {
    const size = Buffer.byteLength(JSON.stringify(fact))
    if (kept.length >= most || bytes + size > BOUNDS.bytesPerChunk) {
      cut += 1
      continue
    }
    const entities = fact.entities.slice(0, Math.min(BOUNDS.entitiesPerFact, entitiesLeft))
    cut += fact.entities.length - entities.length
    entitiesLeft -= entities.length
    bytes += size
    kept.push({ ...fact, entities })
  }
  return { facts: kept.toSorted((one, other) => one.start - other.start), cut }
}
