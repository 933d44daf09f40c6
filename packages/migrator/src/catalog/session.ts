import type { ClientBase } from 'pg'

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
 * Lends `work` a session that prints everything the same way, in one read-only snapshot. Inside a
 * caller's transaction it sees what that transaction sees (its own changes too). The caller's
 * settings are back afterwards in both cases.
 */
export async function withCanonicalSession<T>(
  client: ClientBase,
  work: () => Promise<T>,
): Promise<T> {
  const isNested = client.getTransactionStatus() === 'T'
  await client.query(
    isNested ? 'savepoint catalog' : 'begin isolation level repeatable read read only',
  )
  // Nothing is written: rolling back ends the reading and undoes the settings.
  const end = isNested ? 'rollback to savepoint catalog; release savepoint catalog' : 'rollback'
  let result: T
  try {
    await applySettings(client)
    result = await work()
  } catch (error) {
    await client.query(end).catch(() => undefined) // a lost connection has ended it already
    throw error
  }
  await client.query(end)
  return result
}

async function applySettings(client: ClientBase): Promise<void> {
  await client.query(
    'select set_config(name, value, true) from unnest($1::text[], $2::text[]) s(name, value)',
    [Object.keys(SETTINGS), Object.values(SETTINGS)],
  )
}
