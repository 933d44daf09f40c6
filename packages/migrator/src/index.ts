/**
 * Safe schema evolution for PostgreSQL: checked before it runs, applied in journalled segments under a
 * lock that lives as long as the work, and resumed after a kill.
 */
export {
  errorCodes,
  EXIT,
  failure,
  MigratorError,
  type ErrorCode,
  type ExitName,
} from './errors/index.ts'
export { commandLine, renderFailure } from './errors/next-step.ts'
export type { CommandName, CommandStep, NextStep, StatementStep } from './errors/next-step.ts'
export type {
  Body,
  Check,
  CodeSession,
  Direction,
  LockMode,
  Migration,
  MigrationContract,
  Phase,
  Statement,
  TableLock,
} from './migration.ts'
export {
  verifyManifest,
  createMigration,
  hashProject,
  type CreatedMigration,
  type HashReport,
  type PhaseReport,
} from './project/hash.ts'
export type { CreateOptions, LoadedProject, Project } from './project/project.ts'
export type { Plan, PlannedMigration } from './plan/plan.ts'
export { renderFields, type PostgresError } from './errors/postgres-error.ts'
export { planScript } from './inspect/script.ts'
export type { Segment } from './plan/segments.ts'
export type { Blocker } from './locks/blockers.ts'
export { maskAll, maskSecrets } from './errors/mask-secrets.ts'
export { openCatalog, readApplicationCatalog } from './drift/application-catalog.ts'
export { withConnection } from './session/connect.ts'
export { parseUrl } from './session/database-url.ts'
export { explainRefusal } from './session/explain.ts'
export {
  databaseTarget,
  type DatabaseTarget,
  type TargetSettings,
} from './session/database-target.ts'
export type { Listener, Loss, RestoreResult, RunEvent } from './events.ts'
export { check, exitOf, type Finding } from './inspect/check.ts'
export { renderDrift } from './drift/drift.ts'
export { history, type HistoryEntry } from './inspect/history.ts'
export type { ExpectedLock, PlanFacts, SegmentFacts } from './inspect/plan-facts.ts'
export { preview, type Preview } from './inspect/preview.ts'
export {
  listArchive,
  purgeArchive,
  restoreFromArchive,
  type PurgeRequest,
} from './archive/manage.ts'
export type { ArchiveEntry } from './archive/schema.ts'
export { findBookkeepingIssues, type BookkeepingIssue } from './repair/bookkeeping-issues.ts'
export { repair, type RepairReport, type RepairRequest } from './repair/repair.ts'
export { resolveInDoubt } from './repair/resolve.ts'
export { grantApplicationRole, type GrantReport } from './grant/roles.ts'
export { run } from './run/index.ts'
export type { Limits } from './session/session.ts'
export { describeRun, type RunAtWork } from './inspect/run-at-work.ts'
export { status, type MigrationStatus, type Status } from './inspect/status.ts'
export { MANIFEST_NAME, type Manifest, type ManifestEntry } from './project/manifest.ts'
export type { RunRequest, RunResult } from './run/request.ts'
