import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { JOURNAL, type Writer } from '../journal/journal.ts'
import { findNumber, readWholeTables, type StoredTable, type WholeTable } from './tables.ts'

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
  const isAllowed = (key: string) => {
    const counted = confirmed.get(key)
    return counted !== undefined && (columns.length > 0 || rows <= counted)
  }
  const beyond = keys.findIndex((key) => !isAllowed(key))
  if (beyond === -1) return
  // By the names of the tables that it inherits from its rows are counted, too.
  const counting = [table, ...(await readWholeTables(client, [...table.wholes, ...wholes]))]
  const allowed = covered(confirmed, counting) + (await countGiven(client, counting, actor.run))
  if (rows <= allowed) return
  const name = columns[beyond]
  const object = name === undefined ? table.label : `${table.label}.${name}`
  throw failure('LOSSES_EXCEEDED', {
    object,
    rows,
    confirmed: confirmed.get(keys[beyond] ?? '') ?? 0,
  })
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
