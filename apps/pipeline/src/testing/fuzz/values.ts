import * as fc from 'fast-check'
import type { Arbitrary } from 'fast-check'

/** The parts of a JSON schema that the OpenAPI document uses. */
export type Schema = {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

/** The longest text that is made for a field that may be longer: a run sends thousands. */
const LONGEST = 2000

const HOSTILE_TEXT = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\uD800',
  "'; drop table projects; --",
  '$1',
  '%',
  '\\',
  '../../etc/passwd',
  '{"$ne":null}',
  '[object Object]',
  '__proto__',
  'constructor',
  '‮\u200B',
  'İ'.repeat(50),
  'x'.repeat(30_000),
  '(((((((((((((((((((((((((((((a*)*)*)*',
  'a & | ! :* <-> "',
  '99999-99-99',
  '1e999',
  'NaN',
]

/** What a field of any type may be sent as by somebody who means harm, or nothing at all. */
export const hostile: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...HOSTILE_TEXT),
  fc.constantFrom<unknown>(null, true, -1, 0, 1e308, -0, 2 ** 53, 0.1, [], {}, [[[]]]),
  fc.constantFrom(5, 80, 500).map(nest),
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
)

/** A value that a schema takes, mostly; now and then a part of it is hostile. */
export function valueOf(schema: Schema, resolve: (ref: string) => Schema): Arbitrary<unknown> {
  const good = goodValueOf(schema, resolve)
  return fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: hostile })
}

function goodValueOf(schema: Schema, resolve: (ref: string) => Schema): Arbitrary<unknown> {
  if (schema.$ref !== undefined) return goodValueOf(resolve(schema.$ref), resolve)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => valueOf(one, resolve)))
  if (schema.type === 'object') return objectOf(schema, resolve)
  if (schema.type === 'array') {
    const { items = {}, minItems: minLength = 0, maxItems = 5 } = schema
    return fc.array(valueOf(items, resolve), { minLength, maxLength: Math.min(maxItems, 5) })
  }
  return plainValueOf(schema)
}

function plainValueOf({ type, format, ...limits }: Schema): Arbitrary<unknown> {
  const { minLength = 0, maxLength = LONGEST, minimum = -10, maximum = 1000 } = limits
  if (type === 'integer') return fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31) })
  if (type === 'number') return fc.double({ min: minimum, max: maximum, noNaN: true })
  if (type === 'boolean') return fc.boolean()
  if (type === 'null') return fc.constant(null)
  if (type === 'string' && format === 'uuid') return fc.uuid()
  if (type === 'string' && format === 'uri') return fc.webUrl()
  if (type === 'string') {
    return fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, LONGEST) })
  }
  return fc.jsonValue({ maxDepth: 3 })
}

function objectOf(
  { properties = {}, required = [] }: Schema,
  resolve: (ref: string) => Schema,
): Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, one]) => [name, valueOf(one, resolve)])
  const values: Record<string, Arbitrary<unknown>> = Object.fromEntries(fields)
  const known = fc.record(values, { requiredKeys: [...required] })
  const unknown = fc.tuple(known, fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 50 }))
  return fc.oneof(
    { weight: 15, arbitrary: known },
    { weight: 1, arbitrary: unknown.map(([object, more]) => ({ ...more, ...object })) },
  )
}

function nest(depth: number): unknown {
  return depth === 0 ? 1 : { a: nest(depth - 1) }
}
