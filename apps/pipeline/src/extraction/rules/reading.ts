import { findBounds, type Bounds } from './bounds.ts'
import { readTokens, type Token } from './tokens.ts'
import type { Value } from './values.ts'

/** A statement as the rules read it. What one rule has taken, the rules after it leave alone. */
export type Reading = {
  readonly plain: string
  readonly tokens: readonly Token[]
  readonly bounds: Bounds
  /** The indexes of the tokens that are part of a value. */
  readonly taken: Set<number>
}

export function openReading(plain: string): Reading {
  const tokens = readTokens(plain)
  return { plain, tokens, bounds: findBounds(tokens), taken: new Set() }
}

/** Takes the tokens from `first` to `last`, and says what is written there. */
export function take(reading: Reading, first: number, last: number): Pick<Value, 'text' | 'at'> {
  for (let index = first; index <= last; index += 1) reading.taken.add(index)
  const at = reading.tokens[first]?.at ?? 0
  return { text: reading.plain.slice(at, reading.tokens[last]?.end), at }
}

/** Takes the tokens of a piece of text that was found without them. */
export function takeText({ tokens, taken }: Reading, at: number, length: number): void {
  let low = 0
  for (let high = tokens.length; low < high;) {
    const middle = Math.floor((low + high) / 2)
    if ((tokens[middle]?.end ?? 0) > at) high = middle
    else low = middle + 1
  }
  for (let index = low; (tokens[index]?.at ?? Infinity) < at + length; index += 1) taken.add(index)
}
