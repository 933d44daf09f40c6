import type { Check } from '../migration.ts'
import { seeingAllRows } from '../session/all-rows.ts'
import type { Querying } from '../session/author.ts'
import { sqlState } from '../session/connect.ts'

/**
 * The first check that does not hold, as a sentence with its counts; undefined when all hold. Inside a transaction, on
 * the author's side. A check whose query fails, or returns no row, does not hold.
 * Throws ROWS_HIDDEN where one cannot see all rows.
 */
export async function firstViolation(
  client: Querying,
  checks: readonly Check[],
): Promise<string | undefined> {
  for (const check of checks) {
    const violation = await violationOf(client, check)
    if (violation !== undefined) return violation
  }
  return undefined
}

async function violationOf(client: Querying, { query, says }: Check): Promise<string | undefined> {
  const read = await readCheck(client, query)
  if ('forbidden' in read) return `${says} (${read.forbidden})`
  const counts = Object.entries(read.rows[0] ?? { 'rows returned by the check': false })
  const violated = counts.filter(([, value]) => !holds(value))
  if (violated.length === 0) return undefined
  return `${says} (${violated.map(([name, value]) => `${name}: ${String(value)}`).join(', ')})`
}

async function readCheck(client: Querying, query: string) {
  try {
    return await seeingAllRows(client, () => client.query<Record<string, unknown>>(query))
  } catch (error) {
    if (sqlState(error) !== '42501') throw error
    const reason = error instanceof Error ? error.message : String(error)
    return {
      forbidden: `that cannot be told: ${reason}`,
    }
  }
}

/** A count of none, or a true claim. bigint and numeric arrive as text. NULL tells nothing, so it does not hold. */
function holds(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value === 0
  return typeof value === 'string' && value.trim() !== '' && Number(value) === 0
}
