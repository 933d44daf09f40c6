import type { ClientBase } from 'pg'
import type { KeptRow } from '../events.ts'
import type { ReferenceRow, ReferenceTable } from '../project/reference-table.ts'
import { asMigrator } from '../session/author.ts'
import { suspectRemoved } from '../session/prepared.ts'
import type { BaseRow, BaseTable, ReferenceRecord, RemovedRow } from './base.ts'
import { compareRows, readStored, type FoundRow } from './compare.ts'
import { decide, type Decision } from './decide.ts'
import { inOrder } from './order.ts'
import { columnsOf, keyText, prepareTables, type Merged } from './prepare.ts'
import { isReferenced, readReferences } from './references.ts'
import { invalid } from './target.ts'
import { describeKept } from './words.ts'
import { deleteRow, insertRow, updateRow } from './write.ts'

/** What is merged into what. */
export interface MergeRequest {
  readonly shipped: readonly ReferenceTable[]
  readonly base: readonly BaseTable[]
  /** True where rows may have been lost for good since the base was recorded: a table that was made again gets them again. */
  readonly mayHaveLost: boolean
  /** True where rows that were deleted are asked for. */
  readonly restoresDeleted: boolean
}

export interface MergeResult {
  readonly record: ReferenceRecord
  /** A line for each row that was changed, or kept for a user. */
  readonly report: readonly string[]
}

/**
 * Merges what is shipped into what is there, by row and by column, in the author's transaction. Whatever a user changed,
 * made or deleted stays, and so does a row that others refer to.
 * Throws REFERENCE_DATA_INVALID.
 */
export async function mergeReferenceData(
  client: ClientBase,
  request: MergeRequest,
): Promise<MergeResult> {
  const restore = await pinSettings(client)
  try {
    return await merge(client, request)
  } finally {
    suspectRemoved(client)
    await restore()
  }
}

async function merge(client: ClientBase, request: MergeRequest): Promise<MergeResult> {
  const { shipped, base, restoresDeleted, mayHaveLost } = request
  const tables = await asMigrator(client, async () =>
    inOrder(client, await prepareTables(client, shipped, base)),
  )
  const rows: WorkRow[] = []
  for (const table of tables) {
    const mayComeBack = restoresDeleted || (table.isRemade && mayHaveLost)
    const found = await asMigrator(client, () => compareRows(client, table))
    rows.push(...found.map((row) => toWork(table, row, mayComeBack)))
  }
  const removed = await carryOut(client, rows)
  const stored = await asMigrator(client, () => readAllStored(client, tables, rows))
  const kept = rows.flatMap(keptOf)
  const record = {
    tables: tables.flatMap((table) => recordOf(table, rows, stored)),
    kept,
    removed,
  }
  return { record, report: [...rows.flatMap(changeOf), ...kept.map(describeKept)] }
}

/** A row with what becomes of it. */
interface WorkRow {
  readonly table: Merged
  readonly found: FoundRow
  readonly decision: Decision
  /** The key by which it is found, and after it was written, the one that was stored. */
  key: ReferenceRow
  outcome: 'open' | 'done' | 'referenced' | 'refused'
}

function toWork(table: Merged, found: FoundRow, mayComeBack: boolean): WorkRow {
  const base = baseOf({ table, found })
  const ours = oursOf({ table, found })
  const row = { ...(base ? { ...base.shipped, ...base.stored } : ours) }
  if (found.isDuplicate)
    throw invalid(table.target.label, `Two rows have the key ${keyText(table.ours, ours ?? row)}.`)
  const key = Object.fromEntries(table.ours.key.map((name) => [name, row[name] ?? null]))
  const decision = decide(found, columnsOf(table.ours), mayComeBack)
  return { table, found, decision, key, outcome: decision.action === 'none' ? 'done' : 'open' }
}

const oursOf = ({ table, found }: Pick<WorkRow, 'table' | 'found'>) =>
  found.ours === undefined ? undefined : table.ours.rows[found.ours]

const baseOf = ({ table, found }: Pick<WorkRow, 'table' | 'found'>) =>
  found.base === undefined ? undefined : table.base[found.base]

/**
 * Removes first, then writes; and again as long as that leads on: what refers to a row may be about to go, and so may be
 * the row that has a value which only one may have.
 */
async function carryOut(client: ClientBase, rows: readonly WorkRow[]): Promise<RemovedRow[]> {
  const removed: RemovedRow[] = []
  const removals = rows.filter(({ decision }) => decision.action === 'remove').toReversed()
  const writes = rows.filter(({ decision }) => /insert|update/.test(decision.action))
  for (let isProgress = true; isProgress;) {
    isProgress = false
    for (const row of [...removals, ...writes]) {
      if (row.outcome === 'done') continue
      const taken = await tryRow(client, row)
      if (taken) removed.push({ table: row.table.target.label, row: taken })
      isProgress ||= (row.outcome as WorkRow['outcome']) === 'done'
    }
  }
  return removed
}

