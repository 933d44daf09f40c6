import type { ClientBase } from 'pg'
import type { ReferenceRow } from '../project/reference-table.ts'
import type { BaseRow, BaseTable } from './base.ts'
import { isWritten } from './carry-out.ts'
import { readStored } from './compare.ts'
import type { Merged } from './prepare.ts'
import type { WorkRow } from './work-row.ts'

/** The base of the next merge, read back from what was really stored. On the migrator's side. */
export async function recordRows(
  client: ClientBase,
  tables: readonly Merged[],
  rows: readonly WorkRow[],
): Promise<readonly BaseTable[]> {
  const recorded: BaseTable[] = []
  for (const table of tables) {
    const own = rows.filter((row) => row.table === table)
    const written = own.filter((row) => isWritten(row) && row.outcome === 'done')
    const asked = written.map(({ ours = {}, key }) => ({ ours, key }))
    const stored = await readStored(client, table, asked)
    const shipped = own.flatMap((row) => recordRow(row, stored[written.indexOf(row)]) ?? [])
    if (shipped.length > 0) recorded.push(recordTable(table, shipped))
  }
  return recorded
}

function recordTable({ target, ours, columns }: Merged, rows: readonly BaseRow[]): BaseTable {
  const { oid, schema, name: table } = target
  const known = columns
    .filter(({ name }) => rows.some(({ shipped }) => name in shipped))
    .map(({ name, attnum, type }) => [name, { attnum, type }] as const)
  return { oid, schema, table, key: ours.key, columns: Object.fromEntries(known), rows }
}

/** Undefined where nothing is shipped any more, and of a user's row: it goes on being the user's. */
function recordRow(work: WorkRow, stored: ReferenceRow | undefined): BaseRow | undefined {
  const { decision, outcome, ours, base } = work
  // What was not taken is no base: the next merge tries again.
  if (outcome === 'refused' || outcome === 'referenced') return base
  if (!decision.isRecorded) return undefined
  if (!ours) return base
  const written = new Set(decision.action === 'insert' ? Object.keys(ours) : decision.columns)
  const before = Object.entries(base?.stored ?? {}).filter(([name]) => isStill(work, name))
  const now = Object.entries(stored ?? {}).filter(([name]) => written.has(name))
  const all = Object.fromEntries([...before.filter(([name]) => !written.has(name)), ...now])
  return { shipped: ours, ...(Object.keys(all).length > 0 && { stored: all }) }
}

/** What was stored last time stands for what is shipped, if that is the same; and a key is that of the row that is there. */
function isStill({ found, table }: WorkRow, name: string): boolean {
  return found.cells[name]?.oursIsBase === true || table.ours.key.includes(name)
}
