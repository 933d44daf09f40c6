import type { Box } from './box.ts'
import { splitComponents } from './components.ts'
import { layOut, type Block, type Line } from './elk.ts'
import type { Reference } from './model.ts'
import { packColumns, packRows, type Placed, type Sized } from './pack.ts'

/** Where everything is. */
export interface Layout extends Sized {
  readonly boxes: readonly Placed<Box>[]
  readonly lines: readonly Line[]
}

/** Between what no foreign key joins. */
const GAP = 44

/** Width to height: a screen's. */
const RATIO = 1.6

/** What foreign keys join is laid out by them; tables that none joins, and enums, are set below in columns. */
export async function arrange(
  boxes: readonly Box[],
  references: readonly Reference[],
): Promise<Layout> {
  const components = splitComponents(boxes, references)
  const joined = components.filter((one) => one.references.length > 0)
  const loose = components
    .filter((one) => one.references.length === 0)
    .flatMap((one) => one.boxes)
    .sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'table' ? -1 : 1))
  const blocks: Block[] = []
  for (const component of joined) blocks.push(await layOut(component))
  const width = chooseWidth([...blocks, ...loose])
  const top = packRows(blocks, width, GAP)
  const below = packColumns(loose, Math.max(width, top.width), GAP / 2)
  const belowY = top.items.length > 0 && loose.length > 0 ? top.height + GAP : top.height
  return {
    width: Math.max(top.width, below.width),
    height: belowY + below.height,
    boxes: [
      ...top.items.flatMap(({ x, y, boxes }) => boxes.map((box) => shift(box, x, y))),
      ...below.items.map((box) => shift(box, 0, belowY)),
    ],
    lines: top.items.flatMap(({ x, y, lines }) =>
      lines.map(({ reference, points }) => ({
        reference,
        points: points.map((point) => shift(point, x, y)),
      })),
    ),
  }
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
