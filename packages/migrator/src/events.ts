import type { Difference } from './catalog/index.ts'
import type { PostgresError } from './errors/postgres-error.ts'
import type { Direction } from './migration.ts'

/** What a run reports while it works, for a terminal or a log. */
export type RunEvent =
  | {
      readonly type: 'waiting-for-lock'
      readonly pid: number
      readonly application: string
      readonly since: string
      readonly waited: number
      readonly limit: number
    }
  /** The schema is not what the last run left. `allowed`: why a person lets it go on with what it would refuse. */
  | {
      readonly type: 'drift'
      readonly differences: readonly Difference[]
      readonly allowed?: string
    }
  /**
   * The journal has these migrations as applied, the ledger lacks them, and they run again: the database is disposable.
   * Without names: the ledger is gone.
   */
  | { readonly type: 'ledger-lacks'; readonly migrations: readonly string[] }
  /** The sources of these migrations were edited after they were compiled: what was compiled runs. */
  | { readonly type: 'source-edited'; readonly migrations: readonly string[] }
  /** What lint finds in what is applied all the same, since the caller said yes. */
  | {
      readonly type: 'hazards'
      readonly findings: readonly {
        readonly migration: string
        readonly rule: string
        readonly says: string
      }[]
    }
  /** The schema cannot be compared with what the last run left. */
  | { readonly type: 'catalog-unreadable'; readonly reason: string }
  /** Before anything runs: what it will throw away. */
  | {
      readonly type: 'losses'
      readonly losses: readonly Loss[]
    }
  /** Before an error ends the run: what the archive has of the migrations that it has run. */
  | {
      readonly type: 'kept-so-far'
      readonly kept: readonly {
        readonly migration: string
        readonly object: string
        readonly rows: number
      }[]
    }
  /** After a migration was applied again. */
  | { readonly type: 'restored'; readonly returned: readonly RestoreResult[] }
  /** What a statement of the migration has raised below an error, with its level. */
  | {
      readonly type: 'notice'
      readonly migration: string
      readonly segment: number
      readonly notice: PostgresError
    }
  /** A contract step is left waiting; `says` follows its name. The result of the run has it, too. */
  | { readonly type: 'contract-left'; readonly migration: string; readonly says: string }
  /** A contract step was asked for, and instances need the schema before it; times in milliseconds. */
  | {
      readonly type: 'contract-waiting'
      readonly migration: string
      readonly needing: readonly string[]
      readonly waited: number
      readonly limit: number
    }
  /** Reference data that is not as it is shipped, for a user's sake. The result of the run has it, too. */
  | { readonly type: 'reference-kept'; readonly kept: readonly KeptRow[] }
  | { readonly type: 'connection-lost'; readonly reason: string }
  | {
      readonly type: 'recovered'
      readonly migration: string
      readonly segment: number
      readonly how: string
    }
  | {
      readonly type: 'migration-started'
      readonly migration: string
      readonly direction: Direction
    }
  | {
      readonly type: 'segment-started'
      readonly migration: string
      readonly segment: number
      readonly of: number
      /** How many it runs; 0 of code. */
      readonly statements: number
    }
  /** Before a segment: what it will take from a large table is copied, while the application works on. `bytes`: of the table. */
  | {
      readonly type: 'copying'
      readonly migration: string
      readonly segment: number
      readonly object: string
      readonly bytes: number
    }
  /** `bytes`: of the copy. */
  | {
      readonly type: 'copied'
      readonly migration: string
      readonly segment: number
      readonly object: string
      readonly rows: number
      readonly bytes: number
      readonly milliseconds: number
    }
  /** Another session holds what the segment needs; `waited` in milliseconds. */
  | {
      readonly type: 'segment-waiting'
      readonly migration: string
      readonly segment: number
      readonly blockers: readonly string[]
      readonly waited: number
    }
  /** What PostgreSQL says of the statement at work: https://www.postgresql.org/docs/18/progress-reporting.html */
  | {
      readonly type: 'segment-progress'
      readonly migration: string
      readonly segment: number
      readonly phase: string
      readonly done: number
      readonly total: number
    }
  /** A backfill goes slower, or stands still, for these reasons; without any it goes on as fast as it can. */
  | {
      readonly type: 'backfill-throttled'
      readonly migration: string
      readonly reasons: readonly string[]
      readonly isStill: boolean
    }
  /** A session that stood in the way was ended; or could not be, and `problem` says why. */
  | {
      readonly type: 'blocker-ended'
      readonly migration: string
      readonly segment: number
      readonly blocker: string
      readonly problem?: string
    }
  | {
      readonly type: 'segment-done'
      readonly migration: string
      readonly segment: number
      readonly of: number
      readonly milliseconds: number
    }
  | {
      readonly type: 'migration-done'
      readonly migration: string
      readonly direction: Direction
      readonly milliseconds: number
    }

/** Is called with each event of a run. */
export type Listener = (event: RunEvent) => void

/** What a run is about to throw away, counted before it starts. */
export interface Loss {
  readonly migration: string
  /** `jobs`, `jobs.attempt_count`, or what nobody can count: `DO`. */
  readonly object: string
  /** Rows of a table; values of a column, without NULLs; or what cannot be counted. */
  readonly what: 'rows' | 'values' | 'unknown'
  /** 0 where it cannot be counted. */
  readonly count: number
  /** As they are stored. */
  readonly bytes: number
  /** The archive keeps it. */
  readonly isKept: boolean
}

/** What became of an entry of the archive. */
export interface RestoreResult {
  readonly entry: string
  readonly migration: string
  /** `jobs`, or `jobs.payload, jobs.status`. */
  readonly object: string
  /** Rows, of a table or with values, that are as they were when they were taken. */
  readonly restoredRows: number
  /** What stays in the archive, and why; undefined where all was restored. */
  readonly note: string | undefined
}

/** Of a row of reference data: what was kept as a user has it, or left as it is. */
export interface KeptRow {
  readonly table: string
  /** The values of its key. No other value is named. */
  readonly key: string
  /** Where it is about one column. */
  readonly column?: string
  /**
   * `edited`: by a user, and the same is shipped as before. `conflict`: and another value is shipped now. `own-row`: it was
   * there, and never shipped. `deleted`: by a user. `edited-row` and `referenced`: no longer shipped. `refused`: by a unique
   * index, a foreign key or a trigger.
   */
  readonly reason:
    | 'edited'
    | 'conflict'
    | 'own-row'
    | 'deleted'
    | 'edited-row'
    | 'referenced'
    | 'refused'
}
