import { Phrases } from './phrases.ts'
import type { Token } from './tokens.ts'
import type { Bound } from './values.ts'

/** Where the bounds of a statement's numbers stand: by the index of the last token of each phrase. */
export type Bounds = ReadonlyMap<number, Hit>
type Hit = { readonly bound: Bound; readonly reach: number }

/** Finds every phrase that bounds a number after it. */
export function findBounds(tokens: readonly Token[]): Bounds {
  const hits = new Map<number, Hit>()
  for (let index = 0; index < tokens.length;) {
    const found = BEFORE.at(tokens, index)
    if (found) hits.set(found.next - 1, negated(tokens, index, found.meaning))
    index = found?.next ?? index + 1
  }
  return hits
}

/** The bound of the number that begins at `index`; of nothing, none. */
export function boundBefore(
  tokens: readonly Token[],
  bounds: Bounds,
  index: number,
): Bound | undefined {
  for (let distance = 0; distance < FAR; distance += 1) {
    const at = index - 1 - distance
    const hit = bounds.get(at)
    if (hit) return distance <= hit.reach ? hit.bound : undefined
    const token = tokens[at]
    if (!token || token.kind === 'number') return undefined
    if (ENDS.has(token.text) && !bounds.has(at - 1)) return undefined // "max." goes on
  }
  return undefined
}

/** The bound that is said after a number and its unit, with the index after it. */
export function boundAfter(tokens: readonly Token[], index: number) {
  return AFTER.at(tokens, index)
}

/** "not more than" is at most, "never falls below" at least. */
function negated(tokens: readonly Token[], index: number, hit: Hit): Hit {
  const flipped = FLIPPED[hit.bound]
  if (!flipped) return hit
  for (let at = index - 1; at >= 0 && at >= index - 4; at -= 1) {
    const token = tokens[at]
    if (!token || token.kind === 'number' || ENDS.has(token.text)) break
    if (NEGATIONS.has(token.lower)) return { ...hit, bound: flipped }
  }
  return hit
}

const FLIPPED: Readonly<Partial<Record<Bound, Bound>>> = { '>': '<=', '<': '>=' }
const NEGATIONS = new Set('not no never cannot nor neither without'.split(' '))
const ENDS = new Set([';', '.', '(', ')', ',', '?', '!'])

/** How many words can stand between a bound and its number: none to speak of, or "limit on open files is". */
const NEAR = 2
const FAR = 10

const BEFORE = new Phrases<Hit>([
  [
    'up to, at most, limited to, capped at, within, no later than, ≤, <=, a maximum of, a limit of, may send, may make, may use, may have, may create, can have, can make, can send, allows, allow, is allowed, are allowed, as many as',
    { bound: '<=', reach: NEAR },
  ],
  [
    'max*, maximum, limit, limits, quota, quotas, cap, ceiling, upper bound',
    { bound: '<=', reach: FAR },
  ],
  ['at least, from at least, ≥, >=, a minimum of, as little as', { bound: '>=', reach: NEAR }],
  ['min, minimum, minimal, lower bound', { bound: '>=', reach: FAR }],
  [
    'more than, over, above, greater than, larger than, longer than, higher than, bigger than, later than, older than, exceed, exceeds, exceeding, in excess of, beyond, >',
    { bound: '>', reach: NEAR },
  ],
  [
    'less than, under, below, fewer than, lower than, smaller than, shorter than, younger than, earlier than, <',
    { bound: '<', reach: NEAR },
  ],
])

const AFTER = new Phrases<Bound>([
  [
    'or more, or higher, or later, or newer, or above, or greater, or up, or over, or better, or longer, and above, and up, and later, and higher, and newer, and over, min, minimum, at least',
    '>=',
  ],
  [
    'or less, or fewer, or lower, or below, or earlier, or older, or shorter, and below, and older, max, maximum, at most',
    '<=',
  ],
])
