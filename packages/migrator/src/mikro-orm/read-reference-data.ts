import type { EntityProperty, MikroORM, Platform } from '@mikro-orm/core'
import { failure } from '../errors/index.ts'
import type { HashedValue, ReferenceTable, ReferenceValue } from '../project/reference-table.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import type { ReferenceData } from './reference-data.ts'

/** What is declared, as PostgreSQL reads it: tables and columns, and each value as text. Throws REFERENCE_DATA_INVALID. */
export function readReferenceData(
  orm: MikroORM,
  { of, key, rows, earlier = [] }: ReferenceData,
): ReferenceTable {
  if ('table' in of) {
    const { table, schema } = of
    const plain = (all: ReferenceData['rows']) =>
      all.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [name, toText(table, name, value)]),
        ),
      )
    const place = { table, ...(schema !== undefined && { schema }) }
    return {
      ...place,
      key,
      rows: plain(rows).map(asShipped),
      earlier: plain(earlier),
      onUpdate: {},
    }
  }
  const meta = orm.getMetadata().get(of)
  const { tableName: table, schema } = meta
  const property = (name: string) => {
    const found = meta.properties[name as never] as EntityProperty | undefined
    const column = found?.fieldNames?.length === 1 ? found.fieldNames[0] : undefined
    if (!found || column === undefined || found.persist === false)
      throw invalid(table, `${meta.className} has no property ${name} with a column of its own.`)
    return { found, column }
  }
  const platform = orm.em.getPlatform()
  const read = (all: ReferenceData['rows']) =>
    all.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => {
          const { found, column } = property(name)
          return [
            column,
            toText(table, name, isHashed(value) ? value : stored(found, value, platform)),
          ]
        }),
      ),
    )
  return {
    ...(schema !== undefined && schema !== '*' && { schema }),
    table,
    key: key.map((name) => property(name).column),
    rows: read(rows).map(asShipped),
    earlier: read(earlier),
    onUpdate: Object.fromEntries(meta.props.flatMap((prop) => setOnUpdate(prop, table, platform))),
  }
}

type Cells = Readonly<Record<string, ReferenceValue | HashedValue>>

/** A hash can be compared, and not stored. */
function asShipped(row: Cells): ReferenceTable['rows'][number] {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (isHashed(value)) throw new TypeError(`${name} of a row that is shipped is a hash`)
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
