/** A word, number or symbol of a statement. The rules read tokens, one after the other: each is looked at a bounded number of times. */
export type Token = {
  readonly kind: 'word' | 'number' | 'symbol'
  readonly text: string
  readonly lower: string
  readonly at: number
  readonly end: number
  /** Nothing stands between it and the token before. */
  readonly isGlued: boolean
}

export function readTokens(plain: string): Token[] {
  let before = -1
  return [...plain.matchAll(TOKEN)].map(({ 0: text, index: at, groups }) => {
    const isGlued = at === before
    before = at + text.length
    const kind = groups?.['number'] ? 'number' : groups?.['word'] ? 'word' : 'symbol'
    return { kind, text, lower: text.toLowerCase(), at, end: before, isGlued }
  })
}

/** Every blank ends a token, and every character that is none belongs to exactly one. */
const TOKEN =
  /(?<number>\d+(?:[.,]\d+)*(?:[eE][-+−]?\d+|\.x)?)|(?<word>°?\p{L}[\p{L}\p{M}\p{N}]*(?:[._'’-][\p{L}\p{N}]+)*)|[<>]=|[-=]>|\S/gu
