import { z } from 'zod'
import { unpackPassage } from '../documents.ts'
import type { FoundEntity, FoundFact } from '../extractor.ts'
import type { PassageRequest } from '../passages.ts'
import { reviewFacts, withRejects, type Reading, type Reject } from '../review.ts'
import { normalize } from '../rules/values.ts'
import { findQuote } from './quotes.ts'

/**
 * Reads what a model answered for a passage. A fact counts only with a quote that is in the passage's
 * own text: what is invented is a reject, and so is whatever is no fact at all. In a thread: answers
 * are long, and strangers decide what is in them.
 */
export function readAnswer(asked: PassageRequest & { readonly answer: string }): Answer {
  const answer = parseAnswer(asked.answer)
  if (!answer) return { isMalformed: true }
  const { passage, text, request } = asked
  const chunk = unpackPassage(passage)
  const facts: FoundFact[] = []
  const rejects: Reject[] = []
  for (const item of answer.facts) {
    const fact = readFact(item, text, chunk.bodyStart)
    if ('reason' in fact) {
      rejects.push(fact)
      continue
    }
    const statement = chunk.statements.findLast(({ start }) => start <= fact.start)
    facts.push({ ...fact, headingPath: statement?.headingPath ?? chunk.headingPath })
  }
  const wanted = facts.map((fact) => keepTypes(fact, request.entityTypes))
  return { reading: withRejects(reviewFacts(wanted, chunk, request, passage.start), rejects) }
}

export type Answer = { readonly reading: Reading } | { readonly isMalformed: true }

const answerShape = z.object({ facts: z.array(z.unknown()) })

const factShape = z.object({
  type: z.string().trim().min(1).max(100),
  quote: z.string(),
  confidence: z.number().min(0).max(1),
  data: z.record(z.string(), z.unknown()),
  entities: z
    .array(z.object({ type: z.string().min(1).max(100), value: z.string().trim().min(1).max(500) }))
    .default([]),
})

function parseAnswer(text: string): z.output<typeof answerShape> | undefined {
  try {
    return answerShape.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function readFact(item: unknown, text: string, bodyStart: number): FoundFact | Reject {
  const { data: found, error } = factShape.safeParse(item)
  if (!found) {
    const [issue] = error.issues
    return { reason: `no fact: ${issue?.path.join('.')} ${issue?.message}`, data: null }
  }
  const { type, confidence, data } = found
  const place = findQuote(text, bodyStart, found.quote)
  if (!place) {
    const quote = found.quote.slice(0, 200)
    return { reason: `its quote is not in the document: ${JSON.stringify(quote)}`, data }
  }
  const quote = text.slice(place.start, place.end)
  return {
    type,
    data,
    quote,
    ...place,
    confidence,
    headingPath: [],
    confidenceParts: [{ part: 'the model says so', points: confidence }],
    entities: found.entities.flatMap((entity) => readEntity(entity, quote)),
  }
}

/** An entity counts only where the quote names it. */
function readEntity(
  { type, value }: { type: string; value: string },
  quote: string,
): FoundEntity[] {
  const normalizedValue = normalize(value)
  return normalize(quote).includes(normalizedValue) ? [{ type, value, normalizedValue }] : []
}

function keepTypes(fact: FoundFact, types: readonly string[]): FoundFact {
  if (types.length === 0) return fact
  return { ...fact, entities: fact.entities.filter(({ type }) => types.includes(type)) }
}
