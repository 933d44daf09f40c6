import { Phrases } from './phrases.ts'
import { take, type Reading } from './reading.ts'
import type { Token } from './tokens.ts'
import { normalize, type Value } from './values.ts'
import { isProduct } from './versions.ts'

/** Whether a statement says that something is required, and of "must" what: alone it is an instruction. */
export function readRequirement(reading: Reading): 'required' | 'must' | undefined {
  const { tokens } = reading
  const isRequired = tokens.some(
    (_, index) => REQUIRED.at(tokens, index) !== undefined && !isDenied(tokens, index),
  )
  if (isRequired) return 'required'
  return MUST.isIn(reading.tokens) ? 'must' : undefined
}

/** "No credit card needed." */
function isDenied(tokens: readonly Token[], index: number): boolean {
  const before = tokens.slice(Math.max(0, index - 4), index)
  return before.some(({ lower }) => DENIALS.has(lower))
}

const DENIALS = new Set(['no', 'not', 'never', 'without', 'cannot', "don't"])

/** The things that a requirement names where it names no version: "Docker is required". */
export function findRequired(reading: Reading, text: string, how: 'required' | 'must'): Value[] {
  const { tokens, taken } = reading
  return tokens.flatMap((token, index): Value[] => {
    if (taken.has(index) || !isThing(token, index, how, text)) return []
    const next = tokens[index + 1]
    const isNumbered = next?.kind === 'number' && token.text === token.text.toUpperCase()
    const { text: name, at } = take(reading, index, isNumbered ? index + 1 : index)
    return [{ kind: 'requirement', text: name, at, normalized: normalize(name), name }]
  })
}

const REQUIRED = new Phrases([
  [
    'require, requires, required, requirement, requirements, prerequisite, prerequisites, mandatory, need, needs, needed, depends on',
    true,
  ],
])
const MUST = new Phrases([['must, shall, should', true]])

/** A name: of a known product, or written like one, or marked as code where it is said to be required. */
function isThing(token: Token, index: number, how: 'required' | 'must', text: string): boolean {
  const { kind, lower } = token
  if (kind !== 'word' || KEYWORDS.has(lower)) return false
  if (isProduct(lower)) return true
  const isMixed = /\p{Ll}\p{Lu}|\p{L}\p{N}/u.test(token.text)
  const isAcronym = token.text.length > 1 && token.text === token.text.toUpperCase()
  if (isMixed || isAcronym) return true
  if (how === 'must') return false
  return text.charAt(token.at - 1) === '`' || (index > 0 && /^\p{Lu}\p{Ll}/u.test(token.text))
}

/** Words that specifications write in capitals. */
const KEYWORDS = new Set(
  'must not shall should may required requires recommended optional never all only and or id ids api url ok'.split(
    ' ',
  ),
)
