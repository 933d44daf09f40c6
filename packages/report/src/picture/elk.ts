import elkModule, {
  type ElkExtendedEdge,
  type ElkNode,
  type ElkPort,
} from 'elkjs/lib/elk.bundled.js'
import { findRowMiddle, type Box } from './box.ts'
import { MANY } from './detail.ts'
import type { Component } from './components.ts'
import type { Reference } from './model.ts'
import type { Placed, Sized } from './pack.ts'

/** Where the boxes and the lines of one component are. */
export interface Block extends Sized {
  readonly boxes: readonly Placed<Box>[]
  readonly lines: readonly Line[]
}

/** A foreign key's way, from the table that has it to the one that it refers to. */
export interface Line {
  readonly reference: Reference
  readonly points: readonly Point[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.padding': '[top=0,left=0,bottom=0,right=0]',
  'elk.randomSeed': '1',
  'elk.spacing.nodeSelfLoop': '26',
  'elk.layered.crossingMinimization.greedySwitch.activationThreshold': '0',
}

const ROOMY = {
  'elk.spacing.nodeNode': '34',
  'elk.spacing.edgeNode': '20',
  'elk.spacing.edgeEdge': '11',
  'elk.layered.spacing.nodeNodeBetweenLayers': '60',
  'elk.layered.spacing.edgeNodeBetweenLayers': '26',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '11',
}

/** For many tables: a picture that is not so large, in half the time. */
const TIGHT = {
  'elk.spacing.nodeNode': '20',
  'elk.spacing.edgeNode': '12',
  'elk.spacing.edgeEdge': '7',
  'elk.layered.spacing.nodeNodeBetweenLayers': '52',
  'elk.layered.spacing.edgeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '6',
  'elk.layered.thoroughness': '2',
}

/** The straightest lines. Its time grows with the square of the lines, and with many of them its stack ends. */
const STRAIGHT = { 'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX' }
const QUICK = { 'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF', ...TIGHT }

function chooseOptions({ boxes, references }: Component) {
  const lines = references.length
  if (lines > 400 || (lines > 100 && lines > boxes.length * 2.5)) return QUICK
  return { ...STRAIGHT, ...(boxes.length > MANY ? TIGHT : ROOMY) }
}

/** What a table refers to is left of it, as far as no circle of foreign keys forbids it. */
export async function layOut(component: Component): Promise<Block> {
  const { boxes, references } = component
  const [only] = boxes
  if (only && references.length === 0) return standAlone(only)
  const backwards = findBackwards(references)
  const edges = references.map((reference) => toEdge(reference, backwards.has(reference)))
  const children = boxes.map((box) => toNode(box, edges))
  const elk = new elkModule.default()
  const graph: ElkNode = {
    id: 'root',
    layoutOptions: { ...OPTIONS, ...chooseOptions(component) },
    children,
    edges: edges.map(({ edge }) => edge),
  }
  const laid: ElkNode = await elk.layout(graph)
  return {
    width: laid.width ?? 0,
    height: laid.height ?? 0,
    boxes: boxes.map((box, index) => {
      const { x = 0, y = 0 } = laid.children?.[index] ?? {}
      return { ...box, x, y }
    }),
    lines: edges.map(({ reference, isReversed }, index) => ({
      reference,
      points: readPoints(laid.edges?.[index], isReversed),
    })),
  }
}

function standAlone(box: Box): Block {
  return { width: box.width, height: box.height, boxes: [{ ...box, x: 0, y: 0 }], lines: [] }
}

interface Edge {
  readonly reference: Reference
  /** From what is referred to, to the foreign key. */
  readonly isReversed: boolean
  readonly ends: readonly [End, End]
  readonly edge: ElkExtendedEdge
}

interface End {
  readonly table: string
  readonly column: string | undefined
  readonly side: 'EAST' | 'WEST'
  /** What is drawn at this end: lines that end alike share it, others end beside it. */
  readonly mark: 'one' | 'many' | 'maybe' | 'must'
}

function toEdge(reference: Reference, isBackwards: boolean): Edge {
  const { identity, from, to, columns, referencedColumns } = reference
  const isToItself = from === to
  const child: End = {
    table: from,
    column: columns[0],
    side: isBackwards || isToItself ? 'EAST' : 'WEST',
    mark: reference.isUnique ? 'one' : 'many',
  }
  const parent: End = {
    table: to,
    column: referencedColumns[0],
    side: isBackwards ? 'WEST' : 'EAST',
    mark: reference.isOptional ? 'maybe' : 'must',
  }
  const ends: readonly [End, End] = isBackwards ? [child, parent] : [parent, child]
  const [source, target] = ends.map(toPortId)
  return {
    reference,
    isReversed: !isBackwards,
    ends,
    edge: { id: identity, sources: [source ?? ''], targets: [target ?? ''] },
  }
}

function toPortId({ table, column, side, mark }: End): string {
  return JSON.stringify([table, side, column, mark])
}

function toNode(box: Box, edges: readonly Edge[]): ElkNode {
  const own = edges.flatMap(({ ends }) => ends).filter(({ table }) => table === box.identity)
  const distinct = [...new Map(own.map((end) => [toPortId(end), end])).values()]
  const rows = Map.groupBy(distinct, ({ side, column }) => JSON.stringify([side, column]))
  return {
    id: box.identity,
    width: box.width,
    height: box.height,
    ports: [...rows.values()].flatMap((ends) =>
      ends.map((end, index) => toPort(end, box, index - (ends.length - 1) / 2)),
    ),
    layoutOptions: { 'elk.portConstraints': 'FIXED_POS' },
  }
}

/** How far apart the ends at one row are. */
const APART = 6

function toPort(end: End, box: Box, place: number): ElkPort {
  return {
    id: toPortId(end),
    x: end.side === 'EAST' ? box.width : 0,
    y: findRowMiddle(box, end.column) + place * APART,
    width: 0,
    height: 0,
    layoutOptions: { 'elk.port.side': end.side },
  }
}

/** From the foreign key to what it refers to. */
function readPoints(edge: ElkExtendedEdge | undefined, isReversed: boolean): readonly Point[] {
  const points = (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ])
  return isReversed ? points.reverse() : points
}

/** The foreign keys that close a circle, found in the order of the tables. */
function findBackwards(references: readonly Reference[]): ReadonlySet<Reference> {
  const backwards = new Set<Reference>()
  const state = new Map<string, 'open' | 'done'>()
  const byTarget = Map.groupBy(references, ({ to }) => to)
  const visit = (table: string): void => {
    state.set(table, 'open')
    for (const reference of byTarget.get(table) ?? []) {
      const { from } = reference
      if (from === table) continue
      if (state.get(from) === 'open') backwards.add(reference)
      else if (!state.has(from)) visit(from)
    }
    state.set(table, 'done')
  }
  for (const table of byTarget.keys()) if (!state.has(table)) visit(table)
  return backwards
}
