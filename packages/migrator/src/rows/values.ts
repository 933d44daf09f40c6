import { findBaseValues, GUESSES } from './base-values.ts'
import type { Random } from './random.ts'
import { withoutDomain, type ValueType } from './types.ts'

/** A value as text; null is NULL. */
export type Value = string | null

/** Values of domains and of types that are not known here, which PostgreSQL has accepted; by the type's name. */
export type AcceptedValues = ReadonlyMap<string, readonly Value[]>

/** An ordinary value of a type. */
export function drawValue(type: ValueType, random: Random, accepted: AcceptedValues): Value {
  const draw = (inner: ValueType) => drawValue(inner, random, accepted)
  const known = accepted.get(type.sql)
  if (known) return known.length === 0 ? null : random.pick(known)
  switch (type.kind) {
    case 'base':
      return findBaseValues(type.name, type.size)?.draw(random) ?? random.pick(GUESSES)
    case 'enum':
      return type.labels.length === 0 ? null : random.pick(type.labels)
    case 'domain':
      return draw(type.base)
    case 'array':
      return writeArray(
        random.times(1, 3, () => draw(type.element)),
        type,
      )
    case 'composite':
      return writeComposite(type.attributes.map(draw))
    case 'range':
      return drawRange(type.subtype, random)
    default:
      return `{${drawRange(type.subtype, random)}}`
  }
}

/** The values of a type at which something may be lost. */
export function listEdges(type: ValueType, accepted: AcceptedValues): readonly Value[] {
  const edgesOf = (inner: ValueType) => listEdges(inner, accepted)
  const known = accepted.get(type.sql)
  if (known) return known
  switch (type.kind) {
    case 'base':
      return findBaseValues(type.name, type.size)?.edges ?? GUESSES
    case 'enum':
      return type.labels
    case 'domain':
      return edgesOf(type.base)
    case 'array': {
      const inner = edgesOf(type.element)
      const flat = [[], [null], inner.slice(0, 12)].map((elements) => writeArray(elements, type))
      return [...flat, `{${writeArray(inner.slice(0, 1), type)}}`]
    }
    case 'composite':
      return [
        writeComposite(type.attributes.map(() => null)),
        writeComposite(type.attributes.map((one) => edgesOf(one).at(0) ?? null)),
        writeComposite(type.attributes.map((one) => edgesOf(one).at(-1) ?? null)),
      ]
    case 'range':
      return ['empty', '(,)']
    default:
      return ['{}', '{(,)}']
  }
}

/** Short, and at a place of its own, so that two of them rarely overlap. */
function drawRange(subtype: ValueType, random: Random): string {
  const type = withoutDomain(subtype)
  const name = type.kind === 'base' ? type.name : ''
  const start = random.int(0, 1_000_000)
  const bound = BOUNDS[name]
  if (bound) return `[${bound(start)},${bound(start + random.int(1, 9))})`
  return random.pick(['empty', '(,)'])
}

/** The bounds of ranges, in their order. */
const BOUNDS: Readonly<Record<string, (n: number) => string>> = {
  int2: (n) => String(n % 30_000),
  int4: String,
  int8: String,
  numeric: (n) => `${n}.5`,
  float4: String,
  float8: (n) => `${n}.25`,
  text: (n) => `k${String(n).padStart(9, '0')}`,
  varchar: (n) => `k${String(n).padStart(9, '0')}`,
  date: (n) => moment(n).slice(0, 10),
  timestamp: (n) => moment(n).slice(0, 19),
  timestamptz: (n) => moment(n),
  time: (n) => moment(0, n % 86_000).slice(11, 19),
  inet: (n) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
}

/** Days since 1900, as ISO 8601 with a time zone. */
function moment(days: number, seconds = 0): string {
  return new Date(Date.UTC(1900, 0, 1 + (days % 60_000), 0, 0, seconds)).toISOString()
}

/** An array as its input function reads it. */
export function writeArray(elements: readonly Value[], type: ValueType): string {
  const written = elements.map((one) => (one === null ? 'NULL' : quotePart(one)))
  // The one type of PostgreSQL's own with another delimiter.
  return `{${written.join(/^box\b/.test(type.sql) ? ';' : ',')}}`
}

function writeComposite(attributes: readonly Value[]): string {
  return `(${attributes.map((one) => (one === null ? '' : quotePart(one))).join(',')})`
}

function quotePart(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
