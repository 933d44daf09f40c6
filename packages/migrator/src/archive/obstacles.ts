import { failure, type MigratorError } from '../errors.ts'
import type { Count, CountedTaking } from './count.ts'
import { keyOf } from './snapshot.ts'
import type { StoredTable } from './tables.ts'

/** What may be lost: tables and columns by their names, or whatever cannot be kept. */
export type Losable = readonly string[] | 'what cannot be kept'

/** A copy above this is refused, unless the caller says that it may be lost: 256 MB. */
export const DEFAULT_ARCHIVE_LIMIT = 256 * 1024 * 1024

/** Why something cannot be kept; undefined where it can. A table moves, so its size is no obstacle. */
export function obstacleOf({ taking, counts }: CountedTaking, limit: number): string | undefined {
  const { kind, table } = taking
  if (kind === 'table') return undefined
  const bytes = counts.reduce((sum, count) => sum + count.bytes, 0)
  if (bytes > limit) return tooLarge(bytes, limit)
  if (table.hasHeirs) return `other tables inherit from ${table.label}`
  if (kind === 'values' && keyOf(taking) === undefined) {
    return `${table.label} has no key that would find its rows again`
  }
  return undefined
}

/** In words. */
export function tooLarge(bytes: number, limit: number): string {
  return `${megabytes(bytes)} are to be copied, and the limit is ${megabytes(limit)}`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

/** Splits what was counted into what is to be kept, and what the caller has named as one that may be lost. */
export function splitLost(
  { taking, counts }: CountedTaking,
  lose: Losable,
): { readonly kept: CountedTaking | undefined; readonly lost: readonly Count[] } {
  // A table or rows are one part; values are a part for each column.
  const parts = counts
    .map((count, i) => ({ count, column: taking.columns[i] }))
    .filter(({ count }) => count.count > 0)
  const isLost = ({ column }: (typeof parts)[number]) => isNamed(lose, taking.table, column?.name)
  const staying = parts.filter((part) => !isLost(part))
  const columns = staying.flatMap(({ column }) => column ?? [])
  const kept = { taking: { ...taking, columns }, counts: staying.map(({ count }) => count) }
  return {
    kept: staying.length > 0 ? kept : undefined,
    lost: parts.filter(isLost).map(({ count }) => count),
  }
}

function isNamed(lose: Losable, { label, name, schema }: StoredTable, column?: string): boolean {
  if (typeof lose === 'string') return false
  return [label, name, `${schema}.${name}`].some(
    (table) =>
      lose.includes(table) || (column !== undefined && lose.includes(`${table}.${column}`)),
  )
}

/** The refusal that names all of them. */
export function notKept(
  unkept: readonly { readonly counted: CountedTaking; readonly obstacle: string }[],
): MigratorError {
  const objects = unkept.flatMap(({ counted, obstacle }) =>
    counted.counts.map(({ object, count, what }) => ({ object, count, what, obstacle })),
  )
  return failure('NOT_KEPT', { objects })
}
