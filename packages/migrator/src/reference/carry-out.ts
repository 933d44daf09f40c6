import type { ClientBase } from 'pg'
import type { ReferenceRow } from '../project/reference-table.ts'
import { asMigrator } from '../session/author.ts'
import type { RemovedRow } from './base.ts'
import { isReferenced, readReferences } from './references.ts'
import type { WorkRow } from './work-row.ts'
import { deleteRow, insertRow, updateRow } from './write.ts'

/**
 * Removes first, then writes; and again as long as that leads on: what refers to a row may be about to go, and so may be
 * the row that has a value which only one may have. Returns what was removed. On the author's side.
 */
export async function carryOut(
  client: ClientBase,
  rows: readonly WorkRow[],
): Promise<readonly RemovedRow[]> {
  const removed: RemovedRow[] = []
  const removals = rows.filter(({ decision }) => decision.action === 'remove').toReversed()
  let rest = [...removals, ...rows.filter(isWritten)]
  for (let before = rest.length + 1; rest.length < before;) {
    before = rest.length
    for (const row of rest) {
      const taken = isWritten(row) ? await writeRow(client, row) : await removeRow(client, row)
      if (taken) removed.push({ table: row.table.target.label, row: taken })
    }
    rest = rest.filter(({ outcome }) => outcome !== 'done')
  }
  return removed
}

/** True of a row that is inserted or updated. */
export function isWritten({ decision: { action } }: WorkRow): boolean {
  return action === 'insert' || action === 'update'
}

async function removeRow(client: ClientBase, work: WorkRow): Promise<ReferenceRow | undefined> {
  const { table, key } = work
  const isHeld = await asMigrator(client, async () =>
    isReferenced(client, table, key, await readReferences(client, table.target.oid)),
  )
  const row = isHeld ? undefined : await deleteRow(client, table, key)
  work.outcome = row ? 'done' : isHeld ? 'referenced' : 'refused'
  return row
}

async function writeRow(client: ClientBase, work: WorkRow): Promise<undefined> {
  const { table, decision, key, ours = {} } = work
  const values = Object.fromEntries(decision.columns.map((name) => [name, ours[name] ?? null]))
  const stored =
    decision.action === 'insert'
      ? await insertRow(client, table, ours)
      : await updateRow(client, table, { key, values, besides: table.ours.onUpdate })
  work.outcome = stored ? 'done' : 'refused'
  if (stored) work.key = stored
}
