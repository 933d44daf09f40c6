import type { FuncCall, Node } from '@pgsql/types'
import { columnsIn, lastWord } from './nodes.ts'
import { drawLetters } from './patterns.ts'
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
  }
  const open = operands.flatMap((place, i) => {
    const wanted = ways[operator]?.[i]
    return wanted !== undefined && columnsIn(place, scene.columns).length > 0
      ? [{ place, target: wanted }]
      : []
  })
  return open.length > 0 ? scene.random.pick(open) : undefined
}

/** Of a call of one of PostgreSQL's functions. */
export async function invertCall(
  scene: Scene,
  { funcname, args = [] }: FuncCall,
  target: string,
): Promise<Inverse | undefined> {
  const place = args.find((arg) => columnsIn(arg, scene.columns).length > 0)
  const name = lastWord(funcname)
  if (!place) return undefined
  const ofRange = /^(lower|upper)$/.test(name) ? setBound(scene, place, name, target) : undefined
  if (ofRange) return ofRange
  if (SAME.has(name)) return { place, target }
  const [value] = (await evaluate(scene, [target])) ?? []
  if (typeof value !== 'string') return undefined
  const size = Math.min(Number(value), 10_000)
  if (/^(char_|character_|octet_)?length$/.test(name) && size >= 0)
    return { place, target: writeLiteral(drawLetters(scene.random, size)) }
  if (/^(cardinality|array_length)$/.test(name) && size >= 0) return ofLength(scene, place, size)
  if (/^jsonb?_array_length$/.test(name) && size >= 0)
    return {
      place,
      target: writeLiteral(JSON.stringify(Array.from({ length: size }, (_, i) => i))),
    }
  const example = /^jsonb?_typeof$/.test(name) ? EXAMPLES[value] : undefined
  if (example) return { place, target: writeLiteral(scene.random.pick(example)) }
  if (!/^(strpos|position)$/.test(name) || !args[1]) return undefined
  const before = writeLiteral(drawLetters(scene.random, Math.max(0, size - 1)))
  return { place, target: `${before} || ${scene.texts.writeExpression(args[1])}` }
}

/** Functions that return a value of their results as it is. */
const SAME = new Set(
  'lower upper initcap btrim ltrim rtrim trim abs round floor ceil ceiling trunc date_trunc left coalesce date text'.split(
    ' ',
  ),
)

const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  object: ['{}', '{"a": 1}', '{"b": [null, "é"]}'],
  array: ['[]', '[1, "a", null]', '[{}]'],
  string: ['""', '"a"'],
  number: ['0', '-1.50'],
  boolean: ['true', 'false'],
  null: ['null'],
}

/** An array with as many elements, in a column of its own. */
function ofLength(scene: Scene, place: Node, length: number): Inverse | undefined {
  const [column] = columnsIn(place, scene.columns)
  const type = column && withoutDomain(column.type)
  if (type?.kind !== 'array') return undefined
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

function asObject(document: string): string {
  const json = `(${document})::pg_catalog.jsonb`
  return `case when pg_catalog.jsonb_typeof(${json}) = 'object' then ${json} else '{}'::pg_catalog.jsonb end`
}
