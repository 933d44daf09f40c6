import { MigratorError, failure } from '../errors/index.ts'
import { fillInBatches } from '../backfill/fill.ts'
import { readBackfills, type BackfillState } from '../backfill/tables.ts'
import { readState } from '../journal/state.ts'
import { openProject } from '../project/open.ts'
import type { OpenProject, Project } from '../project/project.ts'
import { readRunnable } from '../project/runnable.ts'
import { loginPid, withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { backendPid } from '../session/session.ts'
import { listStatements } from '../plan/progress.ts'
import { run } from './index.ts'

/** A backfill that a worker has had part in. */
export interface SharedBackfill {
  readonly migration: string
  /** Rows that all its workers have changed. */
  readonly changed: number
  /** False where another run is at work on the database, which records it. */
  readonly isRecorded: boolean
}

/**
 * Works on the backfills that a run has begun, beside others, until nothing of them remains; then records them, unless a
 * run is at work. It needs no migration lock. `migration`: on that one alone.
 *
 * Throws what `fillInBatches` throws, and what `run` throws.
 */
export async function shareBackfills(
  project: Project,
  database: DatabaseTarget,
  migration?: string,
): Promise<SharedBackfill[]> {
  const opened = await openProject(project)
  const found = await findBegun(opened, database)
  const begun = found.filter((one) => migration === undefined || one.migration === migration)
  const shared: SharedBackfill[] = []
  for (const one of begun) {
    const changed = await share(project, opened, database, one)
    const isRecorded = await record(project, database, one)
    shared.push({ migration: one.migration, changed, isRecorded })
  }
  return shared
}

async function findBegun(
  { manifest }: OpenProject,
  database: DatabaseTarget,
): Promise<BackfillState[]> {
  return withConnection(database, async (client) => {
    const { ledgerTable } = await readState(client, manifest.ledger)
    const all = await readBackfills(client, ledgerTable)
    return all.filter(({ state }) => state !== 'done')
  })
}

async function share(
  project: Project,
  opened: OpenProject,
  database: DatabaseTarget,
  { migration: name, checksum }: BackfillState,
): Promise<number> {
  const { migrations, close } = await readRunnable(project, opened)
  await close()
  const migration = migrations.find((one) => one.migration.name === name)?.migration
  const backfill = migration && listStatements(migration.up).find((one) => one.backfill)?.backfill
  if (!migration || !backfill || migration.checksum !== checksum)
    throw failure('BACKFILL_UNKNOWN', { name })
  const { limits, onEvent } = database
  return withConnection(database, async (client) => {
    // Where each transaction may meet another session, it would be one transaction from the first row to the last.
    if ((await backendPid(client)) !== loginPid(client)) throw failure('POOLED_CONNECTION')
    const { ledgerTable: ledger } = await readState(client, opened.manifest.ledger)
    const key = { ledger, migration: name, checksum }
    return fillInBatches(backfill, { client, key, segment: 1, limits, onEvent })
  })
}

/** A run that is at work waits for the rows, and records the backfill itself. */
async function record(
  project: Project,
  database: DatabaseTarget,
  { migration: target }: BackfillState,
): Promise<boolean> {
  const limits = { ...database.limits, lockWait: 0 }
  try {
    await run(project, { ...database, limits }, { direction: 'up', target })
    return true
  } catch (error) {
    if (error instanceof MigratorError && error.code === 'LOCK_HELD') return false
    throw error
  }
}