/** Returns what was removed. */
async function tryRow(client: ClientBase, work: WorkRow): Promise<ReferenceRow | undefined> {
  const { table, decision, key } = work
  if (decision.action === 'remove') {
    const isHeld = await asMigrator(client, async () =>
      isReferenced(client, table, key, await readReferences(client, table.target.oid)),
    )
    const row = isHeld ? undefined : await deleteRow(client, table, key)
    work.outcome = row ? 'done' : isHeld ? 'referenced' : 'refused'
    return row
  }
  const ours = oursOf(work) ?? {}
  const values = Object.fromEntries(decision.columns.map((name) => [name, ours[name] ?? null]))
  const stored =
    decision.action === 'insert'
      ? await insertRow(client, table, ours)
      : await updateRow(client, table, { key, values, besides: table.ours.onUpdate })
  work.outcome = stored ? 'done' : 'refused'
  if (stored) work.key = stored
  return undefined
}

async function readAllStored(
  client: ClientBase,
  tables: readonly Merged[],
  rows: readonly WorkRow[],
): Promise<ReadonlyMap<WorkRow, ReferenceRow>> {
  const stored = new Map<WorkRow, ReferenceRow>()
  for (const table of tables) {
    const written = rows.filter(
      (row) =>
        row.table === table && row.outcome === 'done' && /insert|update/.test(row.decision.action),
    )
    const asked = written.map((row) => ({ ours: oursOf(row) ?? {}, key: row.key }))
    const found = await readStored(client, table, asked)
    for (const [i, row] of written.entries()) stored.set(row, found[i] ?? {})
  }
  return stored
}

/** Of a user's row nothing is recorded: it goes on being the user's. */
function recordOf(
  table: Merged,
  all: readonly WorkRow[],
  stored: ReadonlyMap<WorkRow, ReferenceRow>,
): BaseTable[] {
  const { target, ours, columns } = table
  const rows = all.flatMap((row) => (row.table === table ? recordedRow(row, stored.get(row)) : []))
  if (rows.length === 0) return []
  const known = columns.map(({ name, attnum, type }) => [name, { attnum, type }] as const)
  return [
    {
      oid: target.oid,
      schema: target.schema,
      table: target.name,
      key: ours.key,
      columns: Object.fromEntries(known),
      rows,
    },
  ]
}

function recordedRow(row: WorkRow, stored: ReferenceRow | undefined): BaseRow[] {
  const { decision, outcome, found } = row
  const base = baseOf(row)
  const ours = oursOf(row)
  if (!ours) return outcome !== 'done' || decision.isRecorded ? (base ? [base] : []) : []
  // What was not taken is no base: the next merge tries again.
  if (outcome === 'refused') return base ? [base] : []
  if (!decision.isRecorded) return []
  const written = new Set(decision.action === 'insert' ? Object.keys(ours) : decision.columns)
  const isKept = (name: string) =>
    !written.has(name) &&
    (found.cells[name]?.oursIsBase === true || row.table.ours.key.includes(name))
  const before = Object.entries(base?.stored ?? {}).filter(([name]) => isKept(name))
  const now = Object.entries(stored ?? {}).filter(([name]) => written.has(name))
  const all = Object.fromEntries([...before, ...now])
  return [{ shipped: ours, ...(Object.keys(all).length > 0 && { stored: all }) }]
}

function keptOf({ table, found, decision, outcome, key }: WorkRow): KeptRow[] {
  const place = { table: table.target.label, key: keyText(table.ours, key) }
  const failed = outcome === 'referenced' || outcome === 'refused' ? [{ reason: outcome }] : []
  void found
  return [...decision.kept, ...failed].map((one) => ({ ...place, ...one }))
}

function changeOf({ table, decision: { action }, outcome, key }: WorkRow): string[] {
  if (action === 'none' || outcome !== 'done') return []
  return [`${table.target.label} ${keyText(table.ours, key)}: ${CHANGES[action]}`]
}

const CHANGES = { insert: 'inserted', update: 'updated', remove: 'removed' } as const

/** Values are written and read in one form, whatever the role's defaults are; and no policy hides a row without saying so. */
const SETTINGS = {
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  row_security: 'off',
} as const

async function pinSettings(client: ClientBase): Promise<() => Promise<void>> {
  const names = Object.keys(SETTINGS)
  const reads = names.map((name) => `pg_catalog.current_setting('${name}')`)
  const sets = Object.entries(SETTINGS).map(
    ([name, value]) => `pg_catalog.set_config('${name}', '${value}', true)`,
  )
  const { rows } = await client.query<{ was: string[] }>(`select array[${reads.join(', ')}] as was`)
  await client.query(`select ${sets.join(', ')}`)
  const was = rows[0]?.was ?? []
  return async () => {
    const back = names.map((name, i) => `pg_catalog.set_config('${name}', $${i + 1}, true)`)
    // A failed transaction takes no statement, and its rollback puts the settings back.
    await client.query(`select ${back.join(', ')}`, was).catch(() => {})
  }
}
