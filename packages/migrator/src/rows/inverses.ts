import type { FuncCall, Node } from '@pgsql/types'
import { columnsIn, lastWord } from './nodes.ts'
import { drawLetters } from './patterns.ts'
import type { Random } from './random.ts'
import { evaluate, writeLiteral, type Scene } from './scene.ts'
import { withoutDomain } from './types.ts'
import { drawValue, writeArray } from './values.ts'

/** What a part of an expression is to be, so that the whole has the value that is asked for. */
export interface Inverse {
  readonly place: Node
  /** An expression. */
  readonly target: string
}

/** Of a calculation: one of its operands, given the other. */
export function invertOperator(
  scene: Scene,
  operator: string,
  operands: readonly [Node, Node],
  target: string,
): Inverse | undefined {
  const [left, right] = operands.map(scene.texts.writeExpression)
  const ways: Readonly<Record<string, readonly string[]>> = {
    '+': [`(${target}) - (${right})`, `(${target}) - (${left})`],
    '-': [`(${target}) + (${right})`, `(${left}) - (${target})`],
    '*': [`(${target}) / nullif(${right}, 0)`, `(${target}) / nullif(${left}, 0)`],
    '/': [`(${target}) * (${right})`],
    '%': [`(${left}) - (${left}) % (${right}) + (${target})`],
    '->': [mergeKey(`${left}`, `${right}`, target)],
    '->>': [mergeKey(`${left}`, `${right}`, target)],
    '#>': [mergePath(`${left}`, `${right}`, target)],
    '#>>': [mergePath(`${left}`, `${right}`, target)],
  }
  const open = operands.flatMap((place, i) => {
    const wanted = ways[operator]?.[i]
    return wanted !== undefined && columnsIn(place, scene.columns).length > 0
      ? [{ place, target: wanted }]
      : []
  })
  return open.length > 0 ? scene.random.pick(open) : undefined
}

/** Of a call of one of PostgreSQL's functions: of its first argument that reads a column. */
export async function invertCall(
  scene: Scene,
  { funcname, args = [] }: FuncCall,
  target: string,
): Promise<Inverse | undefined> {
  const place = args.find((arg) => columnsIn(arg, scene.columns).length > 0)
  const name = lastWord(funcname)
  if (!place) return undefined
  if (/^(cardinality|array_length)$/.test(name)) {
    const [size] = (await evaluate(scene, [target])) ?? []
    return ofLength(scene, place, Number(size ?? 0))
  }
  const ofRange = /^(lower|upper)$/.test(name) ? setBound(scene, place, name, target) : undefined
  if (ofRange) return ofRange
  if (SAME.has(name)) return { place, target }
  const written = CALLS[name]?.(args.map(scene.texts.writeExpression), target, scene.random)
  return written === undefined ? undefined : { place, target: written }
}

/** Functions that return a value of their results as it is. */
const SAME = new Set(
  `lower upper initcap btrim ltrim rtrim trim abs round floor ceil ceiling trunc date_trunc left right replace
    regexp_replace translate date text`.split(/\s+/),
)

/** Of the others what the place is to be, given the texts of the arguments. */
const CALLS: Readonly<
  Record<string, (args: readonly string[], target: string, random: Random) => string | undefined>
> = {
  length: writeLetters,
  char_length: writeLetters,
  character_length: writeLetters,
  octet_length: writeLetters,
  jsonb_array_length: (_, target) => writeNumbers(target),
  json_array_length: (_, target) => writeNumbers(target),
  jsonb_typeof: (_, target, random) => writeDocument(target, random),
  json_typeof: (_, target, random) => writeDocument(target, random),
  strpos: ([, part], target) => `pg_catalog.repeat('a', (${target})::int - 1) || ${part}`,
  position: ([, part], target) => `pg_catalog.repeat('a', (${target})::int - 1) || ${part}`,
  substr: ([, from], target) => `pg_catalog.repeat('a', (${from}) - 1) || (${target})`,
  substring: ([, from], target) => `pg_catalog.repeat('a', (${from}) - 1) || (${target})`,
  split_part: ([, delimiter, n], target) =>
    `pg_catalog.repeat('a' || ${delimiter}, (${n}) - 1) || (${target})`,
  to_date: ([, format], target) => `pg_catalog.to_char(${target}, ${format})`,
  to_timestamp: ([, format], target) => `pg_catalog.to_char(${target}, ${format})`,
  make_date: (_, target) => `pg_catalog.date_part('year', ${target})`,
  timezone: ([zone], target) => `pg_catalog.timezone(${zone}, ${target})`,
  extract: moveField,
  date_part: moveField,
}

