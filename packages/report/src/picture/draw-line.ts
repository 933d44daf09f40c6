import { toIdentity } from '@techfacts/migrator/catalog'
import type { Line, Point } from './elk.ts'
import type { Reference } from './model.ts'
import { SIGNS } from './signs.ts'
import { element, escapeXml } from './xml.ts'

/** How round a corner is. */
const RADIUS = 6

/** A foreign key with a crow's foot where many rows may refer to one. */
export function drawLine({ reference, points }: Line): string {
  const { identity, from, to, change } = reference
  const [start, second] = points
  const [last, beforeLast] = points.toReversed()
  if (!start || !second || !last || !beforeLast) return ''
  const way = toPath(points)
  return element(
    'g',
    {
      class: ['line', change].filter(Boolean).join(' '),
      'data-constraint': identity,
      'data-from': from,
      'data-to': to,
      'data-change': change,
    },
    element('title', {}, escapeXml(describeReference(reference))),
    element('path', { class: 'hit', d: way }),
    element('path', { class: 'way', d: way }),
    drawManyEnd(start, second, reference.isUnique),
    drawOneEnd(last, beforeLast, reference.isOptional),
    change ? drawSign(points, SIGNS[change]) : '',
  )
}

/** `jobs_source_fkey: public.jobs (source_id) → public.sources (id)` */
function describeReference(reference: Reference): string {
  const { identity, from, columns, to, referencedColumns, onDelete, onUpdate } = reference
  return [
    `${from} ${listNames(columns)} → ${to} ${listNames(referencedColumns)}`,
    identity,
    ...(onDelete === undefined ? [] : [`on delete ${onDelete}`]),
    ...(onUpdate === undefined ? [] : [`on update ${onUpdate}`]),
  ].join('\n')
}

function listNames(names: readonly string[]): string {
  return `(${names.map((name) => toIdentity(name)).join(', ')})`
}

function toPath(points: readonly Point[]): string {
  return points
    .map((point, index) => {
      const [before, after] = [points[index - 1], points[index + 1]]
      if (!before) return `M${write(point)}`
      if (!after) return `L${write(point)}`
      const radius = Math.min(RADIUS, distance(before, point) / 2, distance(point, after) / 2)
      const [start, end] = [towards(point, before, radius), towards(point, after, radius)]
      return `L${write(start)}Q${write(point)} ${write(end)}`
    })
    .join('')
}

/** Where the foreign key is: none, one (`isUnique`) or many rows. */
function drawManyEnd(end: Point, next: Point, isUnique: boolean): string {
  const foot = isUnique ? bar(end, next, 8) : crowsFoot(end, next)
  return element('path', { d: foot }) + circle(end, next, 15)
}

/** What is referred to: one row, or none (`isOptional`). */
function drawOneEnd(end: Point, next: Point, isOptional: boolean): string {
  if (isOptional) return element('path', { d: bar(end, next, 7) }) + circle(end, next, 14)
  return element('path', { d: bar(end, next, 7) + bar(end, next, 11) })
}

function crowsFoot(end: Point, next: Point): string {
  const tip = write(towards(end, next, 11))
  const [above, below] = across(end, next, 5)
  return `M${write(above)}L${tip}L${write(below)}`
}

function bar(end: Point, next: Point, at: number): string {
  const middle = towards(end, next, at)
  const [above, below] = across(
    middle,
    { x: middle.x + next.x - end.x, y: middle.y + next.y - end.y },
    5,
  )
  return `M${write(above)}L${write(below)}`
}

function circle(end: Point, next: Point, at: number): string {
  const { x, y } = towards(end, next, at)
  return element('circle', { cx: round(x), cy: round(y), r: 3.5 })
}

/** In the middle of the longest piece of the way. */
function drawSign(points: readonly Point[], sign: string): string {
  const pieces = points.slice(1).map((point, index) => [points[index] ?? point, point] as const)
  const [longest] = pieces.sort(([a, b], [c, d]) => distance(c, d) - distance(a, b))
  if (!longest) return ''
  const [a, b] = longest
  const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2]
  return (
    element('circle', { class: 'spot', cx: round(x), cy: round(y), r: 8 }) +
    element('text', { class: 'sign', x: round(x), y: round(y + 4) }, sign)
  )
}

function towards(from: Point, to: Point, by: number): Point {
  const length = distance(from, to) || 1
  return {
    x: from.x + ((to.x - from.x) / length) * by,
    y: from.y + ((to.y - from.y) / length) * by,
  }
}

function across(from: Point, to: Point, by: number): readonly [Point, Point] {
  const { x, y } = towards(from, to, by)
  const [dx, dy] = [x - from.x, y - from.y]
  return [
    { x: from.x - dy, y: from.y + dx },
    { x: from.x + dy, y: from.y - dx },
  ]
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

function write({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
