import type { ColumnDef } from '@pgsql/types'
import { readName } from '../sql/names.ts'
import type { KnownObjects } from './known-objects.ts'
import { readType, toWhole } from './parts.ts'
import { TEXTS } from './type-changes.ts'

/** The casts of PostgreSQL 15 (pg_cast) between types of columns, without those from and to texts, which every type has. */
const CASTS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  `bit: int4 int8 varbit
  bool: int4
  box: circle lseg point polygon
  bytea:
  cidr: inet
  circle: box point polygon
  date: timestamp timestamptz
  daterange: datemultirange
  float4: float8 int2 int4 int8 numeric
  float8: float4 int2 int4 int8 numeric
  inet: cidr
  int2: float4 float8 int4 int8 numeric oid
  int4: bit bool float4 float8 int2 int8 money numeric oid
  int4range: int4multirange
  int8: bit float4 float8 int2 int4 money numeric oid
  int8range: int8multirange
  interval: time
  json: jsonb
  jsonb: bool float4 float8 int2 int4 int8 json numeric
  lseg: point
  macaddr: macaddr8
  macaddr8: macaddr
  money: numeric
  numeric: float4 float8 int2 int4 int8 money
  numrange: nummultirange
  oid: int4 int8
  path: polygon
  point: box
  polygon: box circle path point
  time: interval timetz
  timestamp: date time timestamptz
  timestamptz: date time timestamp timetz
  timetz: time
  tsquery:
  tsrange: tsmultirange
  tstzrange: tstzmultirange
  tsvector:
  uuid:
  varbit: bit
  xml:`
    .split('\n')
    .map((line) => {
      const [from = '', to = ''] = line.trim().split(':')
      return [from, new Set(to.split(' '))] as const
    }),
)

/** False of a type that is known to have single values; true of any other, which may be of rows with columns of their own. */
export function mayBeRow(
  column: Pick<ColumnDef, 'typeName'>,
  known: Pick<KnownObjects, 'isEnum'>,
): boolean {
  const { name, isArray } = readType(column)
  const isEnum = column.typeName && known.isEnum(readName({ TypeName: column.typeName }))
  return !(isArray || isEnum || TEXTS.has(name) || CASTS.has(toWhole(name)))
}

/** A type to which one can be cast, and from which the other can be; undefined where there is none. */
export function castBetween(from: string, to: string): string | undefined {
  const all = CASTS.get(toWhole(from)) ?? []
  return [...all].find((one) => CASTS.get(one)?.has(toWhole(to)))
}

/** False where no version has a cast from one type to the other; true where one has, or nothing is known of a type. */
export function mayCast(
  from: Pick<ColumnDef, 'typeName'>,
  to: Pick<ColumnDef, 'typeName'>,
  known: Pick<KnownObjects, 'isEnum'>,
): boolean {
  const [old, next] = [from, to].map((column) => ({ ...readType(column), isEnum: isEnum(column) }))
  if (!old || !next) return true
  const isText = (type: typeof old) => TEXTS.has(type.name) && !type.isArray
  if (isText(old) || isText(next)) return true
  if (old.isArray === next.isArray && (TEXTS.has(old.name) || TEXTS.has(next.name))) return true
  const isKnown = (type: typeof old) =>
    type.isEnum || TEXTS.has(type.name) || CASTS.has(toWhole(type.name))
  if (!isKnown(old) || !isKnown(next)) return true
  if (old.isArray !== next.isArray) return false
  // Of two enums each label is read as a text.
  if (old.isEnum && next.isEnum) return true
  const name = toWhole(next.name)
  return toWhole(old.name) === name || CASTS.get(toWhole(old.name))?.has(name) === true

  function isEnum({ typeName }: Pick<ColumnDef, 'typeName'>): boolean {
    return typeName !== undefined && known.isEnum(readName({ TypeName: typeName }))
  }
}
