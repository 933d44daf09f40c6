import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { JOURNAL, type Writer } from '../journal/journal.ts'
import { findNumber, readTables, type StoredTable, type WholeTable } from './tables.ts'

interface Confirming {
  readonly actor: Pick<Writer, 'run'>
  /** What was confirmed: `announceLosses` has the keys. Undefined: whatever happens. */
  readonly confirmed?: ReadonlyMap<string, number> | undefined
}

interface Taking {
  readonly table: StoredTable
  /** None: rows go. */
  readonly columns: readonly string[]
  readonly rows: number
  /** What the table was a part of. */
  readonly wholes: readonly WholeTable[]
}

/**
 * Holds what a statement takes against what was confirmed before the run. What the run itself has restored since goes back
 * to where it was then, and nobody needs to be asked. Throws LOSSES_EXCEEDED.
 */
export async function refuseUnconfirmed(
  client: pg.ClientBase,
  { confirmed, actor }: Confirming,
  { table, columns, rows, wholes }: Taking,
): Promise<void> {
  if (!confirmed) return
  const keys =
    columns.length > 0
      ? columns.map((name) => `${table.oid}.${findNumber(table, name)}`)
      : [table.oid]
  for (const [i, key] of keys.entries()) {
    const counted = confirmed.get(key)
    if (counted !== undefined && (columns.length > 0 || rows <= counted)) continue
    // By the names of the tables that it inherits from its rows are counted, too.
    const then = await readTables(
      client,
      wholes.map(({ oid }) => oid),
    )
    const counting = [table, ...(await readParents(client, table)), ...then]
    const allowed = covered(confirmed, counting) + (await countGiven(client, counting, actor.run))
    if (rows <= allowed) continue
    const name = columns[i]
    const object = name === undefined ? table.label : `${table.label}.${name}`
    throw failure('LOSSES_EXCEEDED', { object, rows, confirmed: counted ?? 0 })
  }
}

/** How many rows of a table were confirmed: as its rows, or as values in them. A row that is gone and there again has new values. */
function covered(
  confirmed: ReadonlyMap<string, number>,
  tables: readonly Pick<StoredTable, 'oid' | 'columns'>[],
): number {
  const keys = tables.flatMap(({ oid, columns }) => [
    oid,
    ...columns.map(({ number }) => `${oid}.${number}`),
  ])
  return Math.max(...keys.map((key) => confirmed.get(key) ?? 0))
}

/** All tables that a table inherits from. */
export async function readParents(
  client: pg.ClientBase,
  table: StoredTable,
): Promise<StoredTable[]> {
  const { rows } = await client.query<{ oid: string }>(
    `with recursive parent as (
       select inhparent as oid from pg_inherits where inhrelid = $1
       union select i.inhparent from pg_inherits i join parent on parent.oid = i.inhrelid)
     select oid::text from parent`,
    [table.oid],
  )
  return readTables(
    client,
    rows.map(({ oid }) => oid),
  )
}

/** How many rows and values a run has restored into tables by now. */
async function countGiven(
  client: pg.ClientBase,
  tables: readonly Pick<StoredTable, 'oid'>[],
  run: string,
): Promise<number> {
  const { rows } = await client.query<{ given: string }>(
    `select coalesce(sum((facts->>'given')::float8), 0)::bigint as given from ${JOURNAL}
      where event = 'restored' and run = $1 and facts->>'table' = any ($2)`,
    [run, tables.map(({ oid }) => oid)],
  )
  return Number(rows[0]?.given ?? 0)
}
