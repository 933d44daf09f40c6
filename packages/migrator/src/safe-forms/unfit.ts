import { readType, toWhole, type Type } from '../known/parts.ts'
import type { Check } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'
import { allFit } from './pre-checks.ts'
import { BROKEN, FINE, FINEST, isInPlace, TEXTS, type TypeChange } from '../known/type-changes.ts'

/** True where the new type holds every value that the old one may have, or USING says what it gets. */
export function holdsEvery(change: TypeChange): boolean {
  return change.from !== undefined && (change.isRead || unfit(change, '') === undefined)
}

/** What must hold before a change of type, so that it takes nothing from a value. */
export function requireFit(change: TypeChange): Check[] {
  const { table, name, to } = change
  const column = quoteName(name)
  const condition = unfit(change, column)
  const type = shownType(readType(to))
  if (condition === undefined) return []
  return [allFit({ table: quoteName(table.name, table.schema), column, type, condition })]
}

export const shownType = ({ name, sizes, isArray }: Type) =>
  `${name}${sizes.length > 0 ? `(${sizes.join(', ')})` : ''}${isArray ? '[]' : ''}`

/**
 * The condition, as SQL, of the values that a new type cannot hold as they are: it cuts or rounds them, or PostgreSQL
 * refuses the cast. No cast in it fails, whatever the value. Undefined where every value fits, where the migration says
 * itself how to change them, and where no condition is known.
 */
export function unfit(change: TypeChange, column: string): string | undefined {
  if (change.isRead) return unread(`${column}::text`, readType(change.to))
  if (!change.from || change.using) return undefined
  const [old, to] = [readType(change.from), readType(change.to)]
  const from = { ...old, name: toWhole(old.name) }
  // PostgreSQL takes a text for one of the other type as it is, and reads the blanks at its end no longer.
  if (isInPlace(change) && !dropsBlanks(from, to)) return undefined
  if (from.isArray && to.isArray) {
    const condition = unfitType({ ...from, isArray: false }, { ...to, isArray: false }, 'element')
    return condition && `exists (select from unnest(${column}) as element where ${condition})`
  }
  return from.isArray || to.isArray ? undefined : unfitType(from, to, column)
}

function unfitType(from: Type, to: Type, column: string): string | undefined {
  if (WHOLE[to.name]) return unfitWhole(from, to, column)
  if (to.name === 'numeric') return unfitNumeric(from, to, column)
  if (to.name === 'float4' || to.name === 'float8') return unfitFloat(from, to, column)
  if (to.name === 'varchar' || to.name === 'bpchar') return unfitText(from, to, column)
  if (to.name === 'name') return `octet_length(${column}::text) > 63`
  if (to.name === 'char' && TEXTS.has(from.name)) return `octet_length(${column}) > 1`
  if (BITS.has(from.name) && BITS.has(to.name)) return unfitBits(from, to, column)
  if (from.name === 'inet' && to.name === 'cidr') return `${column}::cidr::inet <> ${column}`
  if (to.name === 'money') return unfitMoney(from, column)
  if (FINE.has(from.name)) return unfitMoment(from, to, column)
  if (from.name === 'json' && to.name === 'jsonb') return unfitDocument(column)
  if (to.name === 'bool' && WHOLE[from.name]) return `${column} not in (0, 1)`
  return TEXTS.has(from.name) ? unread(column, to) : undefined
}

/** The condition, as SQL, of the texts that PostgreSQL does not read as a value of a type. */
export function unread(text: string, { name, isArray }: Type): string | undefined {
  const form = isArray ? undefined : FORMS[name]
  return form && `${text} !~* '^\\s*(${form})\\s*$'`
}

/** Types of whole numbers: how many digits a value may have, and the largest. */
export const WHOLE: Readonly<Record<string, readonly [digits: number, largest: string]>> = {
  int2: [5, '32767'],
  int4: [10, '2147483647'],
  int8: [19, '9223372036854775807'],
}

const DIGITS = '[+-]?[0-9]{1,200}'
const NUMBER = '([+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]{1,3})?|nan|[+-]?inf(inity)?)'