function writeLetters(_: readonly string[], target: string, random: Random): string {
  const [first, rest] = [
    writeLiteral(drawLetters(random, 20)),
    writeLiteral(drawLetters(random, 9)),
  ]
  return `pg_catalog.rpad(${first}, least((${target})::int, 10000), ${rest})`
}

function writeNumbers(length: string): string {
  return `(select coalesce(pg_catalog.jsonb_agg(n), '[]') from pg_catalog.generate_series(1, ${length}) n)`
}

const DOCUMENTS: Readonly<Record<string, readonly string[]>> = {
  object: ['{}', '{"a": 1}', '{"b": [null, "é"]}'],
  array: ['[]', '[1, "a", null]', '[{}]'],
  string: ['""', '"a"'],
  number: ['0', '-1.50'],
  boolean: ['true', 'false'],
  null: ['null'],
}

function writeDocument(kind: string, random: Random): string {
  const cases = Object.entries(DOCUMENTS).map(
    ([name, all]) => `when '${name}' then ${writeLiteral(random.pick(all))}`,
  )
  return `(case ${kind} ${cases.join(' ')} end)::pg_catalog.jsonb`
}

/** A moment that is moved until its field has the value. */
function moveField([field, moment]: readonly string[], target: string): string {
  const unit = `case when ${field} ~ 'do[wy]' then 'day' when ${field} = 'isoyear' then 'year' else ${field} end`
  const distance = `((${target}) - pg_catalog.date_part(${field}, ${moment}))::int`
  return `(${moment}) + ${distance} * ('1 ' || ${unit})::pg_catalog.interval`
}

/** An array with as many elements, in a column of its own. */
function ofLength(scene: Scene, place: Node, length: number): Inverse | undefined {
  const [column] = columnsIn(place, scene.columns)
  const type = column && withoutDomain(column.type)
  if (type?.kind !== 'array' || length < 0 || length > 10_000) return undefined
  const elements = Array.from({ length }, () =>
    drawValue(type.element, scene.random, scene.accepted),
  )
  return { place, target: `${writeLiteral(writeArray(elements, type))}::${type.sql}` }
}

/** A range with another bound, in a column of its own. */
function setBound(scene: Scene, place: Node, name: string, target: string): Inverse | undefined {
  const [column] = columnsIn(place, scene.columns)
  const type = column && withoutDomain(column.type)
  if (type?.kind !== 'range') return undefined
  const [range, bound] = [scene.texts.writeExpression(place), `(${target})`]
  // Beyond the other bound it takes that with it.
  const written =
    name === 'lower'
      ? `${bound}, greatest(${bound}, pg_catalog.upper(${range})), '[]'`
      : `least(${bound}, pg_catalog.lower(${range})), ${bound}, '[]'`
  return { place, target: `${type.sql}(${written})` }
}

/** A document that has what an operator asks for, and what it had before. */
export function mergeJson(
  document: string,
  operator: string,
  other: string,
  type: string,
): string | undefined {
  if (operator === '?') return mergeKey(document, other, '1')
  if (operator === '?&' || operator === '?|')
    return `${asObject(document)} || (select pg_catalog.jsonb_object_agg(k, 1) from pg_catalog.unnest(${other}) k)`
  return operator === '@>' && type === 'jsonb' ? `${asObject(document)} || (${other})` : undefined
}

function mergeKey(document: string, key: string, value: string): string {
  return `${asObject(document)} || pg_catalog.jsonb_build_object(${key}, ${value})`
}

/** The keys of the path from the last to the first, each around what is within it. */
function mergePath(document: string, path: string, value: string): string {
  return `${asObject(document)} || (with recursive nested(n, v) as (
    select pg_catalog.cardinality(${path}), pg_catalog.to_jsonb(${value})
    union all select n - 1, pg_catalog.jsonb_build_object((${path})[n], v) from nested where n > 0)
    select v from nested where n = 0)`
}

function asObject(document: string): string {
  const json = `(${document})::pg_catalog.jsonb`
  return `case when pg_catalog.jsonb_typeof(${json}) = 'object' then ${json} else '{}'::pg_catalog.jsonb end`
}
