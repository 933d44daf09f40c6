import type { ValueType } from './types.ts'

/** A table that rows are made for. */
export interface Table {
  readonly oid: string
  readonly schema: string
  readonly name: string
  /** Quoted and qualified. */
  readonly sql: string
  readonly isPartitioned: boolean
  /** Of a partition: the tables that it is part of, by oid; the last is the root, into which its rows are inserted. */
  readonly ancestors: readonly string[]
  readonly root: string | undefined
  /** The expression that is true of the rows of a partition. */
  readonly bound: string | null
  readonly columns: readonly Column[]
  readonly checks: readonly Check[]
  readonly keys: readonly Key[]
  readonly foreignKeys: readonly ForeignKey[]
}

export interface Column {
  readonly name: string
  readonly type: ValueType
  readonly isNullable: boolean
  /** PostgreSQL fills it, by this expression if it is known: a generated or identity column, one with a sequence. */
  readonly filledBy?: 'generated' | 'sequence'
  readonly expression?: string
}

export interface Check {
  readonly name: string
  readonly expression: string
}

/** What must differ between rows: a unique index or an exclusion constraint, with all columns that decide it. */
export interface Key {
  readonly name: string
  readonly columns: readonly string[]
  readonly isExclusion: boolean
}

export interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly references: {
    readonly oid: string
    readonly sql: string
    readonly isPartitioned: boolean
  }
  readonly referencedColumns: readonly string[]
  readonly isFull: boolean
}
