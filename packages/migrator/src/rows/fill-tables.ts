import type { ClientBase } from 'pg'
import { isLedger, type LedgerName } from '../database-state.ts'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from '../journal/names.ts'
import { loadTexts } from '../sql/parse.ts'
import { findAcceptedValues } from './accepted-values.ts'
import { fillTable, type Filling } from './fill-table.ts'
import { orderTables } from './order.ts'
import { readTables } from './read-tables.ts'
import { References } from './references.ts'

export interface FillOptions {
  /** The same seed and the same schema give the same rows. */
  readonly seed: number
  /**
   * How many rows each table is to get: all partitions of a table together, and each at least one. One that others need
   * rows of may get more.
   */
  readonly rowsPerTable: number
  /** The ledger of the migrations, which gets none. */
  readonly ledger?: LedgerName
  /** Schemas that get none. */
  readonly exclude?: readonly string[]
  /** Tables that get none, by oid: what they have may be referenced. */
  readonly leave?: ReadonlySet<string>
}

/** What a table has got. */
export interface FilledTable {
  readonly table: { readonly schema: string; readonly name: string }
  /** Of a partitioned table: the rows of its partitions. */
  readonly rows: number
  /** Why it has got none: nothing is proved of what a migration does to its rows. */
  readonly unproved?: string
}

/**
 * Fills the tables of a database with rows that are made from its catalog, and that PostgreSQL accepts, in one transaction.
 * Rows that were there before stay, and may be referenced. A table for which no row is found is reported, which is no error.
 *
 * The same seed, schema and rows before give the same rows, unless a trigger or a CHECK of the schema reads the clock.
 * Triggers and functions run on the search path that sessions of this database begin with.
 *
 * Throws what PostgreSQL says where the connection, the server or an operator ends it; then there are no rows.
 */
export async function fillTables(client: ClientBase, options: FillOptions): Promise<FilledTable[]> {
  await client.query('begin isolation level read committed read write')
  try {
    await client.query(SETTINGS)
    const filled = await fillAll(client, options)
    await client.query('commit')
    return filled
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

/**
 * Texts mean the same everywhere, and a deferred constraint is heard of with the row that breaks it. What is called by the
 * schema's own functions is found where it is elsewhere; every other name here is qualified.
 */
const SETTINGS = `set local search_path to default; set local datestyle to 'ISO, MDY';
  set local intervalstyle to 'postgres'; set local timezone to 'UTC'; set local array_nulls to on;
  set local bytea_output to 'hex'; set local extra_float_digits to 1; set local xmloption to content;
  set local lc_monetary to 'C'; set constraints all immediate`

async function fillAll(client: ClientBase, options: FillOptions): Promise<FilledTable[]> {
  const { seed, rowsPerTable, ledger, exclude = [], leave = new Set() } = options
  const tables = (await readTables(client, [JOURNAL_SCHEMA, ARCHIVE_SCHEMA, ...exclude])).filter(
    (table) => !ledger || !isLedger(ledger, table),
  )
  const common = { client, texts: await loadTexts(), constants: new Map() }
  const accepted = await findAcceptedValues(tables, common, seed, 2 * rowsPerTable)
  const references = new References(client)
  const counts = new Map<string, number>()
  const filling: Filling = {
    ...common,
    seed,
    accepted,
    references,
    tables,
    counts,
    reasons: new Map(),
  }
  for (const all of orderTables(tables)) {
    const group = all.filter(({ oid }) => !leave.has(oid))
    // Of tables that reference one another, the second half finds what the first has left.
    const shares = group.length > 1 ? [Math.ceil(rowsPerTable / 2), rowsPerTable] : [rowsPerTable]
    for (const share of shares) for (const table of group) await fillTable(filling, table, share)
  }
  const meant = tables.filter(({ oid, root }) => !leave.has(root ?? oid))
  return meant.map(({ oid, schema, name }) => {
    const rows = counts.get(oid) ?? 0
    const reason = filling.reasons.get(oid)
    return {
      table: { schema, name },
      rows,
      ...(rows === 0 && { unproved: reason ?? 'no row was found' }),
    }
  })
}
