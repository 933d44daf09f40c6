import type { RunRequest } from './request.ts'
import type { DatabaseState } from '../database-state.ts'
import { standsFor } from '../plan/known-migration.ts'
import type { Plan, PlannedMigration } from '../plan/plan.ts'
import { announceLosses, type Confirmed } from '../archive/losses.ts'
import { DEFAULT_ARCHIVE_LIMIT } from '../archive/unarchivable.ts'
import { isFor } from '../archive/prepared-copy.ts'
import { showObject, restoreEntries } from '../archive/restore.ts'
import { readReversions, type Reversion } from '../archive/applied-again.ts'
import { writingsOf } from '../archive/own-writes.ts'
import { listStatements } from '../plan/progress.ts'
import { mayArchive } from '../archive/statement-kinds.ts'
import type { LaterMigration } from '../archive/restorer.ts'
import { readEntries, readEntriesOfRun, type ArchiveEntry } from '../archive/schema.ts'
import type { RestoreResult } from '../events.ts'
import { removePrepared } from './prepare.ts'
import { inTransaction } from '../session/transaction.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import type { Writer } from '../journal/journal.ts'
import { isConnectionLost } from '../session/connect.ts'
import type { ContractSteps } from './contract-steps.ts'
import type { ArchivePolicy } from './context.ts'
import { lastSession } from './evidence.ts'
import { returnable } from './leftovers.ts'
import { LeftWaiting } from './waiting-steps.ts'
import { runMigration } from './migration.ts'
import type { RunProgress } from './progress.ts'
import type { Reports } from './reports.ts'
import { noticeCopy } from '../archive/copied.ts'
import { mayNeedCopies } from '../archive/foresee.ts'
import { during } from '../session/during.ts'
import type { Session } from '../session/session.ts'

interface PlanRun {
  readonly reports: Reports
  readonly request: RunRequest
  readonly database: DatabaseTarget
  readonly session: Session
  readonly actor: Writer
  readonly state: DatabaseState
  readonly progress: RunProgress
  readonly steps: ContractSteps
}

/**
 * Announces what a plan throws away, then runs it. The archive keeps that, and each migration gets back what the
 * archive has of it.
 * Throws NOT_KEPT, LOSSES_UNCONFIRMED, and what `runMigration` throws.
 */
