import type { ColumnDef } from '@pgsql/types'
import { failure } from '../errors/index.ts'
import { castBetween, mayCast } from '../known/casts.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { readType, SEQUENCE_TYPES, toWhole } from '../known/parts.ts'
import {
  BROKEN,
  dependsOnZone,
  isLong,
  isRebuild,
  isRewrite,
  listTypeChanges,
  TEXTS,
  type TypeChange,
} from '../known/type-changes.ts'
import type { Check } from '../migration.ts'
import { shown } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { quoteName } from '../sql/quote-name.ts'
import { copyColumn, showType } from './copy-column.ts'
import { requireLabels } from './enum-casts.ts'
import { allComputed, plain } from './pre-checks.ts'
import { recheckAfterwards } from './rechecked.ts'
import { remakeIndexes } from './remade-indexes.ts'
import { ended, type Before, type SafeForm } from './safe-form.ts'
import type { AlterPart } from './split.ts'
import { requireFit, shownType, unfit, WHOLE } from './unfit.ts'
import { isOfPrimaryKey, whyRewritten } from './why-rewritten.ts'

/**
 * The form of the type changes in an ALTER TABLE, where the types before are known: its text, and what must hold before. What
 * would write the table again is done by a copy of the column where that can be; where not, the text says why.
 */
export async function castSafely(part: AlterPart, before: Before): Promise<SafeForm> {
  const changes = listTypeChanges({ AlterTableStmt: part.statement }, before.known)
  const form = await castAll(part, changes, before)
  return changes.some(dependsOnZone) ? { ...form, statements: inUtc(form.statements) } : form
}

/** What a session writes and reads without a zone is in UTC, by MikroORM's `forceUtcTimezone`. */
const inUtc = (statements: readonly string[]) => [
  `set timezone = 'UTC';`,
  ...statements,
  'reset timezone;',
]

async function castAll(
  part: AlterPart,
  changes: readonly TypeChange[],
  before: Before,
): Promise<SafeForm> {
  const asItIs = await castAtOnce(part, before, changes)
  const change = changes.find(isLong)
  if (!change || before.mayCopy === undefined) return rechecked(asItIs, part, changes, before)
  requireCasts(changes, before)
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
      allow: {
        ...(changes.some(isRewrite) && { 'type-change-rewrites': why }),
        ...(changes.some(isRebuild) && { 'collation-rebuilds-indexes': why }),
      },
    }
  }
  const { requires: asked = [] } = asItIs
  // What is asked about may be changed by more than its type, and a number has several texts.
  const copy = await copyColumn(change, before.known, { mayChange: asked.length > 0 })
  return { ...copy, requires: [...asked, ...(copy.requires ?? [])] }
}

/** Throws CAST_MISSING, KEY_UNMADE: PostgreSQL would refuse the statement, or any row, when those before it have been run. */
function requireCasts(changes: readonly TypeChange[], { known, direction }: Before): void {
  for (const change of changes) {
    const { table, name, from, to } = change
    const isUnread = isNeverRead(change)
    if (!from || !(isUnread || lacksCast(change, known))) continue
    const isBack = direction === 'down'
    if (isBack && !isUnread && findDetour(change) !== undefined) continue
    const column = `${shown(table)}.${name}`
    const [old, next] = [from, to].map((one) => shownType(readType(one)))
    if (isUnread && isOfPrimaryKey(known, table, name))
      throw failure('KEY_UNMADE', { column, from: old })
    throw failure('CAST_MISSING', { column, from: old, to: next, ...(isBack && { isBack }) })
  }
}

/** MikroORM reads the text of whatever becomes a uuid as one: that of a number, a moment or a document never is. */
function isNeverRead({ from, to, using, isRead }: TypeChange): boolean {
  if (!from || !using || !isRead) return false
  const [old, next] = [readType(from), readType(to)]
  return next.name === 'uuid' && NEVER_UUIDS.has(toWhole(old.name)) && !old.isArray
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

function lacksCast({ from, to, using }: TypeChange, known: KnownObjects): boolean {
  return from !== undefined && !using && !mayCast(from, to, known)
}

/** The type by which values go back to one to which they cannot be cast. */
function findDetour({ from, to }: TypeChange): string | undefined {
  const [old, next] = [readType(from ?? {}), readType(to)]
  if (old.isArray || next.isArray) return undefined
  if (next.name === 'json' || next.name === 'jsonb') return 'text'
  return castBetween(old.name, next.name)
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

async function castAtOnce(
  { sql }: AlterPart,
  { known, direction }: Before,
  all: readonly TypeChange[],
): Promise<SafeForm> {
  const changes = all.filter(({ from }) => from)
  // Of two enums none is cast to the other; both are read as texts.
  const cast = changes.some((change) => isOfEnums(change, known))
    ? sql.replaceAll(CAST, '$1::text::')
    : sql
  const following = changes.flatMap((change) => sequenceOf(change, known))
  const labels = changes.flatMap((change) => requireLabels(change, known))
  if (changes.length === 0 || direction === 'down') {
    const back = changes.filter((change) => lacksCast(change, known)).reduce(goAround, cast)
    return { statements: [ended(back), ...following], requires: labels }
  }
  // Without USING, PostgreSQL refuses a text that is too long, and with it cuts it.
  const statements = [ended(cast.replaceAll(CUTTING, '')), ...following]
  const fit = await Promise.all(changes.map((change) => requireRead(change, known)))
  return { statements, requires: [...labels, ...fit.flat()] }
}

function goAround(sql: string, change: TypeChange): string {
  const detour = findDetour(change)
  const using = `using (${quoteName(change.name)}::`
  return detour === undefined ? sql : sql.replace(using, () => `${using}${detour}::`)
}

/** What must hold before, so that a value is read as one of the new type; where nothing says of which it is, all are cast. */
async function requireRead(change: TypeChange, known: KnownObjects): Promise<Check[]> {
  const { table, name, from, to, using, isRead } = change
  const isText = from !== undefined && TEXTS.has(readType(from).name)
  const isLabelled = to.typeName && known.isEnum(readName({ TypeName: to.typeName }))
  const isTried = known.domains.isChecked(to) || (isText && !TEXTS.has(readType(to).name))
  const fit = requireFit(change)
  if (using || isLabelled || fit.length > 0 || !isTried) return fit
  const column = quoteName(name)
  const value = `${column}${isRead ? '::text' : ''}::${await showType(to)}`
  const target = quoteName(table.name, table.schema)
  return [allComputed({ table: target, values: [value], about: `The new type of ${column}` })]
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
