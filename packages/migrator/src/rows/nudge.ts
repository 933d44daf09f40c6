import { quoteLiteral } from '../sql/quote-literal.ts'
import type { Random } from './random.ts'

export const NEGATED: Readonly<Record<string, string>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '~~': '!~~',
  '!~~': '~~',
  '~~*': '!~~*',
  '!~~*': '~~*',
  '~': '!~',
  '!~': '~',
  '~*': '!~*',
  '!~*': '~*',
}

export const MIRRORED: Readonly<Record<string, string>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '&&': '&&',
  '@>': '<@',
  '<@': '@>',
}

/**
 * An expression for which `expression operator value` is true, of a type that pg_typeof names; undefined where only chance
 * finds one.
 */
export function nudge(
  operator: string,
  value: string,
  type: string,
  random: Random,
): string | undefined {
  const known = `${quoteLiteral(value)}::${type}`
  if (/^(=|@>|<@|&&)$/.test(operator)) return known
  if (operator === '<>' && type === 'boolean') return `not ${known}`
  if (/^[<>]=$/.test(operator) && random.chance(0.4)) return known
  const sign = { '<': '-', '<=': '-', '>': '+', '>=': '+', '<>': '+' }[operator]
  if (sign === undefined) return undefined
  if (/^(text|character|character varying|citext|name)$/.test(type))
    return sign === '+' ? `${known} || 'a'` : `pg_catalog.left(${known}::text, -1)`
  const step = findStep(type, random)
  return step === undefined ? undefined : `${known} ${sign} ${step}`
}

function findStep(type: string, random: Random): string | undefined {
  if (/^(smallint|integer|bigint)$/.test(type))
    return String(random.pick([1, random.int(1, 9), random.int(1, 300)]))
  if (/^(numeric|real|double precision)$/.test(type))
    return random.pick(['1', '0.01', '0.5', String(random.int(1, 300))])
  if (type === 'money') return `'${random.pick([0.01, 1, 10])}'::pg_catalog.money`
  if (type === 'date') return String(random.pick([1, random.int(1, 300), random.int(300, 9000)]))
  if (/^(timestamp|interval)/.test(type))
    return `'${random.pick([random.int(1, 59), random.int(60, 9000), random.int(9000, 9_000_000)])} minutes'::pg_catalog.interval`
  if (/^time\b/.test(type)) return `'${random.int(1, 50)} minutes'::pg_catalog.interval`
  return /^(inet|pg_lsn)$/.test(type) ? '1' : undefined
}
