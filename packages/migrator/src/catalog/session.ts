import { escapeLiteral, type ClientBase, type QueryResult } from 'pg'

/**
 * What decides how PostgreSQL prints names and constants. With pg_catalog alone on the path every
 * other name is qualified; pg_temp is named so that it comes last instead of first.
 * https://www.postgresql.org/docs/current/runtime-config-client.html
 */
const SETTINGS = {
  search_path: 'pg_catalog, pg_temp',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  datestyle: 'ISO, YMD',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lc_monetary: 'C',
  jit: 'off', // worth it only where a query runs longer than it takes to compile
}

/**
 * Runs SELECTs in one message: PostgreSQL answers all of them in one round trip. Each batch has a
 * read-only snapshot of its own, in a session that prints everything the same way; inside a
 * caller's transaction it sees what that transaction sees (its own changes too). The caller's
 * settings are back afterwards in both cases.
 *
 * PostgreSQL reads the literals of the whole message before it applies the settings, so a literal
 * with a backslash must be an `E''` one.
 */
export async function selectCanonically(
  client: ClientBase,
  batches: string[][],
): Promise<QueryResult[][]> {
  const status = client.getTransactionStatus()
  const { begin, end } = status === 'T' ? NESTED : ALONE
  const message = batches.flatMap((batch) => [...begin, APPLY_SETTINGS, ...batch, ...end])
  const results = await sendAll(client, message).catch(async (error: unknown) => {
    // Not where the caller's own transaction had failed before; a lost connection has ended it.
    if (status !== 'E') await client.query(end.join(';')).catch(() => undefined)
    throw error
  })
  let next = 0
  return batches.map((batch) => {
    const first = next + begin.length + 1
    next = first + batch.length + end.length
    return results.slice(first, first + batch.length)
  })
}

/** Nothing is written: rolling back ends the reading and undoes the settings. */
const ALONE = {
  begin: ['begin isolation level repeatable read read only'],
  end: ['rollback'],
}

const NESTED = {
  begin: ['savepoint catalog'],
  end: ['rollback to savepoint catalog', 'release savepoint catalog'],
}

const APPLY_SETTINGS = `select ${Object.entries(SETTINGS)
  .map(([name, value]) => `pg_catalog.set_config('${name}', ${escapeLiteral(value)}, true)`)
  .join(', ')}`

/** pg returns an array where a message holds several statements, which its types do not say. */
async function sendAll(client: ClientBase, statements: string[]): Promise<QueryResult[]> {
  const results: unknown = await client.query(statements.join(';\n'))
  return results as QueryResult[]
}
