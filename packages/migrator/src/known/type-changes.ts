import type { ColumnDef, Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { columnsIn } from '../phase/release.ts'
import { checksum } from '../sql/checksum.ts'
import type { KnownObjects } from './known-objects.ts'
import { listCommands, readType } from './parts.ts'

/** ALTER COLUMN … TYPE. */
export interface TypeChange {
  readonly table: Name
  readonly name: string
  /** Undefined where nothing that is known has made the column. */
  readonly from: ColumnDef | undefined
  readonly to: ColumnDef
  /** The new type is a domain, and `to` is of what that is of. */
  readonly isToDomain: boolean
  /** What USING says, where it is more than a cast to the new type. */
  readonly using: Node | undefined
  /** A cast to the new type, written out: it cuts what would be refused without. */
  readonly isCast: boolean
  /** Of a partitioned table: PostgreSQL builds such indexes again, whatever the types are. */
  readonly isIndexedInPartitions: boolean
}

export function listTypeChanges(node: Node, known: KnownObjects): TypeChange[] {
  return listCommands(node, 'AlterColumnType').flatMap(({ table, name, command: { def } }) => {
    if (!def || !('ColumnDef' in def)) return []
    const { columns, indexes, isPartitioned = false } = known.table(table) ?? {}
    const old = columns?.get(name)
    const from = old && known.domains.withBase(old)
    // Values of a domain without constraints are stored, and read, as those of its base.
    const to = known.domains.isChecked(def.ColumnDef)
      ? def.ColumnDef
      : known.domains.withBase(def.ColumnDef)
    const isIndexed = [...(indexes?.values() ?? [])].some((index) => index.columns.includes(name))
    const { raw_default: value } = to
    const isCast = isCastTo(value, def.ColumnDef)
    // USING the column itself says nothing.
    const isItself = value && 'ColumnRef' in value && columnsIn(value)[0] === name
    const using = isCast || isItself ? undefined : value
    const isIndexedInPartitions = isPartitioned && isIndexed
    const isToDomain = to !== def.ColumnDef
    return [{ table, name, from, to, isToDomain, isCast, using, isIndexedInPartitions }]
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
  'bit varbit',
])

/** True where PostgreSQL changes the type without writing a row again: measured on 15 and 18, for pairs of 38 types. */
export function isInPlace({ from, to, using }: TypeChange): boolean {
  if (!from || using) return false
  const [old, next] = [readType(from), readType(to)]
  const [[limit, scale = 0], [newLimit, newScale = 0]] = [old.sizes, next.sizes]
  if (old.isArray !== next.isArray || (old.isArray && newLimit !== undefined && limit !== newLimit))
    return false
  if (old.name !== next.name)
    return READ_ALIKE.has(`${old.name} ${next.name}`) && newLimit === undefined
  const isWider = newLimit === undefined || (limit !== undefined && newLimit >= limit)
  if (next.name === 'numeric') return newLimit === undefined || (isWider && scale === newScale)
  return next.name === 'bpchar' || next.name === 'bit' ? limit === newLimit : isWider
}

const WHOLE = new Set(['int2', 'int4', 'int8'])
/** Types of numbers that are not whole. */
export const BROKEN: ReadonlySet<string> = new Set(['float4', 'float8', 'numeric'])
const MOMENTS = new Set(['timestamp', 'timestamptz'])

/** True where values are cut or rounded in silence. What PostgreSQL refuses by itself is not. */
export function isLossy({ from, to, isCast, using }: TypeChange): boolean {
  if (!from || using) return false
  const [old, next] = [readType(from), readType(to)]
  const [[limit, scale = 0], [newLimit, newScale = 0]] = [old.sizes, next.sizes]
  const isNarrower = newLimit !== undefined && (limit === undefined || newLimit < limit)
  if (next.name === 'varchar' || next.name === 'bpchar') return isCast && isNarrower
  if (BROKEN.has(old.name) && WHOLE.has(next.name)) return true
  if (old.name === 'float8' && next.name === 'float4') return true
  if (old.name === 'numeric' && next.name === 'numeric')
    return newLimit !== undefined && (limit === undefined || newScale < scale)
  if (!MOMENTS.has(old.name)) return false
  return next.name === 'date' || next.name === 'time' || (MOMENTS.has(next.name) && isNarrower)
}
