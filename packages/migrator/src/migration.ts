/** What a migration is: data only. Everything here survives JSON, but for the function of a code body. */

/** `expand` keeps the previous release of the application working; `contract` may break it. */
export type Phase = 'expand' | 'contract'

export type Direction = 'up' | 'down'

/**
 * A claim about the database that a migration depends on.
 *
 * `query` returns one row. Every number in it is a count of what stands in the way and must be 0, every
 * boolean is a claim and must be true; the column's name tells the reader what was counted.
 * `says` is the sentence that is shown, with the counts, when it does not hold.
 */
export interface Check {
  readonly query: string
  readonly says: string
}

/**
 * What a MikroORM migration class may state beside `up` and `down`, without leaving MikroORM's way of
 * writing one: `class AddStatus extends Migration implements MigrationContract`.
 */
export interface MigrationContract {
  readonly phase?: Phase
  /** Written by `squash`: the checksums, by their names, of the migrations that this one stands for. */
  readonly replaces?: Readonly<Record<string, string>>
  /**
   * `'64MB'`: what the UPDATE, DELETE and TRUNCATE of `up` take is kept, and restored by `down`; where it is more, the
   * run is refused. Without it they are as the author wants them, and nothing of it is kept.
   */
  readonly keepRows?: string
  /** By the id of a rule of lint: why what the migration does is right all the same. */
  readonly allow?: Readonly<Record<string, string>>
  /** What `up` does, in place of `up`: rows that are changed in batches, while the application works on. */
  backfill?(): Backfill
  /** Must hold before `up`: read before any lock of the migration is taken. */
  requires?(): Check[]
  /** Must hold after `up`: read in its last transaction, which is rolled back when it does not. */
  ensures?(): Check[]
  /** Must hold before `down`. */
  downRequires?(): Check[]
}

/**
 * Rows of a table that get a value each, or of which something is made elsewhere. It is run in batches, each of which
 * commits; it may be interrupted anywhere, and goes on from there. `set` or `statement`, not both.
 * @example
 * const fullName = {
 *   table: 'users',
 *   set: { full_name: `first_name || ' ' || last_name` },
 *   remains: 'full_name is null',
 * }
 */
export interface Backfill {
  readonly schema?: string
  readonly table: string
  /** The columns of a unique key, by whose order it goes through the table. Absent: the primary key. */
  readonly key?: readonly string[]
  /** By column, the value that a row gets: an expression of SQL over the columns of its row. */
  readonly set?: Readonly<Record<string, string>>
  /** One INSERT, UPDATE, DELETE or MERGE that reads the rows of its batch from `batch`, with all their columns. */
  readonly statement?: string
  /** A condition of SQL: true of a row that is still to be done, and false or null once its batch has run. */
  readonly remains: string
}

/**
 * What PostgreSQL, or the safety of others, demands of the transaction around a statement.
 * - `shared`: may share one with its neighbours.
 * - `commits-after`: what it made can be used only after its transaction (ALTER TYPE … ADD VALUE).
 * - `own`: alone in one, since its scan must not run under a neighbour's lock (VALIDATE CONSTRAINT).
 * - `outside`: PostgreSQL refuses it inside a transaction block (CONCURRENTLY, VACUUM, …).
 */
export type Boundary = 'shared' | 'commits-after' | 'own' | 'outside'

/** How the catalog tells whether an `outside` statement took effect before the connection was lost. */
export type Completion =
  | {
      readonly probe: 'index-built'
      readonly schema?: string
      readonly table: string
      readonly index: string
    }
  | { readonly probe: 'index-gone'; readonly schema?: string; readonly index: string }
  | {
      readonly probe: 'partition-detached'
      readonly schema?: string
      readonly parent: string
      readonly partitionSchema?: string
      readonly partition: string
    }
  /** Running it again does no harm. */
  | { readonly probe: 'repeatable' }
  /** So does REINDEX CONCURRENTLY, but an interrupted one leaves invalid indexes on what it rebuilt. */
  | { readonly probe: 'reindexed'; readonly schema?: string; readonly relation?: string }

/** An object that a statement makes or removes, as far as its text says so; `key` names kind and object. */
export interface Effect {
  readonly key: string
  readonly change: 'makes' | 'removes'
}

/** PostgreSQL's, and MikroORM's where a configuration names none. */
export const DEFAULT_SCHEMA = 'public'

/** A name as a statement writes it; without a schema it is found along the search path. */
export interface Name {
  readonly schema?: string
  readonly name: string
}

/** The kinds of objects whose DROP may take tables or columns with it. `relation`: a view, a sequence and their like. */
export type DroppedKind =
  | 'table'
  | 'relation'
  | 'schema'
  | 'type'
  | 'domain'
  | 'extension'
  | 'collation'

