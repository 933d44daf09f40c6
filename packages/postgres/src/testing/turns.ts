/**
 * Who has the turn at a place in a list. Neighbours are often variants of one kind, in pairs or in threes, so it is not
 * the remainder of the place but the number of ones in its binary form: everyone gets some of each variant.
 */
export function turnOf<One>(place: number, all: readonly One[]): One | undefined {
  return all[place.toString(2).replaceAll('0', '').length % all.length]
}
