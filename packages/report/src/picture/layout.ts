import type { Box } from './box.ts'
import { splitComponents, type Component } from './components.ts'
import { layOut, type Block, type Line, type Point } from './elk.ts'
import type { Reference } from './model.ts'
import { pack, type Packable, type Placed, type Sized } from './pack.ts'

/** Where everything is. */
export interface Layout extends Sized {
  readonly boxes: readonly Placed<Box>[]
  readonly lines: readonly Line[]
}

/** Between what no foreign key joins. */
const GAP = 40

/** Width to height: a screen's. */
const RATIO = 1.6

/** What foreign keys join is laid out by them, and the rest is set beside and below: tables that none joins, then enums. */
export async function arrange(
  boxes: readonly Box[],
  references: readonly Reference[],
): Promise<Layout> {
  const components = splitComponents(boxes, references)
  const blocks: (Block & Packable)[] = []
  for (const component of components.toSorted(byRank)) {
    const block = await layOut(component)
    blocks.push({ ...block, parts: [...block.boxes, ...block.lines.flatMap(coverLine)] })
  }
  const placed = pack(blocks, chooseWidth(blocks), GAP)
  return {
    width: Math.max(0, ...placed.map(({ x, width }) => x + width)),
    height: Math.max(0, ...placed.map(({ y, height }) => y + height)),
    boxes: placed.flatMap(({ x, y, boxes }) => boxes.map((box) => shift(box, x, y))),
    lines: placed.flatMap(({ x, y, lines }) =>
      lines.map(({ reference, points }) => ({
        reference,
        points: points.map((point) => shift(point, x, y)),
      })),
    ),
  }
}

function byRank(a: Component, b: Component): number {
  return rankOf(a) - rankOf(b)
}

function rankOf({ boxes, references }: Component): number {
  if (references.length > 0) return 0
  return boxes[0]?.kind === 'table' ? 1 : 2
}

function coverLine({ points }: Line): Placed<Sized>[] {
  return points.slice(1).map((point, index) => {
    const before: Point = points[index] ?? point
    return {
      x: Math.min(before.x, point.x),
      y: Math.min(before.y, point.y),
      width: Math.abs(before.x - point.x),
      height: Math.abs(before.y - point.y),
    }
  })
}

function chooseWidth(items: readonly Sized[]): number {
  const area = items.reduce((sum, { width, height }) => sum + (width + GAP) * (height + GAP), 0)
  return Math.max(Math.sqrt(area * RATIO), ...items.map(({ width }) => width))
}

function shift<Item extends { readonly x: number; readonly y: number }>(
  item: Item,
  x: number,
  y: number,
): Item {
  return { ...item, x: item.x + x, y: item.y + y }
}
