import { PermanentError } from '../permanent-error.ts'
import type { ChunkLimits } from './chunks.ts'
import type { PassageRequest } from './passages.ts'
import type { Reading } from './review.ts'
import type { SmallDocument } from './small-documents.ts'

/**
 * What a job reads documents with: the rules, or a model. It keeps nothing between calls, touches no
 * database, and never holds the thread that calls it.
 */
export type Reader = {
  /** Stored with every fact, so that a person knows who says so. */
  readonly name: string
  /**
   * @throws UnreadableError where this passage cannot be read, however often it is tried
   * @throws PermanentError where no passage can be read
   * @throws the reason of `signal` once it is aborted
   */
  read(asked: PassageRequest, options: ReadOptions): Promise<Reading & { readonly usage?: Usage }>
  /**
   * Reads short documents at once: undefined where one is not a single passage. Only a fast reader has it.
   *
   * @throws where any of them cannot be read
   */
  readTogether?(
    asked: { readonly documents: readonly SmallDocument[]; readonly limits: ChunkLimits },
    options: ReadOptions,
  ): Promise<(Reading | undefined)[]>
}

/** `about` names the passage in messages. */
export type ReadOptions = { readonly signal: AbortSignal; readonly about: string }

/** What asking a model took, over all tries. */
export type Usage = {
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** One document or passage cannot be read. The job goes on with the others: they are no worse for it. */
export class UnreadableError extends PermanentError {
  /** What it took to find out. */
  readonly usage: Usage | undefined

  constructor(message: string, usage?: Usage) {
    super(message)
    this.usage = usage
  }
}
