import type { FoundFact, ProfileRequest } from './extractor.ts'

/**
 * What of the facts in a chunk a profile asks for, whoever found them. This is the one place where the
 * depth and the focus of a profile decide; confidences are not touched, since they say how likely a
 * fact is true, not how welcome.
 *
 * - `summary` keeps the best few under each heading: those that speak of the focus first, then the
 *   surest.
 * - `detailed` keeps every fact, once: of those that say exactly the same it keeps the surest.
 * - `comprehensive` keeps every mention.
 */
export function selectFacts(facts: readonly FoundFact[], profile: ProfileRequest): FoundFact[] {
  const ranked = rankFacts(facts, profile)
  if (profile.depth === 'comprehensive') return inOrder(ranked)
  const distinct = keepFirst(ranked, 1, ({ type, data }) => JSON.stringify([type, data]))
  if (profile.depth === 'detailed') return inOrder(distinct)
  return inOrder(keepFirst(distinct, SUMMARY_FACTS, ({ headingPath }) => headingPath.join('\n')))
}

const SUMMARY_FACTS = 3

/** The most welcome first: what is left out by a bound is taken from the end. */
export function rankFacts(facts: readonly FoundFact[], profile: ProfileRequest): FoundFact[] {
  const { customInstructions, promptFocus } = profile
  const focus = wordsOf(
    [promptFocus, ...readInstructions(customInstructions ?? '').wanted].join(' '),
  )
  const rank = new Map(
    facts.map((fact) => [fact, Number(speaksOf(fact, focus)) + fact.confidence] as const),
  )
  return facts.toSorted((one, other) => (rank.get(other) ?? 0) - (rank.get(one) ?? 0))
}

/**
 * Follows a profile's instructions as far as rules can: of a sentence that begins with a word like
 * "ignore" each fact is left out that speaks of one of its words, of one that begins with "only" each
 * that speaks of none. A model reads the instructions itself.
 */
export function followInstructions(
  facts: readonly FoundFact[],
  { customInstructions }: ProfileRequest,
): FoundFact[] {
  const { unwanted, only } = readInstructions(customInstructions ?? '')
  return facts.filter(
    (fact) =>
      !unwanted.some((sentence) => speaksOf(fact, wordsOf(sentence))) &&
      only.every((sentence) => speaksOf(fact, wordsOf(sentence))),
  )
}

type Instructions = {
  readonly unwanted: readonly string[]
  readonly only: readonly string[]
  readonly wanted: readonly string[]
}

function readInstructions(text: string): Instructions {
  const sentences = text.split(/[.!;\n]/).map((sentence) => sentence.trim())
  const unwanted = sentences.filter((sentence) => UNWANTED.test(sentence))
  const only = sentences.filter((sentence) => /^only\b/i.test(sentence))
  const wanted = sentences.filter((one) => !unwanted.includes(one))
  return { unwanted, only, wanted }
}

const UNWANTED =
  /^(?:ignore|skip|exclude|omit|leave out|(?:do not|don't|never) (?:extract|include|report|mention))\b/i

function speaksOf({ type, data, quote, headingPath }: FoundFact, words: ReadonlySet<string>) {
  if (words.size === 0) return false
  const { category } = data
  const own = typeof category === 'string' ? category : ''
  const said = wordsOf([type, own, quote, ...headingPath].join(' '))
  return !said.isDisjointFrom(words)
}

/** The words of a text that tell something, without their endings. */
function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []
  return new Set(words.filter((word) => !FILLERS.has(word)).map((word) => word.replace(ENDING, '')))
}

const ENDING = /(?:ing|ies|es|ed|s|y|e)$/
const FILLERS = new Set(
  `about all and any are dont each every exclude exact exactly extract fact facts for from has have
   ignore include into its leave mention must never not note omit only other out prefer report should
   skip such that the their them these they this those what when which with you your`.split(/\s+/),
)

function inOrder(facts: readonly FoundFact[]): FoundFact[] {
  return facts.toSorted((one, other) => one.start - other.start)
}

/** The first `most` of each group. */
function keepFirst(
  facts: readonly FoundFact[],
  most: number,
  groupOf: (fact: FoundFact) => string,
): FoundFact[] {
  const seen = new Map<string, number>()
  return facts.filter((fact) => {
    const group = groupOf(fact)
    const count = (seen.get(group) ?? 0) + 1
    seen.set(group, count)
    return count <= most
  })
}
