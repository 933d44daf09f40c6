/**
 * Who has the turn at a place in a list. Neighbours are often variants of one kind, in pairs or in threes, so it is not
 * the remainder of the place but the number of ones in its binary form: everyone gets some of each variant.
 */
export function turnOf<One>(place: number, all: readonly One[]): One | undefined {
  return all[place.toString(2).replaceAll('0', '').length % all.length]
}

/** So many cases of a list the suite plays on each version. */
const CASES_EACH = 8

/** √5 − 2, a power of the golden ratio: its multiples are spread evenly, and in step with no number of variants. */
const STRIDE = Math.sqrt(5) - 2

/** The short form of a list: of a long one so many, spread so that of each variant, in pairs or in threes, some are among them. */
export function shortForm<Case>(cases: readonly Case[], majors: number): readonly Case[] {
  const wanted = CASES_EACH * majors
  if (cases.length <= wanted) return cases
  return cases.filter((_, place) => (place * STRIDE) % 1 < wanted / cases.length)
}