export async function runPlan(plan: Plan, run: PlanRun): Promise<void> {
  const { request, database, session, actor, state } = run
  const { direction } = plan
  if (mayDecideByNumbers(state)) await noticeCopy(session.client)
  const { lose = [], archiveLimit: limit = DEFAULT_ARCHIVE_LIMIT } = request
  const decisions = { ...request, lose, limit }
  const confirmed = await during({ doing: 'counting what goes' }, () =>
    announceLosses(session.client, plan, decisions, database.onEvent),
  )
  const { onEvent } = database
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

/** Something waits in the archive, or something was reverted and may have been restored. */
function mayDecideByNumbers({ archived, hasPrepared, completed }: DatabaseState): boolean {
  const isReverted = [...completed.values()].some(({ direction }) => direction === 'down')
  return archived.length > 0 || hasPrepared || isReverted
}

/** Reports what the archive keeps of a run that an error ends. */
async function tellKept({ session, database, actor }: PlanRun): Promise<void> {
  const entries = await readEntriesOfRun(session.client, actor)
  const kept = entries.map((entry) => ({
    migration: entry.migration,
    object: showObject(entry),
    rows: Number(entry.rows),
  }))
  if (kept.length > 0) database.onEvent({ type: 'kept-so-far', kept })
}

async function runMigrations(
  plan: Plan,
  run: PlanRun,
  { lose, limit }: Pick<ArchivePolicy, 'lose' | 'limit'>,
  confirmed: Confirmed,
): Promise<void> {
  const { request, state, progress, steps } = run
  const { direction } = plan
  const reversions = await findReversions(plan, run)
  const first = firstArchiving(plan)
  for (const [i, planned] of plan.migrations.entries()) {
    const { name } = planned.migration
    if (!(await steps.mayRun(planned))) continue
    await request.beforeEach?.(name)
    const policy = archivePolicyOf(i, plan, run, { reversions, confirmed, first })
    const archive = { lose, limit, ...policy }
    const isFollowed = i < plan.migrations.length - 1
    const context = { ...contextOf(planned, run), isFollowed, archive }
    const before = lastSession(state.unfinished.get(name), direction)
    const report = await runMigration(planned, direction, context, before).catch(absentIfLeft)
    if (!report) continue
    progress.add(report)
    const mayHaveCopies = planned.segments.some(({ statements }) => mayNeedCopies(statements))
    if (state.hasPrepared || mayHaveCopies)
      await removePrepared(context, (entry) => entry.migration !== name)
    // `beforeCommit` is for transactions: what a statement outside of one did cannot be rolled back.
    if (planned.segments.at(-1)?.mode !== 'transaction') await request.afterEach?.(name)
  }
}

function contextOf(planned: PlannedMigration, run: PlanRun) {
  const { request, database, session, actor, state, reports, steps } = run
  const { afterEach, witness } = request
  const { name } = planned.migration
  return {
    ...database,
    session,
    actor,
    reports,
    ledgerTable: state.ledgerTable,
    ...(afterEach && { beforeCommit: () => afterEach(name) }),
    ...(witness && { witness }),
    ...steps.looksOf(planned),
  }
}

/** A step that is left waiting after all has no report; the run goes on. */
function absentIfLeft(error: unknown): undefined {
  if (!(error instanceof LeftWaiting)) throw error
}

/** Of the migration at a place in the plan. */
function archivePolicyOf(
  place: number,
  { direction, migrations }: Plan,
  { state }: PlanRun,
  {
    reversions,
    confirmed,
    first,
  }: {
    readonly reversions: ReadonlyMap<string, Reversion>
    readonly confirmed: Confirmed
    /** The place of the first that may archive something. */
    readonly first: number
  },
): Omit<ArchivePolicy, 'lose' | 'limit'> {
  const planned = migrations[place]
  if (!planned) throw new Error(`the plan has no migration ${place}`)
  const { migration } = planned
  const { name, keepRows } = migration
  return {
    ...(keepRows !== undefined && direction === 'up' && { keepRows }),
    confirmed: confirmed.get(name),
    names: standsFor(migration),
    reversion: reversions.get(name),
    isWhole: migration.down.kind === 'sql',
    // What an earlier migration of this run has just archived is evidence to carry along, too.
    hasPending: state.archived.length > 0 || place > first,
    behind: laterMigrations(migrations.slice(place + 1), reversions),
    statements: listStatements(migration[direction]).map((one, position) => ({ ...one, position })),
    otherWay: writingsOf(migration[direction === 'up' ? 'down' : 'up']),
  }
}

/** The place of the first migration that may archive something. */
function firstArchiving({ direction, migrations }: Plan): number {
  const first = migrations.findIndex(({ migration, segments }) =>
    segments.some(({ statements }) => mayArchive(direction, migration, statements)),
  )
  return first === -1 ? migrations.length : first
}

/** How the migrations that are applied again were reverted. */
async function findReversions(
  { direction, migrations }: Plan,
  { session, actor, state }: PlanRun,
): Promise<ReadonlyMap<string, Reversion>> {
  const names = migrations.map(({ migration }) => migration.name)
  const isReverted = (name: string) => state.completed.get(name)?.direction === 'down'
  return readReversions(session.client, actor, direction === 'up' ? names.filter(isReverted) : [])
}

function laterMigrations(
  planned: Plan['migrations'],
  reversions: ReadonlyMap<string, Reversion>,
): LaterMigration[] {
  return planned.flatMap(({ migration }) => {
    const reversion = reversions.get(migration.name)
    return reversion ? [{ reversion, statements: writingsOf(migration.up) }] : []
  })
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
      // What waits for a later migration of a run that was interrupted is restored with the first that runs now.
      ({ migration, facts }) =>
        names.includes(migration) && facts.direction !== 'up' && facts.waits === undefined,
    )
    returned = await restoreEntries(client, due, { actor, pending: all })
  })
  if (returned.length > 0) database.onEvent({ type: 'restored', returned })
}
