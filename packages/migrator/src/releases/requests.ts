import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { RecordedColumn, RecordedEntity, RecordedRelation } from './recorded-release.ts'

/** A statement that a release sends. */
export interface ReleaseRequest {
  readonly entity: string
  /** What of the entity it is about; undefined where it is about all of it. */
  readonly property?: string
  readonly does: 'read' | 'insert' | 'update' | 'delete' | 'join' | 'upsert'
  readonly sql: string
}

/** A row by its columns, as text. */
export type SampleRow = Readonly<Record<string, string | null>>

/** What a release writes again: a row that is there, and by column what else it may set there. */
export interface Sample {
  readonly row: SampleRow
  readonly values: ReadonlyMap<string, readonly (string | null)[]>
}

/** What a release sends about an entity; what writes does so with the values of a sample. Without one it only reads. */
export function requestsOf(entity: RecordedEntity, sample: Sample | undefined): ReleaseRequest[] {
  const about = { entity: entity.entity }
  const reads = entity.columns.map(({ property, column }): ReleaseRequest => ({
    ...about,
    property,
    does: 'read',
    sql: `select ${quoteName(column)} from ${nameOf(entity)} limit 1`,
  }))
  const joins = entity.relations.map((relation): ReleaseRequest => ({
    ...about,
    property: relation.property,
    does: 'join',
    sql: join(entity, relation),
  }))
  return [...reads, ...joins, ...(sample ? writesOf(entity, sample) : [])]
}

function writesOf(entity: RecordedEntity, { row, values }: Sample): ReleaseRequest[] {
  const about = { entity: entity.entity }
  const sent = entity.columns.filter(({ sent }) => sent !== 'never')
  const required = sent.filter(({ sent }) => sent === 'always')
  const insert = (columns: readonly RecordedColumn[], then = '') =>
    `${UNSEEN}; ${deleteRow(entity, row)}; ${SEEN}; ${insertRow(entity, columns, row)}${then}`
  const updates = sent
    .filter(({ column }) => !entity.key.includes(column))
    .flatMap(({ property, column }) =>
      [...new Set([row[column] ?? null, ...(values.get(column) ?? [])])].map(
        (value): ReleaseRequest => ({
          ...about,
          property,
          does: 'update',
          sql: `update ${nameOf(entity)} set ${quoteName(column)} = ${toLiteral(value)} where ${isRow(entity, row)}`,
        }),
      ),
    )
  const upserts = entity.uniques.map((columns): ReleaseRequest => ({
    ...about,
    property: propertyOf(entity, columns),
    does: 'upsert',
    sql: insert(sent, ` on conflict (${listNames(columns)}) do nothing`),
  }))
  return [
    { ...about, does: 'insert', sql: insert(required) },
    { ...about, does: 'insert', sql: insert(sent) },
    ...updates,
    ...upserts,
    { ...about, does: 'delete', sql: deleteRow(entity, row) },
  ]
}

/** The first row of an entity's table, by its key. */
export function sampleQuery(entity: RecordedEntity): string {
  const columns = entity.columns.map(
    ({ column }) => `${quoteName(column)}::pg_catalog.text as ${quoteName(column)}`,
  )
  return `select ${columns.join(', ')} from ${nameOf(entity)} order by ${listNames(entity.key)} limit 1`
}

/** How many values of a column's rows are sent. A type that lists its values has all of them sent. */
const VALUES = 8

/** What a release may set in a column: what its rows have, and each value of an enum. */
export function valuesQuery(entity: RecordedEntity, { column }: RecordedColumn): string {
  return `
    (select distinct ${quoteName(column)}::pg_catalog.text as value from ${nameOf(entity)} order by 1 limit ${VALUES})
    union
    select enumlabel from pg_catalog.pg_enum join pg_catalog.pg_attribute on atttypid = enumtypid
     where attrelid = ${quoteLiteral(nameOf(entity))}::pg_catalog.regclass and attname = ${quoteLiteral(column)}
     order by 1`
}

function nameOf({ schema, table }: { readonly schema?: string; readonly table: string }): string {
  return quoteName(table, schema)
}

function listNames(names: readonly string[]): string {
  return names.map((name) => quoteName(name)).join(', ')
}

function propertyOf({ columns }: RecordedEntity, names: readonly string[]): string {
  return names
    .map((name) => columns.find(({ column }) => column === name)?.property ?? name)
    .join(', ')
}

function valueOf(row: SampleRow, column: string): string {
  return toLiteral(row[column] ?? null)
}

function toLiteral(value: string | null): string {
  return value === null ? 'null' : quoteLiteral(value)
}

function isRow(entity: RecordedEntity, row: SampleRow): string {
  return entity.key.map((name) => `${quoteName(name)} = ${valueOf(row, name)}`).join(' and ')
}

/** The row makes place for itself: what references it stays, and no trigger hears of it. */
const UNSEEN = 'set local session_replication_role to replica'
const SEEN = 'set local session_replication_role to origin'

function deleteRow(entity: RecordedEntity, row: SampleRow): string {
  return `delete from ${nameOf(entity)} where ${isRow(entity, row)}`
}

function insertRow(
  entity: RecordedEntity,
  columns: readonly RecordedColumn[],
  row: SampleRow,
): string {
  if (columns.length === 0) return `insert into ${nameOf(entity)} default values`
  const names = columns.map(({ column }) => column)
  const values = names.map((name) => valueOf(row, name))
  return `insert into ${nameOf(entity)} (${listNames(names)}) values (${values.join(', ')})`
}

function join(entity: RecordedEntity, relation: RecordedRelation): string {
  const on = relation.columns.map(
    (name, n) => `a.${quoteName(name)} = b.${quoteName(relation.referenced[n] ?? name)}`,
  )
  return `select from ${nameOf(entity)} a join ${nameOf(relation)} b on ${on.join(' and ')} limit 1`
}
