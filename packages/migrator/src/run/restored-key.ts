import type { ClientBase } from 'pg'
import { hasRestored } from '../archive/applied-again.ts'
import { failure, MigratorError } from '../errors/index.ts'

/**
 * The error of a segment; where it is a duplicate key in a table into which the archive has restored rows, with what to
 * do. What a migration inserts and its `down` does not delete comes back with the table, and is then inserted again.
 */
export async function withRestoredKey(client: ClientBase, error: unknown): Promise<unknown> {
  if (!(error instanceof MigratorError) || error.code !== 'STATEMENT_FAILED') return error
  const { sqlstate, schema, table } = error.postgres ?? {}
  if (sqlstate !== '23505' || schema === undefined || table === undefined) return error
  if (!(await hasRestored(client, schema, table).catch(() => false))) return error
  const said = error.details as Parameters<typeof failure<'STATEMENT_FAILED'>>[1]
  const after = `${said.after}\nThe archive has restored rows of ${table}. Where they are those that this migration inserts, its down did not delete them: delete them, then run again.`
  return failure('STATEMENT_FAILED', { ...said, after, next: error.next }, error.cause)
}
