import type { RunEvent } from '../../events.ts'
import { ensureBookkeeping } from '../../journal/bookkeeping.ts'
import { toWriter } from '../../journal/journal.ts'
import { readState } from '../../journal/state.ts'
import type { RunnableProject } from '../../project/project.ts'
import type { ReferenceTable } from '../../project/reference-table.ts'
import { seedSession, type SeedRequest, type Seeded } from '../../run/seed.ts'
import { databaseTarget } from '../../session/database-target.ts'
import { withSession } from '../../session/session.ts'

type Shipped = Pick<ReferenceTable, 'table' | 'key' | 'rows'> & Partial<ReferenceTable>

/** Merges what is shipped, as a run does at its end. */
export async function ship(
  url: string,
  tables: readonly Shipped[],
  request: Partial<SeedRequest> = {},
): Promise<Seeded> {
  const events: RunEvent[] = []
  const database = databaseTarget(url, { limits: { lockBudget: 5000 } })
  return withSession(database, async (session) => {
    const ledger = { table: 'mikro_orm_migrations' }
    const before = await readState(session.client, ledger)
    const { state } = await ensureBookkeeping(session.client, database.actor, ledger, before)
    const context = {
      session,
      actor: toWriter(database.actor, state),
      onEvent: (event: RunEvent) => events.push(event),
    }
    const project = {
      readReferenceData: async () => tables.map((one) => ({ earlier: [], onUpdate: {}, ...one })),
      seed: async () => [],
    } as unknown as RunnableProject
    const seeded = await seedSession(context, project, {
      seedersChecksum: 'x',
      isWhole: true,
      restoresDeleted: false,
      ...request,
    })
    return seeded
  })
}