/**
 * What a statement may throw away, as far as its text says so. What it really took, the run finds out.
 * - `objects`: DROP of objects, with all that depends on them. `others`: of what the text does not name so.
 * - `column`: DROP COLUMN. `conversion`: ALTER COLUMN … TYPE.
 * - `truncate`, `delete`, `update`: rows of a table, or values in them.
 * - `written`: rows that are written in a way that cannot be counted before (MERGE, a WITH). `insert`: new rows,
 *   which take something only where triggers do.
 * - `unreadable`: nobody can tell from the text (DO, CALL, and every command that is on no list).
 */
export type DataLoss =
  | {
      readonly what: 'objects'
      readonly kind: DroppedKind
      readonly names: readonly Name[]
      readonly cascade: boolean
    }
  | { readonly what: 'others'; readonly command: string; readonly cascade: boolean }
  | {
      readonly what: 'column'
      readonly table: Name
      readonly column: string
      readonly cascade: boolean
    }
  | { readonly what: 'conversion'; readonly table: Name; readonly column: string }
  | {
      readonly what: 'truncate'
      readonly tables: readonly (Name & { readonly only: boolean })[]
      readonly cascade: boolean
    }
  /** `cursor`: the statement takes the row that this cursor is at (WHERE CURRENT OF). */
  | { readonly what: 'delete' | 'update'; readonly table: Name; readonly cursor?: true }
  | { readonly what: 'insert'; readonly table: Name }
  | { readonly what: 'written'; readonly table: Name; readonly command: string }
  | { readonly what: 'unreadable'; readonly command: string }
  /** A query reads these relations. One may be a view that calls functions which write. `cursor`: it moves one (FETCH). */
  | { readonly what: 'reads'; readonly relations: readonly Name[]; readonly cursor?: true }
  /** Calls of functions, which change data where one of them is volatile and not PostgreSQL's own. None: deferred triggers run. */
  | { readonly what: 'calls'; readonly functions: readonly Name[] }

/**
 * The command of an `unreadable` loss of a composite type's values; the archive finds out where they are. A type, so that a
 * run with nothing to do loads nothing of this file.
 */
export type AlterComposite = 'ALTER TYPE of a composite type'

/** A table that goes by another name once a statement has run; with `column`, a column of it does. Or a schema. */
export type Renaming =
  | {
      readonly from: Name
      readonly to: Name
      readonly column?: { readonly from: string; readonly to: string }
    }
  | { readonly schema: { readonly from: string; readonly to: string } }

/** PostgreSQL's table locks, weakest first: https://www.postgresql.org/docs/18/explicit-locking.html */
export const LOCK_MODES = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const

export type LockMode = (typeof LOCK_MODES)[number]

/** A lock that a statement takes on a table, as far as its text tells. */
export interface TableLock {
  readonly schema?: string
  /** The name that the text gives: of what is locked, or of that through which it is found. */
  readonly table: string
  /** Absent: the named relation itself is locked. Otherwise only the catalog knows which relations are. */
  readonly through?: Through
  /**
   * Narrows `references` to the foreign key with this name or over this column, `referenced-by` to those that need this
   * constraint or column, `views` to those that read the column, `descendants` to those that have the constraint.
   */
  readonly constraint?: string
  readonly column?: string
  readonly mode: LockMode
  /** The slowest work that the text allows. */
  readonly work?: LockWork
  /** The work is spared where none of these functions is volatile. */
  readonly calls?: readonly Name[]
  /** The type of a new column: as a domain with constraints, or with a default that differs by row, it rewrites the table. */
  readonly type?: Name
  /** True where the column has a default of its own, so that the domain's does not count. */
  readonly hasDefault?: true
}

/** The lightest first. */
export const LOCK_WORKS = ['scan', 'build', 'rewrite'] as const

/** What may run under a lock for as long as the table is large. */
export type LockWork = (typeof LOCK_WORKS)[number]

/**
 * How the catalog leads from the name in the text to what is locked.
 * - `index`: the table of the index that is named; its partitions too where the index has parts in them.
 * - `indexes`: the indexes of the table.
 * - `descendants`: its partitions and inheriting tables, at any depth.
 * - `partitions`, `inheriting`: of those only the partitions, or only the others.
 * - `parent`: the partitioned table that it is a partition of, and that one's default partition.
 * - `default`: its default partition.
 * - `references`: the tables that its foreign keys name.
 * - `referenced-by`: the tables whose foreign keys name it.
 * - `emptied-with`: these, the tables whose foreign keys name those, and so on.
 * - `kept-with`: itself, what is a part of it or it is a part of, and where its foreign keys delete or set rows, and so on.
 * - `typed`: the tables of the composite type that is named.
 * - `holding`: the tables with a column that has the composite type in it, at any depth.
 * - `statistics`: the table of the extended statistics that are named.
 * - `views`: the views that read it, and those that read them.
 * - `domain`: the tables with a column of the domain that is named.
 * - `schema`: every relation of the schema that is named.
 */
