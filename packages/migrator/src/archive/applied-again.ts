import type pg from 'pg'
import { JOURNAL, type Writer } from '../journal/journal.ts'
import { readCopiedUntil } from './copied.ts'
import { wholeXid } from './versions.ts'

/*
 * A migration that is applied again meets rows that the archive has restored. Its UPDATE was written for an empty column,
 * its DELETE for rows of another time: what they do to a restored row is captured, as on the way back. The evidence is
 * the version of the row: the entry of the journal about its restoring was written by the same transaction.
 */

/** How a migration was reverted the last time. */
export interface Reversion {
  readonly run: string
  /** The number of a transaction: all that wrote before it was reverted, and while it was, have a lower one. */
  readonly until: string
}

/** The migrations among these that are reverted, by name. */
export async function readReversions(
  client: pg.ClientBase,
  { ledger }: Writer,
  names: readonly string[],
): Promise<ReadonlyMap<string, Reversion>> {
  if (names.length === 0) return new Map()
  const { rows } = await client.query<Reversion & { migration: string }>(
    `select distinct on (migration) migration, run::text, case when id > $3 then ${wholeXid('xmin')} else 0 end::text as until
       from ${JOURNAL} where ledger = $1 and migration = any ($2) and final and direction = 'down'
      order by migration, id desc`,
    [ledger, names, await readCopiedUntil(client)],
  )
  return new Map(rows.map(({ migration, run, until }) => [migration, { run, until }]))
}

/** Which run took values away, and the newest transaction that had written one of them. */
interface Taken {
  readonly run: string
  readonly written?: string | null | undefined
}

/** True where values were written while the migration was applied, so that its work is done to them. */
export function wasApplied({ run, until }: Reversion, taken: Taken): boolean {
  const { written } = taken
  return run === taken.run || (typeof written === 'string' && BigInt(written) < BigInt(until))
}

/**
 * Tables into which the archive has restored something, by oid. True: the migration had been applied to those rows, so
 * they stay as they were then. False: some may have been written after it was reverted. Then what it does to them
 * stands, and the archive keeps what it has replaced.
 */
export type RestoredTables = ReadonlyMap<string, boolean>

/** SQL: the table of an entry `j` about something restored; by its name where the entry is from before a copy. */
function tableOf(copiedUntil: string): string {
  const named = `format('%I.%I', j.facts->'named'->>'schema', j.facts->'named'->>'name')`
  return `case when j.id > ${copiedUntil} then (j.facts->>'table')::oid when j.facts ? 'named' then to_regclass(${named})::oid end`
}

export async function readRestoredTables(
  client: pg.ClientBase,
  { ledger }: Writer,
  reversion: Reversion,
): Promise<RestoredTables> {
  const { rows } = await client.query<Taken & { oid: string; isCopied: boolean }>(
    `select c.oid::text, j.facts->>'run' as run, j.facts->>'written' as written, j.id <= $2 as "isCopied"
       from ${JOURNAL} j join pg_class c on c.oid = ${tableOf('$2')}
      where j.ledger = $1 and j.event = 'restored'`,
    [ledger, await readCopiedUntil(client)],
  )
  const all = Map.groupBy(rows, ({ oid }) => oid)
  const isAsThen = (one: Taken & { isCopied: boolean }) =>
    !one.isCopied && wasApplied(reversion, one)
  return new Map([...all].map(([oid, taken]) => [oid, taken.every(isAsThen)]))
}

/** True of a table into which the archive has restored something. */
export async function hasRestored(
  client: pg.ClientBase,
  schema: string,
  table: string,
): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `select exists (select from ${JOURNAL} j
        join pg_class c on c.oid = ${tableOf('$3')}
        join pg_namespace n on n.oid = c.relnamespace
       where j.event = 'restored' and n.nspname = $1 and c.relname = $2) as found`,
    [schema, table, await readCopiedUntil(client)],
  )
  return rows[0]?.found === true
}

/** Leaves of the net changes of a table those of restored rows: all that may be some. A value that was NULL is no loss. */
export async function leaveRestored(
  client: pg.ClientBase,
  net: string,
  table: string,
): Promise<void> {
  await client.query(
    `delete from ${net} where stamp is null or stamp <> all (array(
       select xmin::text from ${JOURNAL} where event = 'restored' and facts->>'table' = $1))
        and not exists (select from ${JOURNAL} j where event = 'restored' and id <= $2 and ${tableOf('$2')} = $1::oid)`,
    [table, await readCopiedUntil(client)],
  )
  await client.query(
    `update ${net} set old = array(
       select coalesce(was, now) from unnest(old, new) with ordinality as value (was, now, i) order by i)
      where new is not null`,
  )
}
