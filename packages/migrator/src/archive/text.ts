import type pg from 'pg'
import { refusingHiddenRows } from '../session/all-rows.ts'
import { quoteName } from '../sql/quote-name.ts'

/**
 * A value as text that its type reads back as the same value, NULL as NULL: what the type's output function
 * says, and no cast, which may pad or cut.
 */
export function textOf(expression: string): string {
  return `case when ${expression} is distinct from null then format('%s', ${expression}) end`
}

/** A column of a table by its alias. */
export function columnOf(alias: string, column: string): string {
  return `${alias}.${quoteName(column)}`
}

/** Settings under which text says everything, and row security refuses instead of hiding rows. */
const EXACT = {
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  timezone: 'UTC',
  xmloption: 'content',
  row_security: 'off',
}

/** Runs `work`, inside the open transaction, under settings in which text is exact. */
export async function withExactText<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  const names = Object.keys(EXACT)
  const { rows } = await client.query<{ were: string[] }>(
    `select pg_catalog.array_agg(pg_catalog.current_setting(name) order by n) as were
       from pg_catalog.unnest($1::pg_catalog.text[]) with ordinality as setting(name, n)`,
    [names],
  )
  await set(client, names, Object.values(EXACT))
  const result = await refusingHiddenRows(work)
  // Not in a `finally`: after an error the transaction is rolled back, and takes no statement before.
  await set(client, names, rows[0]?.were ?? [])
  return result
}

async function set(
  client: pg.ClientBase,
  names: readonly string[],
  values: readonly string[],
): Promise<void> {
  await client.query(
    `select pg_catalog.set_config(name, value, true)
       from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) as setting(name, value)`,
    [names, values],
  )
}
