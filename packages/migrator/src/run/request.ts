import type { WaitingStep } from './waiting-steps.ts'
import type { Witness } from './witness.ts'
import type { MigrationReport } from './migration.ts'
import type { PendingFinding } from './hazards.ts'
import type { AllowedLosses } from '../archive/unarchivable.ts'
import type { Target } from '../plan/targets.ts'
import type { KeptRow } from '../events.ts'
import type { Direction } from '../migration.ts'
import type { Difference } from '../catalog/index.ts'

/** Where to go, and what a run may do on the way. */
export interface RunRequest {
  readonly direction: Direction
  readonly target: Target
  /** Called before each migration, with its name; what it throws ends the run. */
  readonly beforeEach?: (name: string) => Promise<void>
  /**
   * Called when a migration has run, in its last transaction: what it throws rolls that back. After a statement
   * outside a transaction it is called when the migration stands, and what it throws ends the run.
   */
  readonly afterEach?: (name: string) => Promise<void>
  /** Watches each segment from within its session. */
  readonly witness?: Witness
  /** After going up: whether to run the seeders, and whether also where their files are those of their last run. */
  readonly seed?: 'if-changed' | 'always'
  /** Of the plan that was reviewed, or the beginning of it: nothing else is run. */
  readonly planHash?: string
  /** True where an adoption runs what comes after it; nothing else may while it is unfinished. */
  readonly adopting?: boolean
  /** Why to go on although the schema was changed outside of the migrations since the last run. */
  readonly allowDrift?: string
  /**
   * What to do where it was: `refuse` (the default) what has to be decided first; `report` and go on; `ignore`:
   * neither look, nor leave for the next run what to compare with.
   */
  readonly drift?: 'refuse' | 'report' | 'ignore'
  /**
   * Going back: take away what is counted, on a database that is not marked disposable too. Going up: apply what lint
   * refuses in this database.
   */
  readonly yes?: boolean
  /**
   * Going up: apply contract steps, whatever the project's policy is, and refuse where an instance needs the schema
   * before one. Without it such a step is left waiting.
   */
  readonly contract?: boolean
  /** With `contract`: how long to wait until nobody needs it, in milliseconds; 0 by default. */
  readonly contractWait?: number
  /** Going up: begin backfills and leave them, and what shares objects with them, to workers. */
  readonly leavesBackfills?: boolean
  /** Going back: what may be lost for good, as `table` or `table.column`; or whatever cannot be kept. */
  readonly lose?: AllowedLosses
  /** Going back: the largest copy that the archive may take, in bytes; 256 MB by default. */
  readonly archiveLimit?: number
}

/** What a run did. */
export interface RunResult {
  readonly direction: Direction
  /** In the order in which they were run. */
  readonly migrations: readonly MigrationReport[]
  /** Squashes that were recorded in the place of their parts, without a statement being run. Absent without any. */
  readonly squashes?: readonly string[]
  /** Steps that were left waiting, and for whom. Absent without any. */
  readonly waiting?: readonly WaitingStep[]
  /** What the seeders reported; absent where they did not run. */
  readonly seeded?: readonly string[]
  /** Reference data that is not as it is shipped, for a user's sake. Absent without any. */
  readonly kept?: readonly KeptRow[]
  /** Migrations of which the archive has something, and which the project no longer has: nothing restores it by itself. Absent without any. */
  readonly orphaned?: readonly string[]
  /** What lint finds in migrations that were applied all the same, since the caller said yes. Absent without any. */
  readonly hazards?: readonly PendingFinding[]
  /** How the schema differed from what the last run left, before this one; absent where it did not. */
  readonly drift?: readonly Difference[]
}
