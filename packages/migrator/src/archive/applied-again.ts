import type pg from 'pg'
import { JOURNAL, type Writer } from '../journal/journal.ts'
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
    `select distinct on (migration) migration, run::text, ${wholeXid('xmin')}::text as until
       from ${JOURNAL} where ledger = $1 and migration = any ($2) and final and direction = 'down'
      order by migration, id desc`,
    [ledger, names],
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

export async function readRestoredTables(
  client: pg.ClientBase,
  { ledger }: Writer,
  reversion: Reversion,
): Promise<RestoredTables> {
  const { rows } = await client.query<Taken & { oid: string }>(
    `select c.oid::text, j.facts->>'run' as run, j.facts->>'written' as written
       from ${JOURNAL} j join pg_class c on c.oid = (j.facts->>'table')::oid
      where j.ledger = $1 and j.event = 'restored'`,
    [ledger],
  )
  const all = Map.groupBy(rows, ({ oid }) => oid)
  return new Map(
    [...all].map(([oid, taken]) => [oid, taken.every((one) => wasApplied(reversion, one))]),
  )
}

/** True of a table into which the archive has restored something. */
export async function hasRestored(
  client: pg.ClientBase,
  schema: string,
  table: string,
): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `select exists (select from ${JOURNAL} j
        join pg_class c on c.oid = (j.facts->>'table')::oid
        join pg_namespace n on n.oid = c.relnamespace
       where j.event = 'restored' and n.nspname = $1 and c.relname = $2) as found`,
    [schema, table],
  )
  return rows[0]?.found === true
}

/** Leaves of the net changes of a table those of restored rows. A value that was NULL is no loss. */
export async function leaveRestored(
  client: pg.ClientBase,
  net: string,
  table: string,
): Promise<void> {
  await client.query(
    `delete from ${net} where stamp is null or stamp <> all (array(
       select xmin::text from ${JOURNAL} where event = 'restored' and facts->>'table' = $1))`,
    [table],
  )
  await client.query(
    `update ${net} set old = array(
       select coalesce(was, now) from unnest(old, new) with ordinality as value (was, now, i) order by i)
      where new is not null`,
  )
}
