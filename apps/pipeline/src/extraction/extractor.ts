import type { Chunk } from './chunks.ts'

/**
 * Reads one chunk of a document and says which facts it states. The built-in one works by rules; one
 * that asks a model fits the same shape. An extractor keeps nothing between calls and touches no
 * database: whoever calls it stores what it returns, and may call it again for the same chunk.
 */
export type Extractor = {
  /** Stored with every fact, so that a reader knows who says so. */
  readonly name: string
  /**
   * @throws when the chunk could not be read; the caller tries the job again later.
   * @throws the reason of `signal` once it is aborted.
   */
  extract(chunk: Chunk, request: ExtractionRequest, signal: AbortSignal): Promise<FoundFact[]>
}

export type ExtractionRequest = {
  /** The whole document that the chunk is a part of; offsets count in it. */
  readonly content: string
  readonly profile: ProfileRequest
  /** The shape that the project wants `data` to have. */
  readonly extractionSchema: object
  /** The kinds of entities that the project wants; none named means every kind. */
  readonly entityTypes: readonly string[]
}

export type ProfileRequest = {
  readonly name: string
  readonly categories: readonly string[]
  readonly promptFocus: string
  readonly depth: 'summary' | 'detailed' | 'comprehensive'
  readonly customInstructions: string | null
}

export type FoundFact = {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  /** Exactly `content.slice(start, end)`. */
  readonly quote: string
  readonly start: number
  readonly end: number
  readonly headingPath: readonly string[]
  /** From 0 to 1: the sum of its parts. */
  readonly confidence: number
  readonly confidenceParts: readonly ConfidencePart[]
  readonly entities: readonly FoundEntity[]
}

export type ConfidencePart = { readonly part: string; readonly points: number }

export type FoundEntity = {
  readonly type: string
  readonly value: string
  /** Equal for two spellings of the same thing. */
  readonly normalizedValue: string
}
