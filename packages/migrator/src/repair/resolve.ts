import { failure } from '../errors/index.ts'
import { upgradeBookkeeping } from '../journal/bookkeeping.ts'
import { toWriter } from '../journal/journal.ts'
import { readState } from '../journal/state.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { openSegments } from '../run/leftovers.ts'
import { recordCompletion, recordLoss } from '../run/recover.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { withSession } from '../session/session.ts'

/**
 * Resolves the segment of a migration that is in doubt, as a person has found it: it took effect, or it did not and
 * runs again.
 * Throws NOTHING_IN_DOUBT.
 */
export async function resolveInDoubt(
  project: Project,
  database: DatabaseTarget,
  name: string,
  tookEffect: boolean,
): Promise<void> {
  const { manifest } = await openProject(project)
  await withSession(database, async ({ client }) => {
    const state = await readState(client, manifest.ledger)
    const entry = openSegments(state).find(({ migration }) => migration === name)
    if (!entry) throw failure('NOTHING_IN_DOUBT', { name })
    const writer = toWriter(database.actor, state)
    await upgradeBookkeeping(client, database.actor, manifest.ledger, state)
    if (tookEffect) {
      await recordCompletion(client, state.ledgerTable, writer, entry, 'resolved')
      return
    }
    const note = 'did not take effect'
    await recordLoss(client, writer, entry, { event: 'resolved', note })
  })
}
