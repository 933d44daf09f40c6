import { unpackPassage, type Passage } from './documents.ts'
import type { ExtractionRequest } from './extractor.ts'
import { reviewFacts, type Reading, type ReviewRequest } from './review.ts'
import { rulesExtractor } from './rules/rules-extractor.ts'
import { followInstructions } from './selection.ts'

/** What a thread needs to read one passage. `text` is its own text, not the document's. */
export type PassageRequest = {
  readonly passage: Passage
  readonly text: string
  readonly request: Omit<ExtractionRequest, 'content'> & ReviewRequest
}

/** Reads a passage by the rules. */
export async function readByRules(asked: PassageRequest): Promise<Reading> {
  const { passage, text, request } = asked
  const chunk = unpackPassage(passage)
  const never = new AbortController().signal // a thread is ended, not asked
  const found = await rulesExtractor.extract(chunk, { ...request, content: text }, never)
  const wanted = followInstructions(found, request.profile)
  return reviewFacts(wanted, chunk, request, passage.start)
}
