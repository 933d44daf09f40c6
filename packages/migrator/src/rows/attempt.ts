import type { ClientBase, QueryResult } from 'pg'
import { findPostgresError, type PostgresError } from '../errors/postgres-error.ts'

/** What a statement returned, or PostgreSQL's reason not to run it. */
export type Outcome =
  | { readonly rows: readonly Readonly<Record<string, string | null>>[] }
  | { readonly refusal: PostgresError }

/**
 * Runs one statement in a savepoint of the transaction that is open, in one message: what is tried here is tried
 * thousands of times. Throws what is about the connection or the server, not about the statement.
 */
export async function attempt(client: ClientBase, sql: string): Promise<Outcome> {
  try {
    const results: unknown = await client.query(
      `savepoint migrator_row; ${sql}; release savepoint migrator_row`,
    )
    return { rows: (results as QueryResult[])[1]?.rows ?? [] }
  } catch (error) {
    const refusal = findPostgresError(error)
    if (!refusal || refusal.severity !== 'ERROR' || ENDS.test(refusal.sqlstate)) throw error
    await client.query('rollback to savepoint migrator_row; release savepoint migrator_row')
    return { refusal }
  }
}

/** Connections, resources, an operator's intervention, the system: nothing that other values would change. */
const ENDS = /^(08|53|57|58)/
