import type { ColumnDef } from '@pgsql/types'
import { failure } from '../errors/index.ts'
import { mayCast } from '../known/casts.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { readType, SEQUENCE_TYPES, toWhole, type Type } from '../known/parts.ts'
import {
  BROKEN,
  FINE,
  FINEST,
  isInPlace,
  isLong,
  isRewrite,
  listTypeChanges,
  TEXTS,
  type TypeChange,
} from '../known/type-changes.ts'
import { shown } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { quoteName } from '../sql/quote-name.ts'
import { copyColumn } from './copy-column.ts'
import { requireLabels } from './enum-casts.ts'
import { allFit, plain } from './pre-checks.ts'
import { recheckAfterwards } from './rechecked.ts'
import { remakeIndexes } from './remade-indexes.ts'
import { ended, type Before, type SafeForm } from './safe-form.ts'
import type { AlterPart } from './split.ts'
import { tableOf } from './table.ts'
import { isOfPrimaryKey, whyRewritten } from './why-rewritten.ts'

/**
 * The form of the type changes in an ALTER TABLE, where the types before are known: its text, and what must hold before. What
 * would write the table again is done by a copy of the column where that can be; where not, the text says why.
 */
export async function castSafely(part: AlterPart, before: Before): Promise<SafeForm> {
  const changes = listTypeChanges({ AlterTableStmt: part.statement }, before.known)
  const asItIs = castAtOnce(part, before, changes)
  const change = changes.find(isLong)
  if (!change || before.mayCopy === undefined) return rechecked(asItIs, part, changes, before)
  if (before.direction === 'up') requireCasts(changes, before.known)
  const why = whyAtOnce(change, part, before)
  if (why !== undefined) {
    const form = await rechecked(asItIs, part, changes, before)
    const [first = '', ...following] = form.statements
    const does = changes.some(isRewrite)
      ? 'rewrites the table'
      : `builds ${[...new Set(changes.flatMap(({ rebuilt }) => rebuilt))].map(plain).join(', ')} again`
    const explained = [`${first} -- It ${does}: ${why}.`, ...following]
    return {
      ...form,
      statements:
        before.direction === 'down'
          ? await remakeIndexes(explained, changes, before.known)
          : explained,
      // A type that others make again comes with what makes it, or not at all.
      isLong: !changes.some((one) => isOfEnums(one, before.known)),
    }
  }
  const { requires: asked = [] } = asItIs
  // What is asked about may be changed by more than its type, and a number has several texts.
  const copy = await copyColumn(change, before.known, { mayChange: asked.length > 0 })
  return { ...copy, requires: [...asked, ...(copy.requires ?? [])] }
}

/** Throws CAST_MISSING, KEY_UNMADE: PostgreSQL would refuse the statement, or any row, when those before it have been run. */
function requireCasts(changes: readonly TypeChange[], known: KnownObjects): void {
  for (const change of changes) {
    const { table, name, from, to, using } = change
    if (!from || (using ? !isNeverRead(change) : mayCast(from, to, known))) continue
    const column = `${shown(table)}.${name}`
    const [old, next] = [from, to].map((one) => shownType(readType(one)))
    if (using && isOfPrimaryKey(known, table, name))
      throw failure('KEY_UNMADE', { column, from: old })
    throw failure('CAST_MISSING', { column, from: old, to: next })
  }
}

/** MikroORM reads the text of whatever becomes a uuid as one: that of a number, a moment or a document never is. */
function isNeverRead({ from, to, isRead }: TypeChange): boolean {
  const [old, next] = [readType(from ?? {}), readType(to)]
  return isRead && next.name === 'uuid' && NEVER_UUIDS.has(toWhole(old.name)) && !old.isArray
}

async function rechecked(
  asItIs: SafeForm,
  part: AlterPart,
  changes: readonly TypeChange[],
  { known }: Before,
): Promise<SafeForm> {
  if (changes.some(isRewrite)) return asItIs
  const [first = '', ...following] = asItIs.statements
  const form = await recheckAfterwards(part, first.replace(/;$/, ''), changes, known)
  return form ? { ...asItIs, ...form, statements: [...form.statements, ...following] } : asItIs
}

function whyAtOnce(change: TypeChange, part: AlterPart, before: Before): string | undefined {
  const isBack = before.direction === 'down'
  if (isBack && unfit(change, quoteName(change.name)) !== undefined)
    return 'the archive keeps what the new type cannot hold'
  // A number that was checked on the way up is the same again; a text may have been another one.
  const { name } = readType(change.to)
  if (isBack && !WHOLE[name] && !BROKEN.has(name))
    return 'the archive restores what the way up could not keep'
  const isAlone = before.mayCopy && part.statement.cmds?.length === 1
  const why = whyRewritten(change, before.known)
  return isAlone ? why : (why ?? 'a copy of the column needs a migration of its own')
}

