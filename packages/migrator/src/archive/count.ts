import { trySavepoint } from '../session/savepoints.ts'
import type { LostColumn, TableLoss } from './table-loss.ts'
import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { asAuthor } from '../session/author.ts'
import { sqlState } from '../session/connect.ts'

/** How much is lost. */
export interface Count {
  /** `jobs`, or `jobs.attempt_count`. */
  readonly object: string
  readonly what: 'rows' | 'values'
  readonly count: number
  /** As stored: of a table all but its indexes, otherwise of the values. */
  readonly bytes: number
}

/** A loss of one table, counted. */
export interface CountedTableLoss {
  /** With the conditions that could be evaluated. */
  readonly tableLoss: TableLoss
  readonly counts: readonly Count[]
}

/**
 * Counts the loss of one table: of `values` a count for each column. Reads the table once for each. Runs in a
 * transaction, which survives a condition that cannot be evaluated. `isForecast`: before the run, for people.
 */
export async function countTableLoss(
  client: pg.ClientBase,
  tableLoss: TableLoss,
  isForecast = false,
): Promise<CountedTableLoss> {
  const { kind, table } = tableLoss
  if (kind !== 'values') {
    const size = kind === 'table' ? '0' : sumSizes(table.columns.map(({ name }) => name))
    const { count, bytes } = await read(client, tableLoss, size)
    const stored = kind === 'table' ? table.bytes : bytes
    return { tableLoss, counts: [{ object: table.label, what: 'rows', count, bytes: stored }] }
  }
  const columns: LostColumn[] = []
  const counts: Count[] = []
  for (const column of tableLoss.columns) {
    const { isTaken, ...found } = await readFirst(client, tableLoss, column, isForecast)
    columns.push({ ...column, isTaken })
    counts.push({ object: `${table.label}.${column.name}`, what: 'values', ...found })
  }
  return { tableLoss: { ...tableLoss, columns }, counts }
}

/** A data or syntax exception: a cast that is not there, say, or that refuses a value. */
export function isUnreadable(error: unknown): boolean {
  return /^(22|42)/.test(sqlState(error) ?? '')
}

/** By the first of a column's conditions that PostgreSQL can evaluate on every row. */
async function readFirst(
  client: pg.ClientBase,
  tableLoss: TableLoss,
  { name, isTaken, orElse = [] }: LostColumn,
  isForecast: boolean,
): Promise<{ isTaken: string; count: number; bytes: number }> {
  const [next, ...rest] = orElse
  if (next === undefined) {
    return { isTaken, ...(await read(client, tableLoss, sumSizes([name]), isTaken)) }
  }
  const look = () => read(client, tableLoss, sumSizes([name]), isTaken)
  const tried = await trySavepoint(client, look, isUnreadable)
  if ('value' in tried) return { isTaken, ...tried.value }
  // The statement will be refused for the same value, so nothing is lost.
  const isRefused = isForecast && rest.length === 0 && sqlState(tried.refusal)?.startsWith('22')
  if (isRefused) return { isTaken: 'false', count: 0, bytes: 0 }
  return readFirst(client, tableLoss, { name, isTaken: next, orElse: rest }, isForecast)
}

async function read(
  client: pg.ClientBase,
  tableLoss: TableLoss,
  size: string,
  condition?: string,
): Promise<{ count: number; bytes: number }> {
  // The conditions are the author's, and so are the settings that they see.
  const { rows } = await asAuthor(client, () =>
    client.query<{ count: string; bytes: string }>(
      `select pg_catalog.count(*), coalesce(pg_catalog.sum(${size}), 0)::pg_catalog.text as bytes ${fromTaken(tableLoss, condition)}`,
    ),
  )
  return { count: Number(rows[0]?.count ?? 0), bytes: Number(rows[0]?.bytes ?? 0) }
}

/** FROM and WHERE of the rows that are lost. */
function fromTaken({ kind, table, matching }: TableLoss, condition?: string): string {
  const conditions = [
    ...(matching === undefined ? [] : [`(tableoid, ctid) in (${matching})`]),
    ...(condition === undefined ? [] : [condition]),
  ]
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
  return `from ${kind === 'table' ? table.from : table.sql} ${where}`
}

/** Bytes of values as they are stored, without reading the long ones. */
function sumSizes(columns: readonly string[]): string {
  const sizes = columns.map(
    (name) => `coalesce(pg_catalog.pg_column_size(${quoteName(name)}), 0)::pg_catalog.int8`,
  )
  return sizes.length > 0 ? sizes.join(' + ') : '0'
}
