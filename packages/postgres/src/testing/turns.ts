/**
 * Who has the turn at a place in a list. Neighbours are often variants of one kind, in pairs or in threes, so it is not
 * the remainder of the place but the number of ones in its binary form: everyone gets some of each variant.
 */
export function turnOf<One>(place: number, all: readonly One[]): One | undefined {
  return all[place.toString(2).replaceAll('0', '').length % all.length]
}

/** More cases are a long list. */
const LONG = 36

const GOLDEN_RATIO = 0.618

/** The short form of a list: of a long one so many, spread so that of each variant, in pairs or in threes, some are among them. */
export function shortForm<Case>(cases: readonly Case[]): readonly Case[] {
  if (cases.length <= LONG) return cases
  return cases.filter((_, place) => (place * GOLDEN_RATIO) % 1 < LONG / cases.length)
}
