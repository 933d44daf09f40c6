import type { Rehearsal } from '../adopt/index.ts'
import type { AdoptionResult } from '../adopt/adopt.ts'
import type { AdoptionPlan } from '../adopt/adoption-plan.ts'
import type { Rename } from '../adopt/match-schema.ts'
import type { RestoredEntry } from '../archive/manage.ts'
import type { ArchiveEntry } from '../archive/schema.ts'
import type { Difference } from '../catalog/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import type { NextStep } from '../errors/next-step.ts'
import type { PostgresError } from '../errors/postgres-error.ts'
import type { GrantReport } from '../grant/roles.ts'
import type { BackfillReport } from '../inspect/backfills.ts'
import type { Finding } from '../inspect/finding.ts'
import type { HistoryEntry } from '../inspect/history.ts'
import type { PlacedFinding } from '../inspect/lint.ts'
import type { Preview } from '../inspect/preview.ts'
import type { PictureFormat } from '../inspect/reporter.ts'
import type { Status } from '../inspect/status.ts'
import type { SquashReport } from '../mikro-orm/squash.ts'
import type { Body, Direction, Migration } from '../migration.ts'
import type { Plan, PlannedMigration } from '../plan/plan.ts'
import type { HashReport, PhaseReport } from '../project/hash.ts'
import type { RebaseReport } from '../project/rebase.ts'
import type { BookkeepingIssue } from '../repair/bookkeeping-issues.ts'
import type { RecordedRelease } from '../releases/recorded-release.ts'
import type { RepairReport, RepairRequest } from '../repair/repair.ts'
import type { RunResult } from '../run/request.ts'
import type { SharedBackfill } from '../run/share-backfills.ts'
import type { ProvedSchema } from '../scratch/compare-entities.ts'
import type { RecordedCatalogs } from '../scratch/record-catalogs.ts'
import type { ResetResult } from '../run/reset.ts'
import type { VerifyReport } from '../verify/report.ts'
import type { Judgement } from '../verify/verdict.ts'

/**
 * What each command prints with `--json`, by what is typed to run it, and under `error` what each of them prints
 * where it fails. Types check the commands against it; the JSON schemas of the package are made from it.
 */
export interface Output {
  readonly start: RunResult
  readonly status: Status
  readonly plan: PlanOutput | ScriptOutput
  readonly up: RunResult | PlanOutput
  readonly down: RunResult
  readonly create: CreateOutput
  readonly hash: HashOutput | VerifiedOutput
  readonly rebase: RebaseOutput
  readonly squash: SquashOutput
  readonly release: ReleaseOutput
  readonly lint: LintOutput
  readonly verify: VerifyOutput
  readonly check: CheckOutput
  readonly diff: readonly Difference[]
  readonly erd: PictureOutput
  readonly history: readonly HistoryEntry[]
  readonly seed: RunResult
  readonly reset: ResetResult
  readonly 'backfill run': readonly SharedBackfill[]
  readonly 'backfill status': readonly BackfillReport[]
  /** The names of those that were running, or paused. */
  readonly 'backfill pause': readonly string[]
  readonly 'backfill resume': readonly string[]
  readonly 'archive list': readonly ArchiveEntry[]
  readonly 'archive restore': RestoredEntry
  readonly 'archive purge': readonly ArchiveEntry[]
  readonly repair: readonly BookkeepingIssue[] | ResolvedOutput | RepairedOutput
  readonly adopt: AdoptionPlanOutput | AdoptedOutput | ReconciliationOutput
  readonly grant: GrantReport
  readonly error: ErrorOutput
}

/** `plan`, `up --dry-run`. */
export interface PlanOutput extends Omit<Plan, 'migrations'>, Omit<Preview, 'plan' | 'ledger'> {
  readonly migrations: readonly PlannedMigrationOutput[]
}

export interface PlannedMigrationOutput extends Omit<PlannedMigration, 'migration'> {
  readonly migration: MigrationOutput
}

export interface MigrationOutput extends Omit<Migration, Direction> {
  readonly up: BodyOutput
  readonly down: BodyOutput
}

/** What a migration does in one direction. JSON does not have the function of a code body. */
export type BodyOutput = Exclude<Body, { readonly kind: 'code' }> | { readonly kind: 'code' }

