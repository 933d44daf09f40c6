/** What takes room. */
export interface Sized {
  readonly width: number
  readonly height: number
}

export type Placed<Item> = Item & { readonly x: number; readonly y: number }

export interface Packed<Item> extends Sized {
  readonly items: readonly Placed<Item>[]
}

/** Sets items in rows no wider than asked for, but for one that is itself wider. */
export function packRows<Item extends Sized>(
  items: readonly Item[],
  width: number,
  gap: number,
): Packed<Item> {
  const placed: Placed<Item>[] = []
  let [x, y, rowHeight, used] = [0, 0, 0, 0]
  for (const item of items) {
    if (x > 0 && x + item.width > width) [x, y, rowHeight] = [0, y + rowHeight + gap, 0]
    placed.push({ ...item, x, y })
    x += item.width + gap
    rowHeight = Math.max(rowHeight, item.height)
    used = Math.max(used, x - gap)
  }
  return { items: placed, width: used, height: y + rowHeight }
}

/** Sets items into columns of one width, each into the one that is shortest. */
export function packColumns<Item extends Sized>(
  items: readonly Item[],
  width: number,
  gap: number,
): Packed<Item> {
  const widest = Math.max(0, ...items.map((item) => item.width))
  const count = Math.max(1, Math.min(items.length, Math.floor((width + gap) / (widest + gap))))
  const heights = Array.from({ length: count }, () => 0)
  const placed = items.map((item) => {
    const y = Math.min(...heights)
    const column = heights.indexOf(y)
    heights[column] = y + item.height + gap
    return { ...item, x: column * (widest + gap), y }
  })
  const height = Math.max(0, Math.max(...heights) - gap)
  return { items: placed, width: count * (widest + gap) - gap, height }
}
