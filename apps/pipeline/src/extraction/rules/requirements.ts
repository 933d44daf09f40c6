import { Phrases } from './phrases.ts'
import { take, type Reading } from './reading.ts'
import type { Token } from './tokens.ts'
import { normalize, type Value } from './values.ts'
import { isProduct } from './versions.ts'

/** How a statement says that something is required. */
export type Requirement = {
  readonly how: 'required' | 'must'
  /** The tokens where the thing that is required stands. */
  readonly from: number
  readonly to: number
}

/** "requires X", "X is required", "must support X". Alone, "must" is an instruction. */
export function readRequirement({ tokens }: Reading): Requirement | undefined {
  for (let index = 0; index < tokens.length; index += 1) {
    const found = SAYS.at(tokens, index)
    if (!found || isDenied(tokens, index)) continue
    const { next, meaning } = found
    if (meaning === 'before') return { how: 'required', from: Math.max(0, index - NEAR), to: index }
    if (meaning === 'alone') return { how: 'must', from: next, to: next }
    if (tokens[next]?.lower === 'to') continue // "needs to" says what to do
    return { how: meaning, from: next, to: next + (meaning === 'must' ? 2 : NEAR) }
  }
  return undefined
}

const NEAR = 5
const SAYS = new Phrases<'before' | 'required' | 'must' | 'alone'>([
  ['require, requires, prerequisite, prerequisites, need, needs', 'required'],
  ['is required, are required, is needed, are needed, is mandatory, are mandatory', 'before'],
  ['must support, must use, must run, must have, must follow, must accept', 'must'],
  ['must', 'alone'],
])

/** "No credit card needed." */
function isDenied(tokens: readonly Token[], index: number): boolean {
  const before = tokens.slice(Math.max(0, index - 4), index)
  return before.some(({ lower }) => DENIALS.has(lower))
}

const DENIALS = new Set(['no', 'not', 'never', 'without', 'cannot', "don't", 'if', 'when'])

/** The things that a requirement names where it names no version: "Docker is required". */
export function findRequired(reading: Reading, text: string, requirement: Requirement): Value[] {
  const { tokens, taken } = reading
  const { how, from, to } = requirement
  const found: Value[] = []
  for (let index = from; index < to; index += 1) {
    const token = tokens[index]
    if (!token || ENDS.has(token.text)) break
    if (taken.has(index) || !isThing(token, index, how, text)) continue
    const next = tokens[index + 1]
    const isNumbered = next?.kind === 'number' && token.text === token.text.toUpperCase()
    const { text: name, at } = take(reading, index, isNumbered ? index + 1 : index)
    found.push({ kind: 'requirement', text: name, at, normalized: normalize(name), name })
  }
  return found
}

const ENDS = new Set(['.', ';', ':', '(', ')'])

/** A name: of a known product, or written like one, or marked as code where it is said to be required. */
function isThing(token: Token, index: number, how: 'required' | 'must', text: string): boolean {
  const { kind, lower } = token
  if (kind !== 'word' || KEYWORDS.has(lower)) return false
  if (isProduct(lower)) return true
  const isAcronym = token.text.length > 1 && token.text === token.text.toUpperCase()
  if (isAcronym || /^\p{Lu}.*\p{Ll}\p{Lu}|^\p{Lu}.*\p{N}/u.test(token.text)) return true
  if (how === 'must') return false
  return text.charAt(token.at - 1) === '`' || (index > 0 && /^\p{Lu}\p{Ll}/u.test(token.text))
}

/** Words that specifications write in capitals. */
const KEYWORDS = new Set(
  'must not shall should may required requires recommended optional never all only and or any id ids api apis url urls ok you your this the'.split(
    ' ',
  ),
)
