import type { ClientBase } from 'pg'
import { asMigrator } from '../session/author.ts'
import type { RemovedRow } from './base.ts'
import type { Merged } from './prepare.ts'
import { isReferenced, readReferences } from './references.ts'
import type { WorkRow } from './work-row.ts'
import { deleteRow, insertRow, isInTheWay, updateRow } from './write.ts'

/**
 * Carries out what is decided, and returns what was removed. Deferred constraints are asked before the end: where one refuses,
 * all is done again with each row held against them, so that what is in the way of one row is not in that of all.
 * On the author's side.
 */
export async function carryOut(
  client: ClientBase,
  rows: readonly WorkRow[],
): Promise<readonly RemovedRow[]> {
  if (!rows.some(isOpen)) return []
  const before = rows.map(({ key, outcome }) => ({ key, outcome }))
  await client.query('savepoint reference_rows')
  const removed = await removeAndWrite(client, rows)
  if (await allHold(client)) return removed
  await client.query('rollback to savepoint reference_rows')
  await client.query('set constraints all immediate')
  for (const [n, row] of rows.entries()) Object.assign(row, before[n])
  return removeAndWrite(client, rows)
}

/** Asks without leaving anything of it: what is deferred stays so for the seeders. */
async function allHold(client: ClientBase): Promise<boolean> {
  await client.query('savepoint reference_constraints')
  const ask = client.query('set constraints all immediate').then(() => true)
  const isHeld = await ask.catch((error: unknown) => {
    if (!isInTheWay(error)) throw error
    return false
  })
  await client.query('rollback to savepoint reference_constraints')
  return isHeld
}

/**
 * Removes first, then writes; and again as long as that leads on: what refers to a row may be about to go, and so may be
 * the row that has a value which only one may have.
 */
async function removeAndWrite(
  client: ClientBase,
  rows: readonly WorkRow[],
): Promise<readonly RemovedRow[]> {
  const removed: RemovedRow[] = []
  let removals = rows.filter(({ decision }) => decision.action === 'remove').toReversed()
  let writes = rows.filter(isWritten)
  for (let before = Infinity; removals.length + writes.length < before;) {
    before = removals.length + writes.length
    removed.push(...(await removeRows(client, removals)))
    for (const row of writes) await writeRow(client, row)
    removals = removals.filter(isOpen)
    writes = writes.filter(isOpen)
  }
  return removed
}

function isOpen({ outcome }: WorkRow): boolean {
  return outcome !== 'done'
}

/** True of a row that is inserted or updated. */
export function isWritten({ decision: { action } }: WorkRow): boolean {
  return action === 'insert' || action === 'update'
}

/**
 * Those to which no other row refers: tables that refer to others first. Of two in one table, the one
 * that refers to the other goes first.
 */
async function removeRows(client: ClientBase, rows: readonly WorkRow[]): Promise<RemovedRow[]> {
  const removed: RemovedRow[] = []
  for (const [table, own] of Map.groupBy(rows, (row) => row.table)) {
    const free = await asMigrator(client, () => findUnreferenced(client, table, own))
    for (const work of free) {
      const row = await deleteRow(client, table, work.key)
      work.outcome = row ? 'done' : 'refused'
      if (row) removed.push({ table: table.target.label, row })
    }
  }
  return removed
}

/** On the migrator's side. */
async function findUnreferenced(
  client: ClientBase,
  table: Merged,
  rows: readonly WorkRow[],
): Promise<readonly WorkRow[]> {
  const free: WorkRow[] = []
  const references = await readReferences(client, table.target.oid)
  for (const work of rows) {
    if (await isReferenced(client, table, work.key, references)) work.outcome = 'referenced'
    else free.push(work)
  }
  return free
}

async function writeRow(client: ClientBase, work: WorkRow): Promise<void> {
  const { table, decision, key, ours = {} } = work
  const values = Object.fromEntries(decision.columns.map((name) => [name, ours[name] ?? null]))
  const stored =
    decision.action === 'insert'
      ? await insertRow(client, table, ours)
      : await updateRow(client, table, { key, values, besides: table.ours.onUpdate })
  work.outcome = stored ? 'done' : 'refused'
  if (stored) work.key = stored
}
