import type pg from 'pg'
import { failure } from '../errors/index.ts'
import type { StoredTable } from './tables.ts'

/** What may be lost: tables and columns by their names, or whatever cannot be kept. */
export type AllowedLosses = readonly string[] | 'what cannot be kept'

/** A copy above this is refused, unless the caller says that it may be lost: 256 MB. */
export const DEFAULT_ARCHIVE_LIMIT = 256 * 1024 * 1024

/** In words. */
export function tooLarge(bytes: number, limit: number): string {
  return `${megabytes(bytes)} are to be copied, and the limit is ${megabytes(limit)}`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

/** True where the caller says that it may be lost. */
export function isNamed(
  lose: AllowedLosses,
  { label, name, schema }: Pick<StoredTable, 'label' | 'name' | 'schema'>,
  column?: string,
): boolean {
  if (typeof lose === 'string') return false
  return [label, name, `${schema}.${name}`].some(
    (table) =>
      lose.includes(table) || (column !== undefined && lose.includes(`${table}.${column}`)),
  )
}

/** Throws NOT_KEPT where a copy is larger than the limit. */
export async function keptWithin(
  client: pg.ClientBase,
  limit: number,
  relation: string,
  objects: readonly string[],
): Promise<void> {
  const bytes = await readSize(client, relation)
  if (bytes <= limit) return
  const unarchivableReason = tooLarge(bytes, limit)
  throw failure('NOT_KEPT', { objects: objects.map((object) => ({ object, unarchivableReason })) })
}

/** Bytes of a relation, quoted and qualified. */
export async function readSize(client: pg.ClientBase, relation: string): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    'select pg_table_size($1::regclass)::text as bytes',
    [relation],
  )
  return Number(rows[0]?.bytes ?? 0)
}
