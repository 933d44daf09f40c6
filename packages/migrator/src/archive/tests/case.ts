/**
 * A way back, tried: a schema with rows, migrations, what the application writes, and who writes beside the run.
 * Data only, so that it can be printed, run again, and made smaller.
 */
export interface Case {
  readonly name: string
  /** The kinds of statement that it is about. */
  readonly kinds: readonly string[]
  /** Who runs the migrations: a superuser, or the owner of the database, who is none. */
  readonly role: 'superuser' | 'owner'
  /** What that role finds set when it connects. */
  readonly settings: readonly Setting[]
  /** What is there before the first migration. */
  readonly given: readonly string[]
  readonly migrations: readonly {
    readonly up: readonly string[]
    readonly down: readonly string[]
  }[]
  /** What the application does at the head, before the way back. */
  readonly rows: readonly string[]
  readonly writers: readonly Writer[]
  /** One migration at a time, and not all in one run. */
  readonly stepwise?: boolean
  /** How often it goes back and forth; once by default. */
  readonly rounds?: number
  /** The way up takes away, and the way back brings back: what `down` says is what the migrations do on `up`. */
  readonly isMirrored?: boolean
}

export type Setting = readonly [name: string, value: string]

/** Somebody who writes while the database is on its way, at a moment that is the same each time. */
export interface Writer {
  /** Between `down` and `up`, or within the one or the other; of a mirrored case between `up` and `down`. */
  readonly at: 'between' | 'down' | 'up'
  /** Within a run: behind which of its events, counted from 0. */
  readonly event: 'migration-started' | 'segment-started' | 'segment-done' | 'migration-done'
  readonly nth: number
  /** Ends the run's session behind the writes, as a crash of its process would. */
  readonly kills: boolean
  readonly writes: readonly Write[]
}

/** One statement on a table whose rows are told apart by `id`. Tables and columns are quoted. */
export interface Write {
  readonly table: string
  /** `upkeep` changes no row: VACUUM, CLUSTER. */
  readonly what: 'insert' | 'update' | 'delete' | 'upkeep'
  readonly sql: string
  /** What it sets. */
  readonly columns: readonly string[]
  /** Of an INSERT while a column is away: what it is to be in this row once it is there again. */
  readonly later?: Readonly<Record<string, unknown>>
}

/** What a write did. */
export interface Written {
  readonly write: Write
  /** The row as the writer left it, or, of a DELETE, as it was. */
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}
