import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import type { StoredTable } from './tables.ts'

/** The bit of `pg_trigger.tgtype` for each event. */
const EVENTS = { insert: 4, delete: 8, update: 16 } as const

/** Runs `work`, inside the open transaction, while no trigger of the application fires for it. */
export async function withoutTriggers(
  client: pg.ClientBase,
  table: StoredTable,
  event: keyof typeof EVENTS,
  work: () => Promise<unknown>,
): Promise<void> {
  const { rows } = await client.query<{ name: string; sql: string; enabled: string }>(
    `select tgname as name, tgrelid::regclass::text as sql, tgenabled as enabled from pg_trigger
      where tgrelid in (select $1::oid union select relid from pg_partition_tree($1::oid::regclass))
        and not tgisinternal and tgenabled in ('O', 'A') and tgtype & $2 <> 0`,
    [table.oid, EVENTS[event]],
  )
  for (const { name, sql } of rows) {
    await client.query(`alter table only ${sql} disable trigger ${quoteName(name)}`)
  }
  await work()
  // No table may be altered while a deferred check of it waits.
  await client.query('set constraints all immediate')
  for (const { name, sql, enabled } of rows) {
    const how = enabled === 'A' ? 'enable always' : 'enable'
    await client.query(`alter table only ${sql} ${how} trigger ${quoteName(name)}`)
  }
}
