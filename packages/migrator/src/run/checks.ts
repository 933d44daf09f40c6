import type { Check } from '../migration.ts'
import type { Querying } from '../session/author.ts'
import { isConnectionLost, isRetried, sqlState } from '../session/connect.ts'
import { FailedStatement } from './failed-statement.ts'

/**
 * The first check that does not hold, as a sentence with its counts; undefined when all hold.
 * A check whose query fails, or returns no row, does not hold. Inside a transaction, on the author's side.
 */
export async function firstViolation(
  client: Querying,
  checks: readonly Check[],
): Promise<string | undefined> {
  if (checks.length === 0) return undefined
  // Hidden rows cannot be counted: PostgreSQL is to refuse such a query.
  await client.query(`select pg_catalog.set_config('row_security', 'off', true)`)
  for (const { query, says } of checks) {
    const read = await readCheck(client, query)
    if ('forbidden' in read) return `${says} (${read.forbidden})`
    const { rows } = read
    const counts = Object.entries(rows[0] ?? { 'rows returned by the check': false })
    const violated = counts.filter(([, value]) => !holds(value))
    if (violated.length > 0) {
      return `${says} (${violated.map(([name, value]) => `${name}: ${String(value)}`).join(', ')})`
    }
  }
  return undefined
}

async function readCheck(client: Querying, query: string) {
  const started = performance.now()
  try {
    return await client.query<Record<string, unknown>>(query)
  } catch (error) {
    if (isConnectionLost(error) || isRetried(error)) throw error
    if (sqlState(error) !== '42501') {
      throw new FailedStatement(query, performance.now() - started, error)
    }
    const reason = error instanceof Error ? error.message : String(error)
    return {
      forbidden: `that cannot be told: ${reason}. Run it as a role that may read every row, with BYPASSRLS for one`,
    }
  }
}

/** A count of none, or a true claim. bigint and numeric arrive as text. NULL tells nothing, so it does not hold. */
function holds(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value === 0
  return typeof value === 'string' && value.trim() !== '' && Number(value) === 0
}
