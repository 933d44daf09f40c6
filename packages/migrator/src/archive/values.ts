import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import type { Capture } from './capture.ts'
import type { NetChanges } from './net-changes.ts'
import { createRelation, type ArchiveEntry } from './schema.ts'
import { keyWithout, type StoredColumn, type StoredTable } from './tables.ts'
import { fromText, writeColumn, writePlace, asText } from './text.ts'

/** Old values in a relation of the archive, with what finds the row of each again. */
export interface ValuesRelation {
  /** Quoted and qualified. */
  readonly relation: string
  readonly table: StoredTable
  /** The columns that find a row again; empty: it is found by its place. */
  readonly key: readonly string[]
  readonly columns: readonly string[]
}

/** Copies values of columns before they go, or get another type. */
export async function copyValues(
  client: pg.ClientBase,
  { relation, table, columns }: Omit<ValuesRelation, 'key'>,
  where?: string,
): Promise<ValuesRelation> {
  const key = keyWithout(table, columns) ?? []
  await createRelation(
    client,
    relation,
    `as select ${valuesIn(key, columns)} from ${table.from} t ${where === undefined ? '' : `where ${where}`}`,
  )
  return { relation, table, key, columns }
}

/** What is copied of a row `t`. */
export function valuesIn(key: readonly string[], columns: readonly string[]): string {
  return [
    ...numbered('key', key, (name) => asText(writeColumn('t', name))),
    `${writePlace('t')} as place`,
    ...numbered('old', columns, (name) => asText(writeColumn('t', name))),
    't.xmin::text as stamp',
  ].join(', ')
}

/** Copies the values that the statements of a segment have overwritten, with those that replaced them. */
export async function copyOverwritten(
  client: pg.ClientBase,
  { relation: net, columns, key }: NetChanges,
  capture: Capture,
  target: Pick<ValuesRelation, 'relation' | 'table'>,
): Promise<ValuesRelation> {
  const { relation, table } = target
  const at = (image: string, name: string) => `n.${image}[${capture.columns.indexOf(name) + 1}]`
  const list = [
    ...numbered('key', key, (name) => at('new', name)),
    'n.place',
    ...numbered('old', columns, (name) => at('old', name)),
    ...numbered('new', columns, (name) => at('new', name)),
    'null::text as stamp',
  ]
  const isOverwritten = columns
    .map((name) => `${at('old', name)} is distinct from ${at('new', name)}`)
    .join(' or ')
  await createRelation(
    client,
    relation,
    `as select ${list.join(', ')} from ${net} n where old is not null and new is not null and (${isOverwritten})`,
  )
  if (key.length === 0) {
    await client.query(
      `update ${relation} a set stamp = t.xmin::text from ${table.from} t where ${isSameRow({ table, key })}`,
    )
  }
  return { relation, table, key, columns }
}

/**
 * The columns that find the rows of an entry, by the names that they have in a table now; '' for one that is not there.
 * In the very table that it is of they have their numbers, whatever has been renamed since.
 */
export function keyIn(
  { key, facts }: Pick<ArchiveEntry, 'key' | 'facts'>,
  { oid, columns }: StoredTable,
): readonly string[] {
  const numbers = facts.table === oid ? facts.keyNumbers : undefined
  return key.map((name, i) => {
    const isKey = (column: StoredColumn) =>
      numbers ? column.number === numbers[i] : column.name === name
    return columns.find(isKey)?.name ?? ''
  })
}

/** True for a row `t` of the table and a row `a` of the relation that are of the same row. */
export function isSameRow({ table, key }: Pick<ValuesRelation, 'table' | 'key'>): string {
  if (key.length === 0) return isAt('a.place')
  if (!key.every((name) => table.columns.some((column) => column.name === name))) return 'false'
  return key
    .map((name, i) => {
      const column = table.columns.find((other) => other.name === name)
      return isSameValue(column, writeColumn('t', name), `a.key${i + 1}`)
    })
    .join(' and ')
}

/** True for a row `t` at a place, without reading all of its table. */
export function isAt(place: string): string {
  const part = (n: number) => `pg_catalog.split_part(${place}, ' ', ${n})`
  return `t.tableoid operator(pg_catalog.=) ${part(1)}::pg_catalog.oid and t.ctid operator(pg_catalog.=) ${part(2)}::pg_catalog.tid`
}

/** By an operator that nobody else can have made: of PostgreSQL's own types theirs, which finds an index. */
export function isSameValue(column: StoredColumn | undefined, value: string, text: string): string {
  return column?.isBuiltIn
    ? `${value} operator(pg_catalog.=) ${fromText(text, column)}`
    : `(${asText(value)}) operator(pg_catalog.=) ${text}`
}

function numbered(
  prefix: string,
  columns: readonly string[],
  expression: (column: string) => string,
): string[] {
  return columns.map((column, i) => `${expression(column)} as ${quoteName(`${prefix}${i + 1}`)}`)
}
