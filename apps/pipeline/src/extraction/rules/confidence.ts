import type { ConfidencePart } from '../extractor.ts'
import type { Statement } from '../outline.ts'
import type { CategoryMatch } from './categories.ts'
import type { Kind, Value } from './values.ts'

/**
 * How sure the rules are that a statement is the fact they take it for, as parts that a person can
 * check one by one. Points are hundredths; parts that do not apply are left out.
 */
export function explainConfidence(
  kind: Kind,
  statement: Statement,
  values: readonly Value[],
  match: CategoryMatch,
): { confidence: number; confidenceParts: ConfidencePart[] } {
  const parts: [part: string, points: number, applies: boolean][] = [
    [`states a ${kind}`, BASE[kind], true],
    ['names a value that can be compared', 10, values.length > 0],
    [`the kind belongs to ${match.category}`, 15, match.byKind],
    [`speaks of ${match.category}`, 10, match.byWords],
    [`stands under a heading about ${match.category}`, 5, match.byHeading],
    ['is a full sentence', 10, statement.in === 'prose' && isFullSentence(statement.plain)],
    ['is a row of a table', 5, statement.in === 'row'],
    ['is an example in code', -10, statement.in === 'code'],
    ['is hedged', -20, HEDGED.test(statement.plain)],
    ['is a question', -30, /\?\s*$/.test(statement.plain)],
  ]
  const confidenceParts = parts.flatMap(([part, points, applies]) =>
    applies ? [{ part, points: points / 100 }] : [],
  )
  const sum = parts.reduce((sum, [, points, applies]) => sum + (applies ? points : 0), 0)
  return { confidence: Math.min(100, Math.max(0, sum)) / 100, confidenceParts }
}

const BASE: Readonly<Record<Kind, number>> = {
  certification: 50,
  price: 50,
  endpoint: 50,
  limit: 45,
  requirement: 35,
  version: 40,
  quantity: 35,
}

/** Two words and a full stop. One pattern for all of it backtracks: its cost grows with the cube of the length. */
function isFullSentence(plain: string): boolean {
  const words = plain.matchAll(/\p{L}+/gu).take(2).toArray()
  return words.length === 2 && /[.!:]["')\]]?$/.test(plain)
}

const HEDGED =
  /(?<!\p{L})(?:may|might|could|about|approximately|around|roughly|usually|planned|coming soon|e\.g\.|for example|for instance|not (?:required|mandatory|necessary|need)|todo|tbd)(?!\p{L})/iu
