/** What takes room. */
export interface Sized {
  readonly width: number
  readonly height: number
}

export type Placed<Item> = Item & { readonly x: number; readonly y: number }

/** What has room below some of its parts: none of its parts reaches outside of it. */
export interface Packable extends Sized {
  readonly parts: readonly Placed<Sized>[]
}

/** Sets items one after the other as high as they fit below what is there, then as far left, within a width. */
export function pack<Item extends Packable>(
  items: readonly Item[],
  width: number,
  gap: number,
): readonly Placed<Item>[] {
  const placed: Placed<Item>[] = []
  const taken: Placed<Sized>[] = []
  for (const item of items) {
    const edges = taken.map((part) => part.x + part.width + gap)
    const spots = [0, ...new Set(edges)]
      .filter((x) => x === 0 || x + item.width <= width)
      .map((x) => ({ x, y: findTop(taken, x, item.width, gap) }))
    const { x, y } = spots.reduce((best, spot) =>
      spot.y < best.y || (spot.y === best.y && spot.x < best.x) ? spot : best,
    )
    placed.push({ ...item, x, y })
    taken.push(...item.parts.map((part) => ({ ...part, x: part.x + x, y: part.y + y })))
  }
  return placed
}

/** How far down the room from `x` on is taken. */
function findTop(taken: readonly Placed<Sized>[], x: number, width: number, gap: number): number {
  const above = taken.filter((part) => part.x < x + width + gap && x < part.x + part.width + gap)
  return Math.max(0, ...above.map((part) => part.y + part.height + gap))
}
