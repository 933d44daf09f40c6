import type { ClientBase } from 'pg'
import { findPostgresError, type PostgresError } from '../errors/postgres-error.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'

/** On the search path that sessions of the application begin with. */
const BEGIN = `begin isolation level read committed read write;
  set local search_path to default; set local statement_timeout to '60s'`

/** Runs `work` in a transaction as a session of the application has it; nothing of it stays. Returns what PostgreSQL refuses. */
export async function asApplication<T extends object>(
  client: ClientBase,
  work: () => Promise<T>,
): Promise<T | PostgresError> {
  try {
    return await inRolledBackTransaction(client, work, BEGIN)
  } catch (error) {
    const refusal = findPostgresError(error)
    if (!refusal) throw error
    return refusal
  }
}
