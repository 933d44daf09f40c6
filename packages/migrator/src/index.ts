/**
 * Safe schema evolution for PostgreSQL: checked before it runs, applied in journalled segments under a
 * lock that lives as long as the work, and resumed after a kill.
 */

// A migration, in the words of its file.
export type { Backfill, Check, MigrationContract } from './migration.ts'

// Where migrations come from, and which database they go to.
export type { Project } from './project/project.ts'
export { createMigration } from './project/create.ts'
export { hashProject, verifyManifest } from './project/hash.ts'
export { writeBundle, type BundledSources } from './project/write-bundle.ts'
export {
  databaseTarget,
  type DatabaseTarget,
  type TargetSettings,
} from './session/database-target.ts'

// What changes a database.
export { run } from './run/index.ts'
export type { RunRequest, RunResult } from './run/request.ts'
export type { Listener, RunEvent } from './events.ts'
export { repair, type RepairRequest } from './repair/repair.ts'
export { grantApplicationRole } from './grant/roles.ts'

// What only looks.
export { preview, type Preview } from './inspect/preview.ts'
export { status, type Status } from './inspect/status.ts'
export { check } from './inspect/check.ts'
export type { Finding } from './inspect/finding.ts'
export type { Proof, Reporter, SchemaPicture } from './inspect/reporter.ts'
export type { DescribedMigration } from './inspect/described-migration.ts'
export type { VerifiedMigration, VerifyReport } from './verify/report.ts'
export { history } from './inspect/history.ts'
export { findBookkeepingIssues } from './repair/bookkeeping-issues.ts'
export { listArchive } from './archive/manage.ts'

// How each of them ends where it cannot do its work.
export { errorCodes, EXIT, MigratorError } from './errors/index.ts'
export type { NextStep, WordStep } from './errors/next-step.ts'
