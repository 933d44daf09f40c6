import type { KeptRow } from '../events.ts'

/** How three versions of a column compare, as PostgreSQL compares its type; NULLs are equal. */
export interface ComparedCell {
  readonly theirsIsOurs: boolean
  readonly theirsIsBase: boolean
  readonly oursIsBase: boolean
}

/** One row in three versions: shipped last time (base), there now (theirs), shipped now (ours). */
export interface ComparedRow {
  readonly isShipped: boolean
  readonly wasShipped: boolean
  readonly isThere: boolean
  /** It equals a version that was shipped before there was a record. */
  readonly isEarlier: boolean
  /** By column: those that are shipped now, and those that were. */
  readonly cells: Readonly<Record<string, ComparedCell>>
}

export interface Decision {
  readonly action: 'insert' | 'update' | 'remove' | 'none'
  /** Of an update. */
  readonly columns: readonly string[]
  readonly kept: readonly Kept[]
  /** Whether the row counts as shipped from now on. */
  readonly isRecorded: boolean
}

export type Kept = Pick<KeptRow, 'reason' | 'column'>

/**
 * What becomes of a row. What a user changed, made or deleted stays. `mayComeBack`: a row that is missing was lost with its
 * table, or is asked for, so that nobody's decision is behind it.
 */
export function decide(
  row: ComparedRow,
  shipped: readonly string[],
  mayComeBack: boolean,
): Decision {
  const { isShipped, wasShipped, isThere } = row
  if (!isShipped) return isThere ? decideRemoval(row) : nothing([], false)
  if (!isThere) {
    if (wasShipped && !mayComeBack) return nothing([{ reason: 'deleted' }], true)
    return { action: 'insert', columns: shipped, kept: [], isRecorded: true }
  }
  return wasShipped ? mergeColumns(row, shipped) : decideFirst(row, shipped)
}

function decideRemoval({ cells }: ComparedRow): Decision {
  const isEdited = Object.values(cells).some(({ theirsIsBase }) => !theirsIsBase)
  if (isEdited) return nothing([{ reason: 'edited-row' }], true)
  return { action: 'remove', columns: [], kept: [], isRecorded: false }
}

/** A row that no record says was shipped is the user's, unless it equals what is shipped or was. */
function decideFirst({ cells, isEarlier }: ComparedRow, shipped: readonly string[]): Decision {
  const differing = shipped.filter((column) => cells[column]?.theirsIsOurs !== true)
  if (differing.length === 0) return nothing([], true)
  return isEarlier
    ? { action: 'update', columns: differing, kept: [], isRecorded: true }
    : nothing([{ reason: 'own-row' }], false)
}

function mergeColumns({ cells }: ComparedRow, shipped: readonly string[]): Decision {
  const columns: string[] = []
  const kept: Kept[] = []
  for (const column of shipped) {
    const cell = cells[column]
    if (!cell || cell.theirsIsOurs) continue
    if (cell.oursIsBase && cell.theirsIsBase) continue
    if (cell.theirsIsBase) columns.push(column)
    else kept.push({ column, reason: cell.oursIsBase ? 'edited' : 'conflict' })
  }
  return { action: columns.length > 0 ? 'update' : 'none', columns, kept, isRecorded: true }
}

function nothing(kept: readonly Kept[], isRecorded: boolean): Decision {
  return { action: 'none', columns: [], kept, isRecorded }
}
