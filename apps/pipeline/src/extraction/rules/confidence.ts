import type { ConfidencePart } from '../extractor.ts'
import type { Statement } from '../outline.ts'
import type { Doubt } from './doubts.ts'
import type { Kind, Value } from './values.ts'

/** What the rules know about a statement when they say how sure they are. */
export type Evidence = {
  readonly kind: Kind
  readonly values: readonly Value[]
  readonly doubts: ReadonlySet<Doubt>
  /** Only its numbers speak for it: no bound, range or period. */
  readonly isPlain: boolean
  /** It counts what is no unit and no part of software or devices: companies, reasons, brothers. */
  readonly isVague: boolean
}

/**
 * How sure the rules are that a statement is the fact they take it for, as parts that a person can
 * check one by one. Parts that do not apply are left out.
 */
export function explainConfidence(
  statement: Statement,
  { kind, values, doubts, isPlain, isVague }: Evidence,
): { confidence: number; confidenceParts: ConfidencePart[] } {
  const parts: [part: string, points: number, applies: boolean][] = [
    [`states a ${kind}`, BASE[kind], true],
    ['states a number and nothing about it', -10, isPlain],
    ['counts things of any kind', -70, isVague],
    ['states several values', -5, values.length > 1],
    ['is not a full sentence', -5, statement.in === 'prose' && !isFullSentence(statement.plain)],
    ['is an example in code', -10, statement.in === 'code'],
    ...DOUBTS.map(([doubt, part, points]): [string, number, boolean] => {
      const weight = ONLY_PLAIN.has(doubt) && !isPlain ? 0 : points
      return [part, weight, weight !== 0 && doubts.has(doubt)]
    }),
  ]
  const confidenceParts = parts.flatMap(([part, points, applies]) =>
    applies ? [{ part, points: points / 100 }] : [],
  )
  const sum = parts.reduce((sum, [, points, applies]) => sum + (applies ? points : 0), 0)
  return { confidence: Math.min(100, Math.max(0, sum)) / 100, confidenceParts }
}

/**
 * Hundredths, set so that each bin of facts is right as often as it says on the sentences of
 * apps/pipeline/corpus that the rules are tuned on; corpus.test.ts compares them on those that are held
 * out. Of what raises one of these doubts, no more than one in seven is a fact there.
 */
const BASE: Readonly<Record<Kind, number>> = {
  certification: 95,
  price: 95,
  endpoint: 95,
  limit: 95,
  requirement: 90,
  version: 90,
  date: 90,
  quantity: 95,
}

/** A bound or a period outweighs them: "Leave at least 10 cm of free space." */
const ONLY_PLAIN: ReadonlySet<Doubt> = new Set(['instruction', 'report'])

const DOUBTS: readonly (readonly [Doubt, string, number])[] = [
  ['question', 'is a question', -85],
  ['hedge', 'is hedged', -70],
  ['approximation', 'is an approximation', -25],
  ['example', 'is an example', -80],
  ['anecdote', 'tells a story', -75],
  ['report', 'reports what happened', -75],
  ['repair', 'is about a fault that was repaired', -70],
  ['instruction', 'tells the reader what to do', -75],
  ['promotion', 'advertises', -70],
  ['reference', 'speaks of a part of the document', -70],
]

/** Two words and a full stop. One pattern for all of it backtracks: its cost grows with the cube of the length. */
function isFullSentence(plain: string): boolean {
  const words = plain
    .matchAll(/\p{L}+/gu)
    .take(2)
    .toArray()
  return words.length === 2 && /[.!:]["')\]]?$/.test(plain)
}
