import type { DatabaseState } from '../database-state.ts'
import type { Migration } from '../migration.ts'
import type { Plan } from '../plan/plan.ts'
import { isHalfDone, statementsOf } from '../plan/progress.ts'
import { giveBackApplied } from '../archive/give-back.ts'
import { DEFAULT_ARCHIVE_LIMIT } from '../archive/obstacles.ts'
import { asAuthor } from '../session/author.ts'
import type { Connection } from '../session/connection.ts'
import type { Writer } from '../journal/journal.ts'
import { lastSession } from './evidence.ts'
import { announceLosses, type Loss } from './losses.ts'
import { runMigration, type MigrationReport } from './migrate.ts'
import type { RunRequest } from './run.ts'
import type { Session } from '../session/session.ts'

interface PlanRun {
  readonly request: RunRequest
  readonly connection: Connection
  readonly session: Session
  readonly actor: Writer
  readonly state: DatabaseState
  /** Grows as migrations are completed. */
  readonly migrations: MigrationReport[]
}

/**
 * Runs a plan, after it has said what that throws away. On the way back the archive keeps it; on the way up
 * each migration is given back what the archive has of it, before the next one begins.
 * Throws NOT_KEPT, LOSSES_UNCONFIRMED, and what `runMigration` throws.
 */
export async function runPlan(plan: Plan, run: PlanRun): Promise<void> {
  const { request, connection, session, actor, state, migrations } = run
  const { lose = [], archiveLimit: limit = DEFAULT_ARCHIVE_LIMIT } = request
  const decisions = { ...request, lose, limit }
  const losses = await asAuthor(session.client, () =>
    announceLosses(session.client, plan, decisions, connection.onEvent),
  )
  const counted = new Map(losses.map(({ object, count }) => [object, count]))
  const isUp = plan.direction === 'up'
  const giveBack = async (names: readonly string[]) =>
    asAuthor(session.client, () =>
      giveBackApplied(session.client, actor, names, connection.onEvent),
    )
  if (isUp) await giveBack(returnable(state))
  for (const planned of plan.migrations) {
    const { name } = planned.migration
    const isWhole = keepsAll(planned.migration, losses)
    await request.beforeEach?.(name)
    const context = {
      ...connection,
      session,
      actor,
      ledgerTable: state.ledgerTable,
      ...(!isUp && { archive: { lose, limit, isWhole, counted } }),
    }
    const before = lastSession(state.unfinished.get(name), plan.direction)
    const report = await runMigration(planned, plan.direction, context, before)
    migrations.push(report)
    if (isUp && state.archived.includes(name)) await giveBack([name])
    await request.afterEach?.(name)
  }
}

/** Migrations that are applied again, and that the archive has something of: a run was interrupted there. */
export function returnable({ archived, ledger, unfinished }: DatabaseState): string[] {
  const applied = new Set(ledger.map(({ name }) => name))
  return archived.filter((name) => applied.has(name) && !isHalfDone(unfinished.get(name)))
}

/** True where the archive sees all that going back takes away. */
function keepsAll({ name, down }: Migration, losses: readonly Loss[]): boolean {
  return (
    down.kind === 'sql' &&
    !statementsOf(down).some(({ drops }) => drops.some(({ what }) => what === 'unreadable')) &&
    !losses.some((loss) => loss.migration === name && loss.what === 'unknown')
  )
}
