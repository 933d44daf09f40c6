import type { ClientBase } from 'pg'

/** Values are written and read in one form, whatever the role's defaults are; and no policy hides a row without saying so. */
const SETTINGS = {
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  row_security: 'off',
} as const

/** Runs `work` under settings that decide what values mean, in the transaction that is open. */
export async function withValueSettings<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  const before = await setAll(client, SETTINGS)
  try {
    return await work()
  } finally {
    // A failed transaction takes no statement, and its rollback puts the settings back.
    await setAll(client, before).catch(() => {})
  }
}

/** Returns what was in force. Names are qualified, since the path is the author's. */
async function setAll(
  client: ClientBase,
  settings: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const names = Object.keys(settings)
  const reads = names.map((name) => `pg_catalog.current_setting('${name}') as ${name}`)
  const sets = names.map((name, i) => `pg_catalog.set_config('${name}', $${i + 1}, true)`)
  const { rows } = await client.query<Record<string, string>>(`select ${reads.join(', ')}`)
  await client.query(`select ${sets.join(', ')}`, Object.values(settings))
  return rows[0] ?? {}
}
