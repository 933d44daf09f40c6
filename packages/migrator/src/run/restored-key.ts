import type { ClientBase } from 'pg'
import { hasRestored } from '../archive/applied-again.ts'
import type { PostgresError } from '../errors/postgres-error.ts'

/**
 * What to do where a key is duplicate in a table into which the archive has restored rows; '' elsewhere. What a migration
 * inserts and its `down` does not delete comes back with the table, and is then inserted again.
 */
export async function adviceOnRestoredRows(
  client: ClientBase,
  { sqlstate, schema, table }: Partial<PostgresError> = {},
): Promise<string> {
  if (sqlstate !== '23505' || schema === undefined || table === undefined) return ''
  if (!(await hasRestored(client, schema, table).catch(() => false))) return ''
  return `\nThe archive has restored rows of ${table}. Where they are those that this migration inserts, its down did not delete them: delete them, then run again.`
}
