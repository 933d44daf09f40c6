import type { RunRequest } from './request.ts'
import type { DatabaseState } from '../database-state.ts'
import type { Plan } from '../plan/plan.ts'
import { isHalfDone } from '../plan/progress.ts'
import { announceLosses } from '../archive/losses.ts'
import { DEFAULT_ARCHIVE_LIMIT } from '../archive/obstacles.ts'
import type { RestoreResult } from '../events.ts'
import { restoreEntries } from '../archive/restore.ts'
import { readEntries } from '../archive/schema.ts'
import { inTransaction } from '../session/transaction.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import type { Writer } from '../journal/journal.ts'
import { lastSession } from './evidence.ts'
import { runMigration } from './migration.ts'
import type { RunProgress } from './progress.ts'
import { during } from '../session/during.ts'
import type { Session } from '../session/session.ts'

interface PlanRun {
  readonly request: RunRequest
  readonly database: DatabaseTarget
  readonly session: Session
  readonly actor: Writer
  readonly state: DatabaseState
  readonly progress: RunProgress
}

/**
 * Runs a plan, after it has said what that throws away. The archive keeps it, and each migration gets back what
 * the archive has of it while it runs.
 * Throws NOT_KEPT, LOSSES_UNCONFIRMED, and what `runMigration` throws.
 */
export async function runPlan(plan: Plan, run: PlanRun): Promise<void> {
  const { request, database, session, actor, state, progress } = run
  const { lose = [], archiveLimit: limit = DEFAULT_ARCHIVE_LIMIT } = request
  const decisions = { ...request, lose, limit }
  const confirmed = await during({ doing: 'counting what goes' }, () =>
    announceLosses(session.client, plan, decisions, database.onEvent),
  )
  await during({ doing: 'restoring from the archive' }, () => restoreLeftovers(run))
  for (const [i, planned] of plan.migrations.entries()) {
    const { name } = planned.migration
    await request.beforeEach?.(name)
    const context = {
      ...database,
      session,
      actor,
      ledgerTable: state.ledgerTable,
      beforeCommit: async () => request.afterEach?.(name),
      archive: {
        lose,
        limit,
        confirmed: confirmed.get(name),
        isWhole: planned.migration.down.kind === 'sql',
        // What an earlier migration of this run has just archived is evidence to carry along, too.
        hasPending: state.archived.length > 0 || (plan.direction === 'down' && i > 0),
        statements: planned.segments.flatMap(({ statements }) => statements),
      },
    }
    const before = lastSession(state.unfinished.get(name), plan.direction)
    const report = await runMigration(planned, plan.direction, context, before)
    progress.migrations.push(report)
    // `beforeCommit` is for transactions: what a statement outside of one did cannot be rolled back.
    if (planned.segments.at(-1)?.mode !== 'transaction') await request.afterEach?.(name)
  }
}

/** Migrations that are applied again, and that the archive has something of: an older version was interrupted there. */
export function returnable({ archived, ledger, unfinished }: DatabaseState): string[] {
  const applied = new Set(ledger.map(({ name }) => name))
  return archived.filter((name) => applied.has(name) && !isHalfDone(unfinished.get(name)))
}

async function restoreLeftovers({
  session,
  actor,
  state,
  request,
  database,
}: PlanRun): Promise<void> {
  const names = request.direction === 'up' ? returnable(state) : []
  if (names.length === 0) return
  const { client } = session
  let returned: readonly RestoreResult[] = []
  await inTransaction(client, async () => {
    const all = (await readEntries(client, actor.ledger)).filter(({ note }) => note === null)
    const due = all.filter(
      ({ migration, facts }) => names.includes(migration) && facts.direction !== 'up',
    )
    returned = await restoreEntries(client, due, { actor, pending: all })
  })
  if (returned.length > 0) database.onEvent({ type: 'restored', returned })
}