function castAtOnce(
  { statement, sql }: AlterPart,
  { known, direction }: Before,
  all: readonly TypeChange[],
): SafeForm {
  const table = tableOf(statement.relation)
  const changes = all.filter(({ from }) => from)
  // Of two enums none is cast to the other; both are read as texts.
  const cast = changes.some((change) => isOfEnums(change, known))
    ? sql.replaceAll(CAST, '$1::text::')
    : sql
  const following = changes.flatMap((change) => sequenceOf(change, known))
  const labels = changes.flatMap((change) => requireLabels(change, known))
  if (changes.length === 0 || direction === 'down')
    return { statements: [ended(cast), ...following], requires: labels }
  const lossless = changes.flatMap((change) => {
    const column = quoteName(change.name)
    const condition = unfit(change, column)
    const type = shownType(readType(change.to))
    return condition === undefined ? [] : [allFit({ table, column, type, condition })]
  })
  // Without USING, PostgreSQL refuses a text that is too long, and with it cuts it.
  const statements = [ended(cast.replaceAll(CUTTING, '')), ...following]
  return { statements, requires: [...labels, ...lossless] }
}

/** A cast of a column, as MikroORM writes it. */
const CAST = /(\susing\s+\("(?:[^"]|"")+")::/gi

function isOfEnums({ from, to, isCast }: TypeChange, known: KnownObjects): boolean {
  const isEnum = (column: ColumnDef | undefined) =>
    column?.typeName !== undefined && known.isEnum(readName({ TypeName: column.typeName }))
  return isCast && isEnum(from) && isEnum(to)
}

/** A serial column counts as far as its sequence does, which keeps the type that it was made with. */
function sequenceOf({ table, name, from, to }: TypeChange, known: KnownObjects): string[] {
  const sequence = known.table(table)?.sequences.get(name)
  const [old, type] = [from, to].map((one) => one && SEQUENCE_TYPES.get(readType(one).name))
  if (sequence === undefined || type === undefined || old === type) return []
  return [`alter sequence ${quoteName(sequence, table.schema)} as ${type};`]
}

/** A cast of a column to a type with a length, as MikroORM writes it. */
const CUTTING =
  /\s+using\s+\((?:"(?:[^"]|"")+"|\w+)::(?:varchar|char|character|bpchar|character varying)\s*\(\d+\)\)/gi

const shownType = ({ name, sizes, isArray }: Type) =>
  `${name}${sizes.length > 0 ? `(${sizes.join(', ')})` : ''}${isArray ? '[]' : ''}`

/** True where the new type holds every value that the old one may have, or USING says what it gets. */
export function holdsEvery(change: TypeChange): boolean {
  return change.from !== undefined && (change.isRead || unfit(change, '') === undefined)
}

/**
 * The condition, as SQL, of the values that a new type cannot hold as they are: it cuts or rounds them, or PostgreSQL
 * refuses the cast. No cast in it fails, whatever the value. Undefined where every value fits, where the migration says
 * itself how to change them, and where no condition is known.
 */
function unfit(change: TypeChange, column: string): string | undefined {
  if (change.isRead) return unread(`${column}::text`, readType(change.to))
  if (!change.from || change.using || isInPlace(change)) return undefined
  const [old, to] = [readType(change.from), readType(change.to)]
  const from = { ...old, name: toWhole(old.name) }
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
const WHOLE: Readonly<Record<string, readonly [digits: number, largest: string]>> = {
  int2: [5, '32767'],
  int4: [10, '2147483647'],
  int8: [19, '9223372036854775807'],
}

/** Types of which no value has the text of a uuid. */
const NEVER_UUIDS = new Set([
  ...Object.keys(WHOLE),
  ...BROKEN,
  'numeric',
  'bool',
  'date',
  'time',
  'timetz',
  'timestamp',
  'timestamptz',
  'interval',
  'json',
  'jsonb',
])

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
  if (!isText && !BROKEN.has(from.name) && !WHOLE[from.name]) return undefined
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

function unfitText(from: Type, { name, sizes }: Type, column: string): string | undefined {
  const [limit] = sizes
  if (limit === undefined) return undefined
  const [held] = from.sizes
  if (TEXTS.has(from.name) && held !== undefined && held <= limit) return undefined
  const text = TEXTS.has(from.name) ? column : `${column}::text`
  // Of a char blanks at the end say nothing.
  return `length(${name === 'bpchar' ? `rtrim(${text}, ' ')` : text}) > ${limit}`
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
  if (to.name === 'date') return isMoment ? `${column}::date <> ${column}` : undefined
  if (isMoment && !to.name.startsWith('timestamp'))
    return to.name.startsWith('time') ? `${column} is not null` : undefined
  const digits = from.sizes.at(-1) ?? FINEST
  const newDigits = to.sizes.at(-1) ?? FINEST
  return newDigits < digits ? `${column}::${from.name}(${newDigits}) <> ${column}` : undefined
}
