import type { EntityClass, EntityProperty, MikroORM, Platform } from '@mikro-orm/core'
import { failure } from '../errors/index.ts'
import type {
  HashedValue,
  ReferenceRow,
  ReferenceTable,
  ReferenceValue,
} from '../project/reference-table.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import type { ReferenceData, TableName } from './reference-data.ts'

/** What is declared, as PostgreSQL reads it: tables and columns, and each value as text. Throws REFERENCE_DATA_INVALID. */
export function readReferenceData(
  orm: MikroORM,
  { of, key, rows, earlier = [] }: ReferenceData,
): ReferenceTable {
  const place = 'table' in of ? readTable(of) : readEntity(orm, of)
  return {
    ...place.table,
    key: key.map((name) => place.column(name)),
    rows: rows.map((row) => asShipped(place.table.table, readRow(row, place))),
    earlier: earlier.map((row) => readRow(row, place)),
  }
}

/** Where rows go, and what becomes of their names and values. */
interface Place {
  readonly table: Pick<ReferenceTable, 'table' | 'schema' | 'onUpdate'>
  readonly column: (name: string) => string
  readonly stored: (name: string, value: unknown) => unknown
}

function readRow(row: ReferenceData['rows'][number], { table, column, stored }: Place): Cells {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      column(name),
      toText(table.table, name, isHashed(value) ? value : stored(name, value)),
    ]),
  )
}

function readTable({ table, schema }: TableName): Place {
  return {
    table: { table, ...(schema !== undefined && { schema }), onUpdate: {} },
    column: (name) => name,
    stored: (_, value) => value,
  }
}

function readEntity(orm: MikroORM, entity: EntityClass<object>): Place {
  const { tableName: table, schema, className, properties, props } = orm.getMetadata().get(entity)
  const platform = orm.em.getPlatform()
  const find = (name: string): EntityProperty => {
    const found = (properties as Readonly<Record<string, EntityProperty>>)[name]
    if (found?.fieldNames?.length === 1 && found.persist !== false) return found
    throw invalid(table, `${className} has no property ${name} with a column of its own.`)
  }
  const onUpdate = props.flatMap((prop) => setOnUpdate(prop, table, platform))
  const isFixed = schema !== undefined && schema !== '*'
  return {
    table: { table, ...(isFixed && { schema }), onUpdate: Object.fromEntries(onUpdate) },
    column: (name) => find(name).fieldNames[0] ?? name,
    stored: (name, value) => stored(find(name), value, platform),
  }
}

type Cells = Readonly<Record<string, ReferenceValue | HashedValue>>

/** A hash can be compared, and not stored. */
function asShipped(table: string, row: Cells): ReferenceRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (isHashed(value)) throw invalid(table, `${name} of a row that is shipped is a hash.`)
      return [name, value]
    }),
  )
}

/** As MikroORM stores it; of a relation, the key. */
function stored(property: EntityProperty, value: unknown, platform: Platform): unknown {
  const type = property.customType
  return type && value !== null && value !== undefined
    ? type.convertToDatabaseValue(value, platform, { mode: 'query-data' })
    : value
}

/** Moments of change and the like: what the entity sets with every update. */
function setOnUpdate(
  property: EntityProperty,
  table: string,
  platform: Platform,
): (readonly [string, string])[] {
  const [column] = property.fieldNames ?? []
  if (!property.onUpdate || column === undefined) return []
  const value: unknown = property.onUpdate({}, undefined as never)
  if (typeof value === 'object' && value !== null && 'sql' in value) {
    const { sql, params } = value as { readonly sql: string; readonly params?: readonly unknown[] }
    if ((params ?? []).length === 0) return [[column, sql]]
  }
  const text = toText(table, property.name, stored(property, value, platform))
  return [[column, typeof text === 'string' ? quoteLiteral(text) : 'null']]
}

function isHashed(value: unknown): value is HashedValue {
  return typeof value === 'object' && value !== null && 'md5' in value
}

function toText(table: string, name: string, value: unknown): ReferenceValue | HashedValue {
  if (value === null || typeof value === 'string' || isHashed(value)) return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  throw invalid(
    table,
    `A value of ${name} is neither a text, a number, a truth value nor a moment.`,
  )
}

function invalid(table: string, reason: string) {
  return failure('REFERENCE_DATA_INVALID', { table, reason })
}
