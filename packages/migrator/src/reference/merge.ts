import type { ClientBase } from 'pg'
import type { ReferenceTable } from '../project/reference-table.ts'
import { asMigrator } from '../session/author.ts'
import { suspectRemoved } from '../session/prepared.ts'
import type { BaseTable, ReferenceRecord } from './base.ts'
import { carryOut } from './carry-out.ts'
import { compareRows } from './compare.ts'
import { describeKept } from './describe-kept.ts'
import { inOrder } from './order.ts'
import { prepareTables } from './prepare.ts'
import { recordRows } from './record-rows.ts'
import { withValueSettings } from './value-settings.ts'
import { changeOf, keptOf, toWork, type WorkRow } from './work-row.ts'

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
  try {
    return await withValueSettings(client, () => merge(client, request))
  } finally {
    suspectRemoved(client)
  }
}

async function merge(
  client: ClientBase,
  { shipped, base, restoresDeleted, mayHaveLost }: MergeRequest,
): Promise<MergeResult> {
  const rows: WorkRow[] = []
  const tables = await asMigrator(client, async () => {
    const ordered = await inOrder(client, await prepareTables(client, shipped, base))
    for (const table of ordered) {
      const mayComeBack = restoresDeleted || (table.isRemade && mayHaveLost)
      const found = await compareRows(client, table)
      rows.push(...found.map((row) => toWork(table, row, mayComeBack)))
    }
    return ordered
  })
  const removed = await carryOut(client, rows)
  const recorded = await asMigrator(client, () => recordRows(client, tables, rows))
  const kept = rows.flatMap(keptOf)
  return {
    record: { tables: recorded, kept, removed },
    report: [...rows.flatMap(changeOf), ...kept.map(describeKept)],
  }
}
