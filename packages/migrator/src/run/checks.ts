import type { Check } from '../migration.ts'
import type { ClientBase } from 'pg'
import { isConnectionLost, isRetried } from '../session/connect.ts'
import { seeingAllRows } from '../session/all-rows.ts'
import { FailedStatement } from './failed-statement.ts'

/**
 * The first check that does not hold, as a sentence with its counts and a few of the rows; undefined when all hold.
 * A check whose query fails, or returns no row, does not hold. Throws ROWS_HIDDEN where it cannot see all rows.
 */
export async function firstViolation(
  client: ClientBase,
  checks: readonly Check[],
): Promise<string | undefined> {
  return checks.length === 0 ? undefined : seeingAllRows(client, () => readAll(client, checks))
}

async function readAll(client: ClientBase, checks: readonly Check[]): Promise<string | undefined> {
  for (const { query, says } of checks) {
    const { rows } = await readCheck(client, query)
    const counts = Object.entries(rows[0] ?? { 'rows returned by the check': false })
    const violated = counts.filter(([, value]) => !holds(value))
    if (violated.length > 0) {
      const { sampleRows } = await import('./sample-rows.ts')
      const sample = await sampleRows(client, query)
      const found = violated.map(([name, value]) => `${name}: ${String(value)}`).join(', ')
      return `${says} (${found}${sample === undefined ? '' : `, such as ${sample}`})`
    }
  }
  return undefined
}

/** A check that PostgreSQL refuses is the author's mistake, like a statement. */
async function readCheck(client: ClientBase, query: string) {
  const started = performance.now()
  try {
    return await client.query<Record<string, unknown>>(query)
  } catch (error) {
    if (isConnectionLost(error) || isRetried(error)) throw error
    throw new FailedStatement(query, performance.now() - started, error)
  }
}

/** Zero, or true. bigint and numeric arrive as text. NULL proves nothing, so it does not hold. */
function holds(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value === 0
  return typeof value === 'string' && value.trim() !== '' && Number(value) === 0
}
