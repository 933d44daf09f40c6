import { MigratorError, failure } from '../errors/index.ts'
import { fillInBatches } from '../backfill/fill.ts'
import { readBackfills, type BackfillKey } from '../backfill/tables.ts'
import { planWalk } from '../backfill/walk.ts'
import type { Backfill } from '../migration.ts'
import { readState } from '../journal/state.ts'
import { chainOf } from '../project/chain-of.ts'
import { openProject } from '../project/open.ts'
import type { OpenProject, Project, RunnableProject } from '../project/project.ts'
import { readRunnable } from '../project/runnable.ts'
import { loginPid, withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { backendPid } from '../session/session.ts'
import { findBackfill, listStatements } from '../plan/progress.ts'
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
  const { ledger, begun, opened } = await findBegun(await openProject(project), database)
  const asked = begun.filter((one) => migration === undefined || one.migration === migration)
  if (asked.length === 0) return []
  const { migrations, close } = await readRunnable(project, opened)
  await close()
  const shared: SharedBackfill[] = []
  for (const { migration: name, checksum } of asked) {
    const key = { ledger, migration: name, checksum }
    const changed = await share(key, findShared(migrations, key), database)
    shared.push({ migration: name, changed, isRecorded: await record(project, database, name) })
  }
  return shared
}

/** With the chain that the database goes by: one of them may be part of a squash. */
async function findBegun(found: OpenProject, database: DatabaseTarget) {
  return withConnection(database, async (client) => {
    const state = await readState(client, found.manifest.ledger)
    const { ledgerTable: ledger } = state
    const all = await readBackfills(client, ledger)
    // One that is paused ends it, after the others.
    const begun = ['running', 'paused'].flatMap((state) => all.filter((one) => one.state === state))
    return { ledger, begun, opened: chainOf(found, state, 'up').opened }
  })
}

/** Throws BACKFILL_UNKNOWN. */
function findShared(
  migrations: RunnableProject['migrations'],
  { migration: name, checksum }: BackfillKey,
): Backfill {
  const migration = migrations.find((one) => one.migration.name === name)?.migration
  const backfill = migration && findBackfill(listStatements(migration.up))
  if (!backfill || migration.checksum !== checksum) throw failure('BACKFILL_UNKNOWN', { name })
  return backfill
}

async function share(
  key: BackfillKey,
  backfill: Backfill,
  database: DatabaseTarget,
): Promise<number> {
  const { limits, onEvent } = database
  return withConnection(database, async (client) => {
    // Where each transaction may meet another session, it would be one transaction from the first row to the last.
    if ((await backendPid(client)) !== loginPid(client)) throw failure('POOLED_CONNECTION')
    const walk = await planWalk(client, key.migration, backfill)
    return fillInBatches(walk, { client, key, segment: 1, limits, onEvent })
  })
}

/** A run that is at work waits for the rows, and records the backfill itself. */
async function record(
  project: Project,
  database: DatabaseTarget,
  target: string,
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
