import type { ColumnDef, Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { columnsIn } from '../phase/release.ts'
import { checksum } from '../sql/checksum.ts'
import type { KnownObjects } from './known-objects.ts'
import { listCommands, readType, toWhole, type Type } from './parts.ts'
import { listRebuiltIndexes, listRecheckedConstraints } from './rebuilt-parts.ts'

/** ALTER COLUMN … TYPE. */
export interface TypeChange {
  readonly table: Name
  readonly name: string
  /** What the column is called afterwards, where that is another name. */
  readonly becomes?: string
  /** Undefined where nothing that is known has made the column. */
  readonly from: ColumnDef | undefined
  readonly to: ColumnDef
  /** The new type is a domain, and `to` is of what that is of. */
  readonly isToDomain: boolean
  /** What USING says, where it is more than a cast to the new type. */
  readonly using: Node | undefined
  /** A cast to the new type, written out: it cuts what would be refused without. */
  readonly isCast: boolean
  /** USING reads the text of a value as one of the new type, as MikroORM writes it for a uuid. */
  readonly isRead: boolean
  /** Indexes that PostgreSQL builds again although it writes no row again. */
  readonly rebuilt: readonly string[]
  /** CHECKs that it holds against every row again, although it writes none. */
  readonly rechecked: readonly string[]
}

export function listTypeChanges(node: Node, known: KnownObjects): TypeChange[] {
  return listCommands(node, 'AlterColumnType').flatMap(({ table, name, command: { def } }) => {
    if (!def || !('ColumnDef' in def)) return []
    const owner = known.table(table)
    const old = owner?.columns.get(name)
    const from = old && known.domains.withBase(old)
    // Values of a domain without constraints are stored, and read, as those of its base.
    const to = known.domains.isChecked(def.ColumnDef)
      ? def.ColumnDef
      : known.domains.withBase(def.ColumnDef)
    const { raw_default: value } = to
    const isCast = isCastTo(value, def.ColumnDef)
    // USING the column itself says nothing.
    const isItself = value && 'ColumnRef' in value && columnsIn(value)[0] === name
    const using = isCast || isItself ? undefined : value
    const isRead = isReadAs(value, def.ColumnDef)
    const isToDomain = to !== def.ColumnDef
    const rebuilt = owner && from ? listRebuiltIndexes(owner, { name, from, to }) : []
    const rechecked = owner ? listRecheckedConstraints(owner, name, node) : []
    return [{ table, name, from, to, isToDomain, isCast, isRead, using, rebuilt, rechecked }]
  })
}

function isCastTo(using: Node | undefined, { typeName }: ColumnDef): boolean {
  if (!using || !('TypeCast' in using)) return false
  const { arg, typeName: cast } = using.TypeCast
  const [type, other] = [typeName, cast].map((one) =>
    checksum(readType(one ? { typeName: one } : {})),
  )
  return arg !== undefined && 'ColumnRef' in arg && type === other
}

function isReadAs(using: Node | undefined, column: ColumnDef): boolean {
  const { arg } = using && 'TypeCast' in using ? using.TypeCast : {}
  const { arg: inner, typeName } = arg && 'TypeCast' in arg ? arg.TypeCast : {}
  const isText = typeName !== undefined && readType({ typeName }).name === 'text'
  return isText && inner !== undefined && isCastTo(withArgument(using, inner), column)
}

function withArgument(cast: Node | undefined, arg: Node): Node | undefined {
  return cast && 'TypeCast' in cast ? { TypeCast: { ...cast.TypeCast, arg } } : undefined
}

/** Between timestamp and timestamptz. */
export function isZoneChange({ from, to, using }: TypeChange): boolean {
  if (!from || using) return false
  const names = [readType(from).name, readType(to).name].toSorted()
  return names.join() === 'timestamp,timestamptz'
}

/** Types that PostgreSQL reads as the other one, without any work. */
const READ_ALIKE = new Set([
  'varchar text',
  'text varchar',
  'cidr inet',
  'xml text',
  'xml varchar',
  'text bpchar',
  'varchar bpchar',
  'xml bpchar',
  'bit varbit',
])

/** True where PostgreSQL changes the type without writing a row again: measured on 15 and 18, for pairs of 50 types. */
export function isInPlace({ from, to, using }: TypeChange): boolean {
  if (!from || using) return false
  const [old, next] = [readType(from), readType(to)]
  if (old.isArray !== next.isArray) return false
  const isSame = old.name === next.name
  // Of an array PostgreSQL looks at the type of the values alone.
  if (old.isArray)
    return (
      isSame &&
      [0, old.sizes.length].includes(next.sizes.length) &&
      next.sizes.every((size, n) => size === old.sizes[n])
    )
  if (!isSame) return READ_ALIKE.has(`${old.name} ${next.name}`) && next.sizes.length === 0
  // Digits of a second matter to an interval that has seconds.
  if (leastOf(old) > 0) return leastOf(next) <= leastOf(old)
  return leastOf(next) === 0 && isAsWide(next.name, sizesOf(old), sizesOf(next))
}

/** True of a change for which nobody may wait: a table that is written again under ACCESS EXCLUSIVE. */
export function isRewrite(change: TypeChange): boolean {
  return !isInPlace(change) && !isZoneChange(change)
}

/** True where PostgreSQL builds indexes again, though it writes no row: for as long, and under the same lock. */
export function isRebuild(change: TypeChange): boolean {
  return !isRewrite(change) && change.rebuilt.length > 0
}

/** True of a change that takes as long as the table is large, while nobody can read or write it. */
export function isLong(change: TypeChange): boolean {
  return isRewrite(change) || isRebuild(change)
}

function isAsWide(
  name: string,
  [limit, scale = 0]: readonly number[],
  [newLimit, newScale = 0]: readonly number[],
): boolean {
  if (newLimit === undefined) return true
  if (name === 'bpchar' || name === 'bit') return limit === newLimit
  const isWider = limit !== undefined && newLimit >= limit
  return isWider && (name !== 'numeric' || scale === newScale)
}

/** What limits the values of a type; of moments the digits of a second, where those are fewer than all. */
function sizesOf({ name, sizes }: Type): readonly number[] {
  if (!FINE.has(name)) return sizes
  const [digits = FINEST] = name === 'interval' ? sizes.slice(1) : sizes
  return digits < FINEST ? [digits] : []
}

/** Parts of an interval by their bits in PostgreSQL's mask, the least one first. */
const PARTS = [4096, 2048, 1024, 8, 2, 4]

/** The place of the least part that an interval keeps: 0, the seconds, where nothing is cut. */
function leastOf({ name, sizes: [mask = 4096] }: Type): number {
  return name === 'interval' ? PARTS.findIndex((bit) => (mask & bit) > 0) : 0
}

/** Types with digits of a second, and how many they have where none are named. */
export const FINE: ReadonlySet<string> = new Set([
  'timestamp',
  'timestamptz',
  'time',
  'timetz',
  'interval',
])
export const FINEST = 6

export const WHOLE: ReadonlySet<string> = new Set(['int2', 'int4', 'int8'])
/** Types of numbers that are not whole. */
export const BROKEN: ReadonlySet<string> = new Set(['float4', 'float8', 'numeric'])
export const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar'])
const MOMENTS = new Set(['timestamp', 'timestamptz'])

/** Longer values are refused, unless a cast is written out. */
const CUT_BY_CAST = new Set(['varchar', 'bpchar', 'bit', 'varbit'])
/** Of other types, those that hold less of a value, whatever their sizes: fewer digits, no date, no zone, no bits of a host. */
const HOLD_LESS = new Set(
  [
    [...TEXTS].flatMap((text) => [`${text} char`, `${text} name`]),
    [...BROKEN].flatMap((broken) => [...WHOLE].map((whole) => `${broken} ${whole}`)),
    ['int4 float4', 'int8 float4', 'int8 float8', 'float8 float4', 'numeric float4'],
    ['numeric float8', 'float4 numeric', 'float8 numeric', 'numeric money'],
    [...MOMENTS].flatMap((moment) => ['date', 'time', 'timetz'].map((one) => `${moment} ${one}`)),
    ['timetz time', 'interval time', 'inet cidr'],
  ].flat(),
)

/** True where values are cut or rounded in silence. What PostgreSQL refuses by itself is not. */
export function isLossy({ from, to, isCast, using }: TypeChange): boolean {
  if (!from || using) return false
  const [old, next] = [readType(from), readType(to)]
  const pair = `${toWhole(old.name)} ${next.name}`
  const [[limit, scale = 0], [newLimit, newScale = 0]] = [sizesOf(old), sizesOf(next)]
  const isNarrower = newLimit !== undefined && (limit === undefined || newLimit < limit)
  if (CUT_BY_CAST.has(next.name)) return isCast && isNarrower
  if (HOLD_LESS.has(pair)) return true
  if (next.name === 'bool') return isCast && WHOLE.has(toWhole(old.name))
  if (pair === 'numeric numeric')
    return newLimit !== undefined && (limit === undefined || newScale < scale)
  if (leastOf(next) !== leastOf(old)) return leastOf(next) > leastOf(old)
  const isSameKind = old.name === next.name || (MOMENTS.has(old.name) && MOMENTS.has(next.name))
  return FINE.has(next.name) && isSameKind && isNarrower
}