/** `plan --sql`. */
export interface ScriptOutput {
  readonly sql: string
}

/**
 * The path of the new file, or null where nothing has changed; with `--undo` the name that was removed. `others` are
 * written with it, or removed.
 */
export type CreateOutput =
  | ({
      readonly created: string
      readonly others?: readonly (PhaseReport & { readonly path: string })[]
      /** Contract steps that run right before it; `rebase` places those that are not released last. */
      readonly contractsBefore?: readonly string[]
      /** What was recorded of the schema, and compared with the entities; null where there was no server to find out. */
      readonly schema: ProvedSchema | null
    } & PhaseReport)
  | { readonly created: null; readonly schema: ProvedSchema | null }
  | {
      readonly removed: string
      readonly path: string
      readonly others?: readonly { readonly name: string; readonly path: string }[]
    }

export interface HashOutput extends HashReport, SchemaOutput {}

export interface SquashOutput extends SquashReport {}

export interface RebaseOutput extends RebaseReport<RecordedCatalogs | null> {}

export interface SchemaOutput {
  /** What was recorded of the schema; null where there was no server to find out. */
  readonly schema: RecordedCatalogs | null
}

/** What was recorded of how many entities and queries, and where. */
export interface ReleaseOutput extends Omit<
  RecordedRelease,
  'entities' | 'queries' | 'unrecorded'
> {
  readonly path: string
  readonly entities: number
  /** Absent where the project has no file of queries. */
  readonly queries?: number
  /** Those among what was sent that could not be recorded. */
  readonly unrecorded?: number
}

/** `hash --check`. */
export interface VerifiedOutput {
  readonly intact: true
  readonly phases: readonly PhaseReport[]
}

export interface LintOutput {
  readonly findings: readonly PlacedFinding[]
  /** The exit code of the process. */
  readonly exit: number
}

export interface VerifyOutput extends VerifyReport, Judgement {
  /** The exit code of the process. */
  readonly exit: number
}

export interface CheckOutput {
  readonly findings: readonly Finding[]
  /** The exit code of the process. */
  readonly exit: number
}

/** `erd` */
export interface PictureOutput {
  readonly format: PictureFormat
  /** The text of an SVG, of Mermaid or of DBML. */
  readonly picture: string
}

/** `repair` of a statement in doubt. */
export interface ResolvedOutput {
  readonly migration: string
  readonly tookEffect: boolean
}

/** `repair` of anything else. */
export interface RepairedOutput extends RepairReport {
  readonly migration: string
  readonly recorded: RepairRequest['record']
}

/** What a database was found to be. */
export type FoundSchema =
  | { readonly class: 'empty' }
  | {
      readonly class: 'unknown'
      /** The name of the known schema that it is most like, and how it differs from that. */
      readonly nearest: string
      readonly differences: readonly Difference[]
    }
  | {
      /** `legacy`: one that the project declares; `managed`: the schema after one of its migrations. */
      readonly class: 'legacy' | 'managed'
      readonly knownSchema: string
      readonly renames: readonly Rename[]
      /** Differences that do not count: grants, owners, storage, comments. */
      readonly ignored: readonly Difference[]
    }

/** `adopt --plan`, and `adopt` where nothing is left to do. */
export type AdoptionPlanOutput = FoundSchema &
  Omit<AdoptionPlan, 'match'> & {
    /** With `--plan`: why `adopt` refuses, or null where it does not. */
    readonly refusal?: Pick<ErrorOutput['error'], 'code' | 'message' | 'next'> | null
  }

export interface AdoptedOutput extends AdoptionResult {
  /** Null where nothing was rehearsed. */
  readonly rehearsal: Rehearsal | null
}

/** `adopt --write-reconcile`: the path of the file. */
export interface ReconciliationOutput {
  readonly written: string
}

export interface ErrorOutput {
  readonly error: {
    /** Stable; docs/errors.md lists them. */
    readonly code: ErrorCode | 'UNEXPECTED'
    /** The exit code of the process. */
    readonly exit: number
    /** For people. */
    readonly message: string
    /** What is in the message, as data. */
    readonly details: Readonly<Record<string, unknown>>
    /** What PostgreSQL said, also where an ORM has wrapped its error. */
    readonly postgres?: PostgresError
    /** What to run to get on. */
    readonly next?: readonly NextStep[]
  }
}
