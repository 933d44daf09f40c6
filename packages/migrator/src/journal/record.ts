import { loadVerified, openProject } from '../project/open.ts'
import { failure } from '../errors/index.ts'
import type { Direction, Phase } from '../migration.ts'
import { listEntries } from '../project/manifest.ts'
import { type OpenProject, type Project } from '../project/project.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { refuseOtherLedger } from '../plan/integrity.ts'
import { writeLedger } from './ledger.ts'
import { ensureBookkeeping } from './bookkeeping.ts'
import { appendEntry, toWriter } from './journal.ts'
import { inTransaction } from '../session/transaction.ts'
import { withSession } from '../session/session.ts'
import { readState } from './state.ts'

/**
 * Records, without running anything, that a migration is applied (`up`) or is not (`down`). What is half
 * applied counts as whole from then on.
 * Throws TARGET_UNKNOWN: for `up` where no migration has the name, for `down` where the ledger has it neither.
 */
export async function recordMigration(
  project: Project,
  database: DatabaseTarget,
  name: string,
  direction: Direction,
): Promise<void> {
  const opened = await openProject(project)
  const { manifest } = opened
  const migration = listEntries(manifest).find((one) => one.name === name)
  const phase =
    migration && direction === 'up' ? await rulingPhase(project, opened, name) : undefined
  await withSession(database, async ({ client }) => {
    const state = await readState(client, manifest.ledger)
    refuseOtherLedger(manifest.migrations, state)
    const isApplied = state.ledger.some((row) => row.name === name)
    if (!migration && (direction === 'up' || !isApplied)) {
      const known = manifest.migrations.map((one) => one.name)
      throw failure('TARGET_UNKNOWN', { target: name, known })
    }
    await ensureBookkeeping(client, database.actor, manifest.ledger, state)
    await inTransaction(client, async () => {
      await appendEntry(client, toWriter(database.actor, state), {
        event: 'logged',
        migration: name,
        direction,
        final: true,
        ...(phase && { phase }),
        ...(migration && { checksum: migration.checksum }),
      })
      await writeLedger(client, state.ledgerTable, { direction, migration: name })
    })
  })
}

/** The manifest has the phase that is stated. */
async function rulingPhase(
  project: Project,
  opened: OpenProject,
  name: string,
): Promise<Phase | undefined> {
  const loaded = await loadVerified(project, opened)
  await loaded.close()
  return loaded.migrations.find(({ migration }) => migration.name === name)?.migration.phase
}