export type Through =
  | 'index'
  | 'indexes'
  | 'descendants'
  | 'partitions'
  | 'inheriting'
  | 'parent'
  | 'default'
  | 'references'
  | 'referenced-by'
  | 'emptied-with'
  | 'kept-with'
  | 'typed'
  | 'holding'
  | 'statistics'
  | 'views'
  | 'domain'
  | 'schema'

/**
 * What a statement makes or alters that changes what a later one does to a table, before the catalog has it.
 * - `domain`: `of` is the type that it is made of; absent of one that is altered. `isChecked`: it gets a CHECK or NOT NULL.
 *   `calls`: functions in its default that may give each row another value.
 * - `function`: made, or given another volatility.
 * - `index`: by a name, on a table.
 */
export type Making =
  | {
      readonly domain: Name
      readonly of?: Name
      readonly isChecked?: boolean
      readonly calls?: readonly Name[]
    }
  | { readonly function: Name; readonly isVolatile: boolean }
  | { readonly index: Name; readonly table: Name }

export interface Statement {
  readonly sql: string
  /** Hash of the parse tree: blind to layout, comments and case of keywords; sees every constant. */
  readonly checksum: string
  readonly boundary: Boundary
  /** Only for `outside`. Absent there: nobody can tell after a crash whether it took effect. */
  readonly completion?: Completion
  /** True for a plain SET: it holds in the later segments of its migration, and is gone after it. */
  readonly isSet: boolean
  /** True for SET LOCAL: it is gone with its transaction. */
  readonly setsLocally?: boolean
  /** True for VALIDATE CONSTRAINT and CREATE INDEX: long by nature, so under a longer timeout. */
  readonly isLongRunning: boolean
  readonly effects: readonly Effect[]
  readonly dataLosses: readonly DataLoss[]
  /** Not part of the checksum: another version of the migrator may read more, or less, out of the same text. */
  readonly locks: readonly TableLock[]
  /** True where the text does not tell what else is locked: DO, CALL, a function's work, CASCADE, … */
  readonly hasUnknownLocks: boolean
  readonly renames?: Renaming
  /** Absent where it makes nothing of the kind. */
  readonly makes?: readonly Making[]
  /** Run in batches; `sql` would do the same in one. */
  readonly backfill?: Backfill
}

/** The session that a code body works in. `query` runs on the connection of the segment. */
export interface CodeSession {
  query(
    sql: string,
    values?: readonly unknown[],
  ): Promise<{ rows: unknown[]; rowCount: number | null }>
}

/**
 * What a migration does in one direction.
 * - `sql`: statements in order; of a backfill one, which is run in batches.
 * - `code`: a function, run whole in one segment. It may run again when its segment is retried.
 * - `none`: there is no way in this direction; `reason` says why.
 */
export type Body =
  | { readonly kind: 'sql'; readonly statements: readonly Statement[] }
  | { readonly kind: 'code'; readonly run: (session: CodeSession) => Promise<void> }
  | { readonly kind: 'none'; readonly reason: string }

/** A migration that a squash stands for. */
export interface ReplacedMigration {
  readonly name: string
  readonly checksum: string
}

export interface Migration {
  readonly name: string
  /** Of a squash: a database that has applied all of these has applied it. */
  readonly replaces?: readonly ReplacedMigration[]
  /**
   * The phase that the class states, which is hashed; in a project that was loaded to run, the one that applies: see
   * `withPhases`.
   */
  readonly phase: Phase
  /**
   * What `up` takes away from the application's previous release, in words that follow "it". Absent until it is judged.
   */
  readonly breaks?: readonly string[]
  /** Why that release keeps working despite `breaks`, as the manifest records it. */
  readonly phaseException?: string
  /** True where the class states `expand`; where it states nothing, the phase follows from the statements. */
  readonly statesExpand?: boolean
  /** False: the author wants every statement committed by itself. */
  readonly transactional: boolean
  /** How many bytes of rows the archive may keep of `up`; absent: none. */
  readonly keepRows?: number
  readonly up: Body
  readonly down: Body
  readonly requires: readonly Check[]
  readonly ensures: readonly Check[]
  readonly downRequires: readonly Check[]
  /** Of which rules of lint it says why they do not count in it. Not part of the checksum: it changes nothing that runs. */
  readonly allow?: Readonly<Record<string, string>>
  /** Hash over everything above but name and reasons; `v1:` names the algorithm. */
  readonly checksum: string
  /** Of code: checksums of its file with other white space at its ends, which earlier versions recorded. */
  readonly equivalents?: readonly string[]
}
