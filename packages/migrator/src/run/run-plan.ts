import type { DatabaseState } from '../database-state.ts'
import type { Plan } from '../plan/plan.ts'
import { isHalfDone } from '../plan/progress.ts'
import { announceLosses, type Confirmed } from '../archive/losses.ts'
import { DEFAULT_ARCHIVE_LIMIT } from '../archive/obstacles.ts'
import { objectOf, restoreEntries, type RestoreResult } from '../archive/restore.ts'
import { isFor } from '../archive/prepared-copy.ts'
import { readEntries, readEntriesOfRun, type ArchiveEntry } from '../archive/schema.ts'
import { removePrepared } from './prepare.ts'
import { inTransaction } from '../session/in-transaction.ts'
import type { Connection } from '../session/connection.ts'
import type { Writer } from '../journal/journal.ts'
import { isConnectionLost } from '../session/connect.ts'
import type { ArchivePolicy } from './context.ts'
import { lastSession } from './evidence.ts'
import { runMigration, type MigrationReport } from './migrate.ts'
import type { RunRequest } from './run.ts'
import { during } from '../session/during.ts'
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
 * Runs a plan, after it has said what that throws away. The archive keeps it, and each migration gets back what
 * the archive has of it while it runs.
 * Throws NOT_KEPT, LOSSES_UNCONFIRMED, and what `runMigration` throws.
 */
export async function runPlan(plan: Plan, run: PlanRun): Promise<void> {
  const { request, connection, session, actor } = run
  const { direction } = plan
  const { lose = [], archiveLimit: limit = DEFAULT_ARCHIVE_LIMIT } = request
  const decisions = { ...request, lose, limit }
  const confirmed = await during({ doing: 'counting what goes' }, () =>
    announceLosses(session.client, plan, decisions, connection.onEvent),
  )
  const { onEvent } = connection
  const isNeeded = (entry: ArchiveEntry) =>
    plan.migrations.some(({ migration: { name: migration, checksum } }) =>
      isFor({ actor, migration, checksum, direction }, entry),
    )
  await removePrepared({ session, actor, onEvent }, isNeeded)
  await during({ doing: 'restoring from the archive' }, () => restoreLeftovers(run))
  try {
    await runMigrations(plan, run, { lose, limit }, confirmed)
  } catch (error) {
    if (!isConnectionLost(error)) await tellKept(run).catch(() => {})
    throw error
  }
}

/** What the archive keeps of a run that an error ends. */
async function tellKept({ session, connection, actor }: PlanRun): Promise<void> {
  const entries = await readEntriesOfRun(session.client, actor)
  const kept = entries.map((entry) => ({
    migration: entry.migration,
    object: objectOf(entry),
    rows: Number(entry.rows),
  }))
  if (kept.length > 0) connection.onEvent({ type: 'kept-so-far', kept })
}

async function runMigrations(
  plan: Plan,
  run: PlanRun,
  { lose, limit }: Pick<ArchivePolicy, 'lose' | 'limit'>,
  confirmed: Confirmed,
): Promise<void> {
  const { request, connection, session, actor, state, migrations } = run
  const { direction } = plan
  for (const [i, planned] of plan.migrations.entries()) {
    const { name, keepRows } = planned.migration
    await request.beforeEach?.(name)
    let isTold = false
    const context = {
      ...connection,
      session,
      actor,
      ledgerTable: state.ledgerTable,
      beforeCommit: async () => {
        isTold = true
        await request.afterEach?.(name)
      },
      archive: {
        lose,
        limit,
        ...(keepRows !== undefined && direction === 'up' && { keepRows }),
        confirmed: confirmed.get(name),
        isWhole: planned.migration.down.kind === 'sql',
        // What an earlier migration of this run has just archived is evidence to carry along, too.
        hasPending: state.archived.length > 0 || (direction === 'down' && i > 0),
        statements: planned.segments.flatMap(({ statements }) => statements),
      },
    }
    const before = lastSession(state.unfinished.get(name), direction)
    const report = await runMigration(planned, direction, context, before)
    migrations.push(report)
    await removePrepared(context, (entry) => entry.migration !== name)
    if (!isTold) await request.afterEach?.(name)
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
  connection,
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
  if (returned.length > 0) connection.onEvent({ type: 'given-back', returned })
}
