import type { Client } from 'pg'
import { withConversions } from '../archive/conversions.ts'
import { countTableLoss, isUnreadable } from '../archive/count.ts'
import { findTableLosses } from '../archive/find-table-losses.ts'
import { lookingAhead } from '../archive/look-ahead.ts'
import { namesBefore, type NamesBefore } from '../known/names-before.ts'
import { readReach } from '../archive/reach.ts'
import type { TableLoss } from '../archive/table-loss.ts'
import { findTable, readTables, type StoredTable } from '../archive/tables.ts'
import type { DataLoss, Statement } from '../migration.ts'
import type { Segment } from '../plan/segments.ts'
import { trySavepoint } from '../session/savepoints.ts'
import { readSetColumns } from '../sql/set-columns.ts'

/** What statements say of the rows that are there: by the oid of a table. */
export type SaidLosses = Map<string, SaidLoss>

export interface SaidLoss {
  /** The table goes, with all rows. */
  isGone: boolean
  /** How many rows may go; Infinity where the text does not tell. */
  rows: number
  /** How many values may change or go, by the number of the column. */
  readonly columns: Map<number, number>
  /** Statements change its rows, not only its definition. */
  isWritten: boolean
  /** How many of its rows statements meet whose other values its own triggers may change. */
  met: number
  /** Statements add rows to it. */
  isFilled: boolean
}

/**
 * Adds what the statements of a segment say that they take or change, in the database as it is before them. `own`: all
 * statements of the migration.
 */
export async function addSaidLosses(
  client: Client,
  said: SaidLosses,
  segment: Segment,
  own: readonly Statement[],
): Promise<void> {
  const names = namesBefore()
  await lookingAhead(client, 0, async () => {
    for (const one of segment.statements) {
      await addStatement({ client, said, names }, withConversions(one, own))
      names.follow(one)
    }
  })
}

interface Scope {
  readonly client: Client
  readonly said: SaidLosses
  readonly names: NamesBefore
}

async function addStatement(scope: Scope, statement: Statement): Promise<void> {
  const { client, names } = scope
  const { tableLosses } = await findTableLosses(client, statement, names)
  for (const tableLoss of tableLosses) await addTableLoss(scope, tableLoss, statement)
  const found = new Set(tableLosses.map(({ table }) => table.oid))
  for (const loss of statement.dataLosses) await addByName(scope, loss, statement, found)
}

async function addTableLoss(
  { client, said }: Scope,
  tableLoss: TableLoss,
  { dataLosses }: Statement,
): Promise<void> {
  const { kind, table } = tableLoss
  const isWrite = dataLosses.some(({ what }) => what === 'update' || what === 'delete')
  // Counted before the segment: what an earlier statement of it has written is not known.
  const isCountable =
    isWrite && tableLoss.matching !== undefined && said.get(table.oid)?.isWritten !== true
  const counts = isCountable ? await countOrNot(client, tableLoss) : undefined
  const rows: TableLoss = { ...tableLoss, kind: 'rows', columns: [] }
  const [met = Number.POSITIVE_INFINITY] = (isCountable && (await countOrNot(client, rows))) || []
  for (const part of await withHeirs(client, table)) {
    const entry = entryOf(said, part)
    entry.isGone ||= kind === 'table'
    if (kind === 'rows') entry.rows += counts?.[0] ?? Number.POSITIVE_INFINITY
    if (kind === 'values')
      for (const [i, { name }] of tableLoss.columns.entries())
        addColumn(entry, part, name, counts?.[i] ?? Number.POSITIVE_INFINITY)
    entry.isWritten ||= isWrite
    if (isWrite && part.hasTriggers) entry.met += met
  }
}

/** What a table loses that is written in a way that cannot be counted before. */
async function addByName(
  { client, said, names }: Scope,
  loss: DataLoss,
  { sql }: Statement,
  found: ReadonlySet<string>,
): Promise<void> {
  if (!('table' in loss) || loss.what === 'column' || loss.what === 'conversion') return
  const name = names.table(loss.table)
  const table = await findTable(client, name)
  if (!table) return
  if (loss.what === 'insert') {
    for (const part of await withHeirs(client, table)) entryOf(said, part).isFilled = true
    return
  }
  const sets = (await readSetColumns(sql)) ?? table.columns.map(({ name: column }) => column)
  const isKeySet = table.keys.some((key) => key.some((column) => sets.includes(column)))
  const takesRows = loss.what !== 'update'
  if (!found.has(table.oid) || takesRows || isKeySet) {
    const reached = takesRows || isKeySet ? await readReach(client, [name], false) : []
    const others = reached.filter((oid) => oid !== table.oid && !found.has(oid))
    for (const other of await readTables(client, others)) addAll(said, other, takesRows)
  }
  if (found.has(table.oid)) return
  for (const part of await withHeirs(client, table)) {
    const entry = entryOf(said, part)
    entry.isWritten = true
    entry.met = Number.POSITIVE_INFINITY
    if (takesRows) entry.rows = Number.POSITIVE_INFINITY
    const columns = loss.what === 'written' ? part.columns.map((one) => one.name) : sets
    for (const column of columns) addColumn(entry, part, column, Number.POSITIVE_INFINITY)
  }
}

function addAll(said: SaidLosses, table: StoredTable, takesRows: boolean): void {
  const entry = entryOf(said, table)
  entry.isWritten = true
  if (takesRows) entry.rows = Number.POSITIVE_INFINITY
  for (const { name } of table.columns) addColumn(entry, table, name, Number.POSITIVE_INFINITY)
}

function addColumn(entry: SaidLoss, { columns }: StoredTable, name: string, count: number): void {
  const number = columns.find((column) => column.name === name)?.number
  if (number !== undefined) entry.columns.set(number, (entry.columns.get(number) ?? 0) + count)
}

function entryOf(said: SaidLosses, { oid }: StoredTable): SaidLoss {
  const entry = said.get(oid) ?? {
    isGone: false,
    rows: 0,
    columns: new Map(),
    isWritten: false,
    met: 0,
    isFilled: false,
  }
  said.set(oid, entry)
  return entry
}

async function countOrNot(client: Client, loss: TableLoss): Promise<number[] | undefined> {
  const tried = await trySavepoint(client, () => countTableLoss(client, loss, true), isUnreadable)
  return 'value' in tried ? tried.value.counts.map(({ count }) => count) : undefined
}

/** The table, its partitions and those that inherit from it. */
async function withHeirs(client: Client, table: StoredTable): Promise<StoredTable[]> {
  const { rows } = await client.query<{ oid: string }>(
    `with recursive heir (oid) as (
       select inhrelid from pg_inherits where inhparent = $1
       union select inhrelid from heir join pg_inherits on inhparent = heir.oid)
     select oid::text from heir`,
    [table.oid],
  )
  return [
    table,
    ...(await readTables(
      client,
      rows.map(({ oid }) => oid),
    )),
  ]
}
