import type { Token } from './tokens.ts'

/**
 * Phrases of words and symbols; `word*` is any word that begins so. A phrase is found by its first word,
 * so that finding all of them costs each token a bounded number of steps.
 */
export class Phrases<Meaning> {
  readonly #byFirst = new Map<string, Phrase<Meaning>[]>()
  readonly #byStem: Phrase<Meaning>[] = []

  constructor(meanings: readonly (readonly [phrases: string, meaning: Meaning])[]) {
    for (const [phrases, meaning] of meanings) {
      for (const phrase of phrases.split(', ')) this.#add(phrase.split(' '), meaning)
    }
  }

  /** The longest phrase that begins at `index`, with the index after its end. */
  at(tokens: readonly Token[], index: number): { meaning: Meaning; next: number } | undefined {
    const first = tokens[index]
    if (!first) return undefined
    let best: Phrase<Meaning> | undefined
    for (const known of [this.#byFirst.get(first.lower) ?? NONE, this.#byStem]) {
      for (const phrase of known) {
        if (phrase.words.length <= (best?.words.length ?? 0)) continue
        if (phrase.words.every((word, offset) => isWord(tokens[index + offset], word))) {
          best = phrase
        }
      }
    }
    return best && { meaning: best.meaning, next: index + best.words.length }
  }

  /** Whether one of the phrases stands anywhere in `tokens`. */
  isIn(tokens: readonly Token[]): boolean {
    return tokens.some((_, index) => this.at(tokens, index) !== undefined)
  }

  #add(words: readonly string[], meaning: Meaning): void {
    const [first = ''] = words
    const phrase = { words, meaning }
    if (first.endsWith('*')) this.#byStem.push(phrase)
    else this.#byFirst.set(first, [...(this.#byFirst.get(first) ?? []), phrase])
  }
}

const NONE: readonly never[] = []

type Phrase<Meaning> = { readonly words: readonly string[]; readonly meaning: Meaning }

function isWord(token: Token | undefined, word: string): boolean {
  if (!token) return false
  return word.endsWith('*') && word.length > 1
    ? token.lower.startsWith(word.slice(0, -1))
    : token.lower === word
}
