import type pg from 'pg'
import { asAuthor } from '../session/author.ts'
import { isRowsHidden, refusingHiddenRows } from '../session/all-rows.ts'
import { isConnectionLost, isRetried, sqlState } from '../session/connect.ts'
import { switchTo, type Settings } from '../session/side-settings.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { StoredColumn } from './tables.ts'

/**
 * A value as text that its type reads back as the same value, NULL as NULL: what the type's output function
 * says, and no cast, which may pad or cut.
 */
export function asText(expression: string): string {
  // A collation of the author's would go with the archive's columns when it is dropped.
  return `(case when ${expression} is distinct from null then pg_catalog.format('%s', ${expression}) end collate pg_catalog."default")`
}

/** SQL: whether two texts, of a value now and of one before, mean the same: 1.20 and 1.2000 do, as numbers. */
export function saysSame(
  { type }: Pick<StoredColumn, 'type'>,
  now: string,
  before: string,
): string {
  const isSame = `${now} is not distinct from ${before}`
  if (type !== 'numeric') return isSame
  const number = '^-?[0-9]+([.][0-9]+)?$'
  return `(${isSame} or case when ${before} operator(pg_catalog.~) '${number}' then ${now}::pg_catalog.numeric operator(pg_catalog.=) ${before}::pg_catalog.numeric else false end)`
}

/** The archive has the values as they were. */
export function whyCut(columns: readonly string[]): string {
  return `have not wholly what they had, since the type is another one now (${columns.join(', ')})`
}

/** The value that a column's type reads in a text: what its input function says, and no cast, which may be anybody's. */
export function fromText(
  text: string,
  { type, isCast }: Pick<StoredColumn, 'type' | 'isCast'>,
): string {
  if (!isCast) return `${text}::${type}`
  if (/^jsonb?$/.test(type)) return `pg_catalog.${type}_in(pg_catalog.textout(${text}))`
  // A text in JSON goes to the input function of whatever type there is.
  const record = `pg_catalog.json_to_record(pg_catalog.json_build_object('value', ${text}))`
  return `(select value from ${record} as r(value ${type}))`
}

/** A column of a table by its alias. */
export function writeColumn(alias: string, column: string): string {
  return `${alias}.${quoteName(column)}`
}

/** Where a row is: it stays there until it is updated, or its table is rewritten. */
export function writePlace(alias: string): string {
  return `pg_catalog.concat(${alias}.tableoid, ' ', ${alias}.ctid)`
}

/** A version of a row: its place, and the file that this is in. No other one of a transaction has it, unless TRUNCATE is between. */
export function writeVersion(alias: string): string {
  return `pg_catalog.concat(${writePlace(alias)}, ' ', pg_catalog.pg_relation_filenode(${alias}.tableoid))`
}

/** The place of a version. */
export function placeOf(version: string): string {
  const part = (n: number) => `pg_catalog.split_part(${version}, ' ', ${n})`
  return `(${part(1)} operator(pg_catalog.||) ' ' operator(pg_catalog.||) ${part(2)})`
}

/** The file of a place: a table that is rewritten (VACUUM FULL) gives its places to other rows. */
export function fileAt(place: string): string {
  return `pg_catalog.pg_relation_filenode(pg_catalog.split_part(${place}, ' ', 1)::pg_catalog.oid::pg_catalog.regclass)`
}

/** Settings under which the text of a value says all of it, and is read as that value. */
export const EXACT_TEXT = {
  array_nulls: 'on',
  bytea_output: 'hex',
  datestyle: 'ISO, MDY',
  extra_float_digits: '1',
  intervalstyle: 'postgres',
  lc_monetary: 'C',
  timezone: 'UTC',
  xmloption: 'content',
} as const

/** Row security refuses instead of hiding rows. */
const EXACT = { ...EXACT_TEXT, row_security: 'off' }

/** Runs `work`, inside the open transaction, under settings in which text is exact. */
export async function withExactText<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  const { rows } = await client.query<Settings>(switchTo(EXACT, true))
  const result = await refusingHiddenRows(work)
  // Not in a `finally`: after an error the transaction is rolled back, and takes no statement before.
  const before = Object.keys(EXACT).map((name) => [name, rows[0]?.[name] ?? ''] as const)
  await client.query(switchTo(Object.fromEntries(before), true))
  return result
}

/** True of what goes wrong each time: PostgreSQL, or row security, does not let it. */
export function isRefused(error: unknown): boolean {
  const isOver = isConnectionLost(error) || isRetried(error)
  return error instanceof Error && !isOver && (sqlState(error) !== undefined || isRowsHidden(error))
}

/** Writes into the author's tables: their defaults, checks and types see the author's path, and exact text. */
export async function writeAsAuthor(
  client: pg.ClientBase,
  sql: string,
  values: readonly unknown[] = [],
): Promise<number> {
  const { rowCount } = await asAuthor(client, () =>
    withExactText(client, () => client.query(sql, [...values])),
  )
  return rowCount ?? 0
}
