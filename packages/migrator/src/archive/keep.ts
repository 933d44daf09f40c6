import type pg from 'pg'
import type { Statement } from '../migration.ts'
import { countTaking, storage, type CountedTaking } from './count.ts'
import { keepTables } from './keep-tables.ts'
import { obstacleOf, splitLost } from './obstacles.ts'
import { loseOrRefuse, record, recordLost, type Keeping } from './record.ts'
import { releaseTypes } from './release.ts'
import { ensureArchive, nextEntryId } from './schema.ts'
import { settleSnapshot, takeSnapshot, type Snapshot } from './snapshot.ts'
import type { StoredTable } from './tables.ts'
import { findTakings, type Taking } from './takings.ts'
import { withExactText } from './text.ts'

/**
 * Runs a statement of a way back, and keeps what it takes away: in the transaction that is open, so that
 * both happen or neither. Returns how many rows it met.
 * Throws NOT_KEPT where something cannot be kept that the caller has not said may be lost.
 */
export async function runKeeping(
  client: pg.ClientBase,
  statement: Statement,
  keeping: Keeping,
): Promise<number> {
  const run = async () => (await client.query(statement.sql)).rowCount ?? 0
  if (statement.drops.length === 0) return run()
  await releaseTypes(client, statement)
  const { takings } = await findTakings(client, statement)
  const kept = await withExactText(client, () => worthKeeping(client, takings, keeping))
  if (kept.length === 0) return run()
  await ensureArchive(client)
  const snapshots: [string, Snapshot][] = []
  const others = kept.filter(({ taking }) => taking.kind !== 'table')
  for (const { taking } of others) {
    const id = await nextEntryId(client)
    const lock = isQuery(statement) ? 'share row exclusive' : 'access exclusive'
    const snapshot = await withExactText(client, () => takeSnapshot(client, taking, `e${id}`, lock))
    snapshots.push([id, snapshot])
  }
  const tables = kept.filter(({ taking }) => taking.kind === 'table')
  const result =
    tables.length === 0
      ? await run()
      : await keepTables(client, { statement, tables, takings, keeping, run })
  for (const [id, snapshot] of snapshots) await settle(client, id, snapshot, keeping)
  return result
}

/** What there is to keep: without what is empty, and what the caller says may be lost. */
async function worthKeeping(
  client: pg.ClientBase,
  takings: readonly Taking[],
  keeping: Keeping,
): Promise<CountedTaking[]> {
  const kept: CountedTaking[] = []
  for (const found of takings) {
    if (found.kind === 'table' && (await isEmpty(client, found.table))) continue
    const { kept: counted, lost } = splitLost(await count(client, found, keeping), keeping.lose)
    for (const count of lost) await recordLost(client, keeping, count)
    if (counted === undefined) continue
    const obstacle = obstacleOf(counted, keeping.limit)
    if (obstacle === undefined) kept.push(counted)
    else await loseOrRefuse(client, counted, obstacle, keeping)
  }
  return kept
}

async function count(
  client: pg.ClientBase,
  taking: Taking,
  { counted }: Keeping,
): Promise<CountedTaking> {
  const { kind, table } = taking
  const rows = counted.get(table.label)
  if (kind !== 'table' || rows === undefined) return countTaking(client, taking)
  const { label: object, bytes } = table
  return { taking, counts: [{ object, what: 'rows', count: rows, bytes }] }
}

async function isEmpty(client: pg.ClientBase, table: StoredTable): Promise<boolean> {
  const { rows } = await client.query<{ empty: boolean }>(
    `select not exists (select from ${storage(table)}) as empty`,
  )
  return rows[0]?.empty ?? true
}

async function settle(
  client: pg.ClientBase,
  id: string,
  snapshot: Snapshot,
  keeping: Keeping,
): Promise<void> {
  const rows = await withExactText(client, () => settleSnapshot(client, snapshot))
  if (rows === 0) {
    await client.query(`drop table ${snapshot.relation}`)
    return
  }
  const { taking, key, columns } = snapshot
  await record(client, keeping, taking, { id, columns, key, relations: [`e${id}`], rows })
}

/** Such a statement leaves its tables to readers, and so does the copy. */
function isQuery({ drops }: Statement): boolean {
  return drops.every(({ what }) => what === 'delete' || what === 'update')
}