/** What PostgreSQL reads from a text, where it is the same on every version, whatever the session has set. */
const FORMS: Readonly<Record<string, string>> = {
  uuid: '[{]?([0-9a-f]{4}-?){8}[}]?',
  bool: 't|tr|tru|true|y|ye|yes|on|1|f|fa|fal|fals|false|n|no|of|off|0',
}

/** `condition` of the numbers that a text holds, and every text that is none. */
function ofNumbers(form: string, column: string, condition: string): string {
  return `case when ${column} ~* '^\\s*${form}\\s*$' then ${condition} else ${column} is not null end`
}

function unfitWhole(from: Type, { name }: Type, column: string): string | undefined {
  const [digits, largest] = WHOLE[name] ?? [0, '']
  const outside = (value: string) => `${value} not between -${largest} - 1 and ${largest}`
  const whole = WHOLE[from.name]
  if (whole) return whole[0] <= digits ? undefined : outside(column)
  if (BROKEN.has(from.name)) return `${outside(column)} or ${column} <> trunc(${column})`
  if (!TEXTS.has(from.name)) return undefined
  return ofNumbers(DIGITS, column, outside(`${column}::numeric`))
}

function unfitNumeric(from: Type, { sizes }: Type, column: string): string | undefined {
  const [precision, scale = 0] = sizes
  const isText = TEXTS.has(from.name)
  const isFloat = from.name === 'float4' || from.name === 'float8'
  // Of a float numeric has 6 or 15 digits.
  const cut = `${column}::numeric::${from.name} <> ${column}`
  if (precision === undefined)
    return isText ? ofNumbers(NUMBER, column, 'false') : isFloat ? cut : undefined
  const [limit, limitScale = 0] = from.sizes
  const before = WHOLE[from.name]?.[0] ?? (limit === undefined ? Infinity : limit - limitScale)
  if (from.name in WHOLE && before <= precision - scale) return undefined
  const isWider = before <= precision - scale && limitScale <= scale
  if (from.name === 'numeric' && isWider) return undefined
  const isNumber = BROKEN.has(from.name) || WHOLE[from.name] || from.name === 'money'
  if (!isText && !isNumber) return undefined
  const value = `${column}::numeric`
  const condition = `${value} <> 'NaN' and (abs(${value}) >= 1e${precision - scale} or round(${value}, ${scale}) <> ${value})`
  if (isText) return ofNumbers(NUMBER, column, condition)
  return isFloat ? `${cut} or ${condition}` : condition
}

/** Up to this whole number, of 16 digits, each has a float8 of its own. */
const EXACT = '9007199254740992'

/** The smallest and the largest, of those that have all of their digits. */
const RANGE = { float4: '1.2e-38 and 3.4e38', float8: '2.3e-308 and 1.7e308' } as const

function unfitFloat(from: Type, to: Type, column: string): string | undefined {
  const isSmall = to.name === 'float4'
  const [digits] = WHOLE[from.name] ?? []
  if (digits !== undefined) {
    const exact = digits < EXACT.length ? [] : [`${column} not between -${EXACT} and ${EXACT}`]
    const small = isSmall && digits > 5 ? [`${column}::float4::float8 <> ${column}`] : []
    const conditions = [...exact, ...small]
    return conditions.length > 0 ? conditions.join(' or ') : undefined
  }
  if (from.name === 'numeric' || (from.name === 'float8' && isSmall)) {
    const same = `${column}::${to.name}::${from.name} <> ${column}`
    const range = RANGE[isSmall ? 'float4' : 'float8']
    return `case when abs(${column}) between ${range} then ${same} else ${column} not in (0, 'NaN', 'Infinity', '-Infinity') end`
  }
  return TEXTS.has(from.name) ? ofNumbers(NUMBER, column, 'false') : undefined
}

/** True of a text that becomes a char, of which blanks at the end are no part. */
function dropsBlanks(from: Type, to: Type): boolean {
  return to.name === 'bpchar' && from.name !== 'bpchar' && TEXTS.has(from.name)
}

function unfitText(from: Type, to: Type, column: string): string | undefined {
  const [limit] = to.sizes
  const [held] = from.sizes
  const isHeld = TEXTS.has(from.name) && held !== undefined && limit !== undefined && held <= limit
  const text = TEXTS.has(from.name) ? column : `${column}::text`
  const conditions = [
    ...(limit === undefined || isHeld ? [] : [`length(${text}) > ${limit}`]),
    ...(dropsBlanks(from, to) ? [`right(${text}, 1) = ' '`] : []),
  ]
  return conditions.length === 0 ? undefined : conditions.join(' or ')
}

