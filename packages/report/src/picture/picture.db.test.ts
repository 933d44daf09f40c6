import elkModule, { type ElkNode } from 'elkjs/lib/elk.bundled.js'
import { describe, expect, test, vi } from 'vitest'
import { readFacts, type Facts, type ForeignKey } from '../testing/database.ts'
import { readSvg, type Shown, type ShownBox } from '../testing/read-svg.ts'
import { makeDenseSchema, makeLargeSchema, SCHEMAS } from '../testing/schemas.ts'
import { drawSchema } from './index.ts'

const LARGE = { name: '150 tables', sql: makeLargeSchema(150) }
const DENSE = { name: '40 tables with 300 foreign keys', sql: makeDenseSchema(40, 9) }

describe.each([...SCHEMAS, LARGE, DENSE])('$name', async ({ sql }) => {
  const facts = await readFacts(sql)
  const { svg, graphs } = await drawWatched(facts.catalog)
  const shown = readSvg(svg)
  const boxes = [...shown.tables, ...shown.enums]

  test('what is laid out is the schema, once, and no more work than that of a small one', () => {
    expect(findExcess(graphs, facts)).toEqual([])
  })

  test('every table is in the picture once', () => {
    const identities = shown.tables.map(({ identity }) => identity)
    expect(identities.sort()).toEqual([...facts.tables].map(asAttribute).sort())
  })

  test('every column is a row of its table, or counted among those that are left out', () => {
    const rows = shown.tables.flatMap(({ rows }) => rows.flatMap(({ column }) => column ?? []))
    const expected = [...facts.columns].map(asAttribute)
    expect(expected).toEqual(expect.arrayContaining(rows))
    expect(new Set(rows).size).toBe(rows.length)
    expect(rows.length + countHidden(shown)).toBe(expected.length)
  })

  test('every foreign key is a line once, from the table that has it to the one that it refers to', () => {
    const lines = shown.lines.map(({ constraint, from, to }) => [constraint, from, to].join(' '))
    const expected = facts.foreignKeys.map(({ identity, from, to }) =>
      [identity, from, to].map(asAttribute).join(' '),
    )
    expect(lines.sort()).toEqual(expected.sort())
  })

  test('each line begins at the row of its column and ends at the row of the one referred to', () => {
    const off = shown.lines.filter(({ constraint, from, to, points }) => {
      const key = facts.foreignKeys.find(({ identity }) => asAttribute(identity) === constraint)
      const [start, end] = [points[0], points.at(-1)]
      const isAt = (table: string | null, column: string | undefined, point: typeof start) =>
        isAtRow(
          boxes.find((box) => box.identity === table),
          column,
          point,
        )
      return !isAt(from, columnOf(key, 'from'), start) || !isAt(to, columnOf(key, 'to'), end)
    })
    expect(off).toEqual([])
  })

  test('no two boxes overlap, and no line goes through one', () => {
    const overlaps = boxes.flatMap((box, index) =>
      boxes.slice(index + 1).filter((other) => meet(box, other)),
    )
    expect(overlaps).toEqual([])
    const through = shown.lines.flatMap(({ constraint, points }) =>
      points.slice(1).flatMap((point, index) => {
        const before = points[index] ?? point
        const piece = {
          x: Math.min(before[0], point[0]),
          y: Math.min(before[1], point[1]),
          width: Math.abs(before[0] - point[0]),
          height: Math.abs(before[1] - point[1]),
        }
        return boxes.filter((box) => meet(box, piece)).map((box) => [constraint, box.identity])
      }),
    )
    expect(through).toEqual([])
  })

  test('the same schema gives the same bytes, which refer to nothing outside', async () => {
    expect(await drawSchema({ catalog: facts.catalog, format: 'svg' })).toBe(svg)
    expect(svg).not.toMatch(
      /<script|<image|<use|<foreignObject|href=|url\(|@import|@font-face| on\w+=/i,
    )
  })
})

test('500 tables are no more work for each of their lines', { tags: 'long' }, async () => {
  const facts = await readFacts(makeLargeSchema(500))
  const { svg, graphs } = await drawWatched(facts.catalog)
  expect(facts.foreignKeys.length).toBeGreaterThan(500)
  expect(readSvg(svg).lines).toHaveLength(facts.foreignKeys.length)
  expect(findExcess(graphs, facts)).toEqual([])
})

/** A picture, and what was handed to the library that lays it out. */
async function drawWatched(catalog: Facts['catalog']) {
  const layout = vi.spyOn(elkModule.default.prototype, 'layout')
  const svg = await drawSchema({ catalog, format: 'svg' })
  const graphs = layout.mock.calls.map(([graph]) => graph as ElkNode)
  layout.mockRestore()
  return { svg, graphs }
}

/** With more lines the best placement of boxes, which compares each with each, takes minutes, or its stack ends. */
const MOST_LINES_AT_BEST = 400
const MOST_PASSES = 2

/** What is more than the schema has, or more work than a schema of that size may take. */
function findExcess(graphs: readonly ElkNode[], { tables, foreignKeys }: Facts): string[] {
  const nodes = graphs.flatMap(({ children = [] }) => children)
  const edges = graphs.flatMap(({ edges: own = [] }) => own)
  const ports = nodes.flatMap(({ ports: own = [] }) => own)
  const slow = graphs.filter(({ edges: own = [], layoutOptions = {} }) => {
    const isBest = layoutOptions['elk.layered.nodePlacement.strategy'] === 'NETWORK_SIMPLEX'
    const passes = Number(layoutOptions['elk.layered.thoroughness'] ?? Infinity)
    return isBest ? own.length > MOST_LINES_AT_BEST : passes > MOST_PASSES
  })
  return [
    ...(new Set(nodes.map(({ id }) => id)).size < nodes.length ? ['a table twice'] : []),
    ...(nodes.length > tables.length ? [`${nodes.length} tables`] : []),
    ...(edges.length === foreignKeys.length ? [] : [`${edges.length} foreign keys`]),
    ...(ports.length > 2 * edges.length ? [`${ports.length} ends of lines`] : []),
    ...slow.map(({ edges: own = [] }) => `${own.length} lines in the slow way`),
  ]
}

/** What XML cannot have is shown by a sign. */
function asAttribute(text: string): string {
  return text.replaceAll('\u0007', '␇').replaceAll('\u0001', '␁')
}

function countHidden({ tables }: Shown): number {
  const texts = tables.flatMap(({ rows }) => rows.flatMap(({ texts }) => texts))
  return texts.reduce((sum, text) => sum + Number(/^(\d+) more columns?$/.exec(text)?.[1] ?? 0), 0)
}

function columnOf(key: ForeignKey | undefined, end: 'from' | 'to'): string | undefined {
  return end === 'from' ? key?.columns[0] : key?.referenced[0]
}

function isAtRow(
  box: ShownBox | undefined,
  column: string | undefined,
  point: readonly [number, number] | undefined,
): boolean {
  if (!box || !point) return false
  const row = box.rows.find(({ texts }) => texts.includes(column ?? ''))
  const isAtSide = [box.x, box.x + box.width].some((x) => Math.abs(x - point[0]) < 0.2)
  return isAtSide && row !== undefined && Math.abs(row.y - point[1]) < 11
}

interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Whether they share more than an edge. */
function meet(a: Area, b: Area): boolean {
  const apart = 0.2
  return (
    a.x + apart < b.x + b.width &&
    b.x + apart < a.x + a.width &&
    a.y + apart < b.y + b.height &&
    b.y + apart < a.y + a.height
  )
}
