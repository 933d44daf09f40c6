import type { ChunkLimits } from './chunks.ts'
import { splitDocument, textOf } from './documents.ts'
import { readByRules, type PassageRequest } from './passages.ts'
import type { Reading } from './review.ts'

export type SmallDocument = Pick<PassageRequest, 'request'> & { readonly content: string }

/** Reads short documents by the rules, one after the other: undefined where one is not one chunk. */
export async function readSmallByRules(asked: {
  readonly documents: readonly SmallDocument[]
  readonly limits: ChunkLimits
}): Promise<(Reading | undefined)[]> {
  const readings: (Reading | undefined)[] = []
  for (const { content, request } of asked.documents) {
    const [passage, ...more] = splitDocument({ content, limits: asked.limits })
    const isOne = passage !== undefined && more.length === 0
    readings.push(
      isOne ? await readByRules({ passage, text: textOf(content, passage), request }) : undefined,
    )
  }
  return readings
}