const BITS: ReadonlySet<string> = new Set(['bit', 'varbit'])

/** A cast cuts bits off, or fills a bit(n) up. */
function unfitBits(from: Type, to: Type, column: string): string | undefined {
  const [[held], [limit]] = [from.sizes, to.sizes]
  const isFixed = to.name === 'bit' && from.name === 'varbit'
  if (limit === undefined || (!isFixed && held !== undefined && held <= limit)) return undefined
  return `${column}::${shownType(to)}::${shownType(from)} <> ${column}`
}

/** How many digits it has after the point depends on the server. */
function unfitMoney(from: Type, column: string): string | undefined {
  const largest = '9.2e15'
  if (from.name === 'int8') return `abs(${column}::numeric) > ${largest}`
  if (from.name !== 'numeric') return undefined
  return `case when abs(${column}) < ${largest} then ${column}::money::numeric <> ${column} else ${column} is not null end`
}

/** A json may have the character 0 and halves of a character: jsonb, whose texts are read, refuses them. */
function unfitDocument(column: string): string {
  // Without its escaped backslashes, so that each one that is left begins an escape.
  const escapes = `replace(${column}::text, E'\\\\\\\\', '')`
  const pair = '\\\\\\\\ud[89ab][0-9a-f]{2}\\\\\\\\ud[c-f][0-9a-f]{2}'
  return `regexp_replace(${escapes}, E'${pair}', '', 'gi') ~* E'\\\\\\\\u(0000|d[89a-f])'`
}

/** Finer moments are rounded; a day, or a time of the day, is less than a moment. */
function unfitMoment(from: Type, to: Type, column: string): string | undefined {
  const isMoment = from.name.startsWith('timestamp')
  if (to.name === 'date') {
    // As the session sees it that makes a day of it.
    const moment = from.name === 'timestamptz' ? `(${column} at time zone 'UTC')` : column
    return isMoment ? `${moment}::date <> ${moment}` : undefined
  }
  if (isMoment && !to.name.startsWith('timestamp'))
    return to.name.startsWith('time') ? `${column} is not null` : undefined
  if (from.name === 'timetz' && to.name === 'time') return `${column} is not null`
  if (from.name === 'interval' || to.name === 'interval') return unfitInterval(from, to, column)
  const digits = from.sizes.at(-1) ?? FINEST
  const newDigits = to.sizes.at(-1) ?? FINEST
  return newDigits < digits ? `${column}::${from.name}(${newDigits}) <> ${column}` : undefined
}

/** As texts: a month is as long as thirty days. */
function unfitInterval(from: Type, to: Type, column: string): string | undefined {
  const value = from.name === 'interval' ? column : `${column}::interval`
  const as = (type: string) => `${value}::${type}::text <> ${value}::text`
  if (to.name === 'time') return as('time::interval')
  if (!isNarrower(from.name === 'interval' ? from : { ...to, sizes: [] }, to)) return undefined
  const [mask = ALL_FIELDS, digits] = to.sizes
  const fields = FIELDS.filter(([bit]) => (mask & bit) > 0).map(([, word]) => word)
  const [first = '', last = first] = [fields[0], fields.at(-1)]
  const range = mask === ALL_FIELDS ? '' : first === last ? ` ${first}` : ` ${first} to ${last}`
  const size = digits === undefined ? '' : `(${digits})`
  return as(`interval${range}${size}`)
}

function isNarrower({ sizes: [mask = ALL_FIELDS, digits = FINEST] }: Type, { sizes }: Type) {
  const [newMask = ALL_FIELDS, newDigits = FINEST] = sizes
  return (mask & ~newMask) > 0 || newDigits < digits
}

const ALL_FIELDS = 32767

/** Parts of an interval by their bits in PostgreSQL's mask, the largest one first. */
const FIELDS = [
  [4, 'year'],
  [2, 'month'],
  [8, 'day'],
  [1024, 'hour'],
  [2048, 'minute'],
  [4096, 'second'],
] as const
