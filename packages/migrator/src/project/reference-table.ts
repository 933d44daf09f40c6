/** A value as PostgreSQL reads it. */
export type ReferenceValue = string | null

/** A row by its columns. */
export type ReferenceRow = Readonly<Record<string, ReferenceValue>>

/** Of a value that is known by its hash alone: md5 of its text. */
export interface HashedValue {
  readonly md5: string
}

/** Rows that a project ships for one table. */
export interface ReferenceTable {
  /** Absent: where the search path finds the table. */
  readonly schema?: string
  readonly table: string
  /** Columns that tell one row from another, whatever else changes of it. */
  readonly key: readonly string[]
  /** Each states the same columns; no other is touched. */
  readonly rows: readonly ReferenceRow[]
  /** What was shipped before the journal recorded it: a row that equals one of these was not edited. */
  readonly earlier: readonly Readonly<Record<string, ReferenceValue | HashedValue>>[]
  /** SQL, by column: what an update sets besides. */
  readonly onUpdate: Readonly<Record<string, string>>
}
