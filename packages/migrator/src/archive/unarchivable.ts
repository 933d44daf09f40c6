import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { authorsSchemas } from '../session/author.ts'
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
  table: Pick<StoredTable, 'label' | 'name' | 'schema'>,
  column?: string,
): boolean {
  if (typeof lose === 'string') return false
  return listNames(table, column).some((meant) => lose.includes(meant))
}

/** All that a caller may write for a table, or for a column of it: who names the table means the column, too. */
export function listNames(
  { label, name, schema }: Pick<StoredTable, 'label' | 'name' | 'schema'>,
  column?: string,
): readonly string[] {
  const whole = `${schema}.${name}`
  const own = column === undefined ? [] : [`${label}.${column}`, `${whole}.${column}`]
  return [label, whole, `${whole}.*`, ...own]
}

/**
 * Throws LOSE_AMBIGUOUS where a name means several things, LOSE_UNKNOWN where it means none. `mayMake`: whether the plan
 * may give that name to something first.
 */
export async function verifyNames(
  client: pg.ClientBase,
  lose: readonly string[],
  mayMake: (name: string) => boolean,
): Promise<void> {
  if (lose.length === 0) return
  const { rows } = await client.query<{ name: string; meanings: string[] }>(
    `with relation as (
       select c.oid, concat(nspname, '.', relname) as whole, case when nspname = any ($2) then relname else concat(nspname, '.', relname) end as label
         from pg_class c join pg_namespace n on n.oid = relnamespace where relkind not in ('i', 'I', 't', 'c') and relpersistence <> 't'),
     meaning (name, means) as (
       select unnest(array[label, whole, whole || '.*']), whole || '.*' from relation
       union select unnest(array[concat(label, '.', attname), concat(whole, '.', attname)]), concat(whole, '.', attname)
         from relation join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped)
     select name, json_agg(means order by means) as meanings from meaning where name = any ($1) group by name`,
    [lose, authorsSchemas(client) ?? ['public']],
  )
  for (const name of lose) {
    const { meanings = [] } = rows.find((row) => row.name === name) ?? {}
    if (meanings.length > 1) throw failure('LOSE_AMBIGUOUS', { name, meanings })
    if (meanings.length === 0 && !mayMake(name)) throw failure('LOSE_UNKNOWN', { name })
  }
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
