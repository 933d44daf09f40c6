/** √5 − 2, a power of the golden ratio: its multiples are spread evenly, and in step with no number of variants. */
const STRIDE = Math.sqrt(5) - 2

/**
 * The cases of a list whose turn it is on one of several versions. Neighbours are often variants of one kind, in pairs or in
 * threes, so the places of one version are not in step with them. Of a long list the short form leaves most out.
 */
export function takeTurn<Case>(
  cases: readonly Case[],
  { turns, mine, onNewest }: Turn,
): readonly Case[] {
  const ofNewest = turns.filter((turn) => turn === turns[0]).length
  const wanted = ((onNewest ?? cases.length) * turns.length) / ofNewest
  const share = Math.min(1, wanted / cases.length)
  const taken = cases.filter((_, place) => {
    const at = ((place * STRIDE) % 1) / share
    return at < 1 && turns[Math.floor(at * turns.length)] === mine
  })
  // Of a long list no version goes without.
  if (taken.length > 0 || share === 1) return taken
  return cases.slice(-1)
}

/** Whose turns follow one another, and which is asked for. */
interface Turn {
  readonly turns: readonly number[]
  readonly mine: number
  /** So many cases of a long list the newest plays, whose turn is the first; its share of all where nothing is said. */
  readonly onNewest?: number | undefined
}
