import type { Client } from 'pg'
import { failure, MigratorError } from '../errors/index.ts'

/**
 * Runs `work`, inside the open transaction, so that row-level security never hides a row: PostgreSQL refuses instead
 * (https://www.postgresql.org/docs/18/ddl-rowsecurity.html). What cannot be seen can be neither promised nor kept.
 * Throws ROWS_HIDDEN.
 */
export async function seeingAllRows<T>(
  client: Pick<Client, 'query'>,
  work: () => Promise<T>,
): Promise<T> {
  const { rows } = await client.query<{ was: string }>(
    `select pg_catalog.current_setting('row_security') as was, pg_catalog.set_config('row_security', 'off', true)`,
  )
  const result = await refusingHiddenRows(work)
  // Not in a `finally`: after an error the transaction is rolled back, and takes no statement before.
  await client.query(`select pg_catalog.set_config('row_security', $1, true)`, [rows[0]?.was])
  return result
}

/** The same where the setting is off already. */
export async function refusingHiddenRows<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isOfHiddenRows(error)) throw error
    throw failure('ROWS_HIDDEN', { reason: (error as Error).message }, error)
  }
}

/** By the function of the server that says so: the words are translated, and the code is that of every lack of rights. */
function isOfHiddenRows(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('routine' in error && error.routine === 'check_enable_rls') || isOfHiddenRows(error.cause)
}

/** True of what `refusingHiddenRows` throws. */
export function isRowsHidden(error: unknown): boolean {
  return error instanceof MigratorError && error.code === 'ROWS_HIDDEN'
}
