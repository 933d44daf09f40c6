import { type StoredTable } from './tables.ts'

/** What a statement takes from one table. */
export interface TableLoss {
  /** `table`: all of it. `rows`: rows that are deleted. `values`: values that go, or become others. */
  readonly kind: 'table' | 'rows' | 'values'
  readonly table: StoredTable
  /** A query of (tableoid, ctid) of the rows concerned; absent: all. */
  readonly matching?: string
  /** Of `values`: the columns. */
  readonly columns: readonly LostColumn[]
}

export interface LostColumn {
  readonly name: string
  /** A condition on a row of the table that holds where its value goes or changes. */
  readonly isTaken: string
  /** Wider conditions, for where the ones before cannot be evaluated. */
  readonly orElse?: readonly string[]
}

/** What a statement takes, and why nobody can tell more: the commands that cannot be read. */
export interface Findings {
  readonly tableLosses: readonly TableLoss[]
  readonly unknown: readonly string[]
}
