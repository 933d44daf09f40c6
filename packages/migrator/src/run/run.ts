import type { RunRequest, RunResult } from './request.ts'
import { loadVerified, openProject } from '../project/open.ts'
import type { KnownMigration } from '../plan/known-migration.ts'
import { failure } from '../errors/index.ts'
import type { DatabaseState } from '../database-state.ts'
import type { CodeSession } from '../migration.ts'
import { unrecorded, verifyLedger } from '../plan/integrity.ts'
import { reviewAgainst, type Review } from '../plan/hash.ts'
import { inLine, plannedNames, planFor } from '../plan/plan.ts'
import { rollupsIn } from '../plan/rollups.ts'
import type { Target } from '../plan/targets.ts'
import { type OpenProject, type Project } from '../project/project.ts'
import { refuseUnlessShared, withCallersTransaction } from './callers-transaction.ts'
import { allowDrift, recordSchema, detectDrift, type DriftContext } from '../drift/drift.ts'
import { withoutSession } from '../session/code-session.ts'
import { isConnectionLost } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import {
  including,
  ownHead,
  readUnknownMigrations,
  withUnknownMigrations,
} from '../journal/unknown-migrations.ts'
import { ensureBookkeeping } from '../journal/bookkeeping.ts'
import { writerOf } from '../journal/journal.ts'
import type { MigrationReport } from './migrate.ts'
import { openSegments, recover } from './recover.ts'
import { returnable, runPlan } from './run-plan.ts'
import { seedSession } from './seed.ts'
import type { Session } from '../session/session.ts'
import { withSessions } from '../session/sessions.ts'
import { readState } from '../journal/state.ts'
import { recordRollup } from './record-rollup.ts'

/**
 * Brings a database to a target: the one way in which this package changes a schema.
 *
 * Everything happens in a session that holds the migration lock. A session that is lost ends its run; the
 * next one locks, reads ledger and journal anew, and goes on from there.
 *
 * Throws MigratorError; its `exit` is the exit code of the command line.
 */
export async function run(
  project: Project,
  connection: DatabaseTarget,
  request: RunRequest,
): Promise<RunResult> {
  const review = request.planHash === undefined ? undefined : reviewAgainst(request.planHash)
  const opened = await openProject(project)
  const migrations: MigrationReport[] = []
  const unmanaged: string[] = []
  let goal = request
  const onGoal = (named: RunRequest) => (goal = named)
  const rest = await withSessions(connection, (session) =>
    runSession({
      project,
      opened,
      connection,
      session,
      request: goal,
      onGoal,
      review,
      migrations,
      unmanaged,
    }),
  )
  return { direction: request.direction, migrations, ...rest }
}

/**
 * The same inside a transaction of the caller's, which commits or takes back all of it. A migration that
 * cannot run in one is refused before anything is done. `connection` is where blockers are watched from.
 * Throws TRANSACTION_UNUSABLE, NEEDS_OWN_TRANSACTION, and what `run` throws.
 */
export async function runInTransaction(
  project: Project,
  connection: DatabaseTarget,
  transaction: CodeSession,
  request: RunRequest,
): Promise<RunResult> {
  const review = request.planHash === undefined ? undefined : reviewAgainst(request.planHash)
  const opened = await openProject(project)
  const migrations: MigrationReport[] = []
  const rest = await withCallersTransaction(transaction, connection, (session) =>
    runSession({
      project,
      opened,
      connection,
      session,
      request,
      onGoal: () => {},
      review,
      migrations,
      unmanaged: [],
    }),
  )
  return { direction: request.direction, migrations, ...rest }
}

interface SessionRun {
  readonly project: Project
  readonly opened: OpenProject
  readonly connection: DatabaseTarget
  readonly session: Session
  readonly request: RunRequest
  /** Told the target by name: `+1` would mean another migration once something is done. */
  readonly onGoal: (goal: RunRequest) => void
  readonly review: Review | undefined
  /** Grows as migrations are completed, over all sessions of the run. */
  readonly migrations: MigrationReport[]
  /** Grows in the same way: objects beside what is ours. */
  readonly unmanaged: string[]
}

/** What a session adds to the result of its run. */
type Rest = Pick<RunResult, 'seeded' | 'drift'>

async function runSession(run: SessionRun): Promise<Rest> {
  const { project, opened, session, request } = run
  const state = await readState(session.client, opened.manifest.ledger)
  if (state.adopting && request.adopting !== true) throw failure('ADOPTION_UNFINISHED')
  const isBack = request.direction === 'down'
  // What this build does not know cannot be built upon, but the journal knows the way back.
  const foreign = isBack
    ? await readUnknownMigrations(session.client, opened.manifest.migrations, state)
    : []
  const known = withUnknownMigrations<KnownMigration>(opened.manifest.migrations, foreign, state)
  const applied = verifyLedger(known, state, isBack)
  tellLacking(run, known, state)
  const all = inLine(
    known.map(({ name }) => name),
    applied,
    state,
  )
  const asked = isBack ? ownHead(request.target, opened.manifest.migrations, state) : request.target
  const names = plannedNames(all, applied, state, { ...request, target: asked })
  const goal = { ...request, target: targetOf(names, all, { ...request, target: asked }) }
  run.onGoal(goal)
  const isSeedDue = seedIsDue(request, opened, state)
  const isReturnDue = request.direction === 'up' && returnable(state).length > 0
  const hasRollups = rollupsIn(opened.manifest.migrations, state).length > 0
  const isInterrupted = openSegments(state).length > 0
  const hasWork = hasRollups || names.length > 0 || isInterrupted || isSeedDue || isReturnDue
  if (!hasWork && opened.isPristine) return watchIdle(run, state)
  const loaded = await withoutSession(session.client, 'a migration that is being read', () =>
    loadVerified(project, opened),
  )
  try {
    if (!hasWork) return await watchIdle(run, state)
    const rest = await migrate({ ...run, request: goal }, including(loaded, foreign, state), state)
    const writer = writerOf(run.connection.actor, state)
    const context = { session, actor: writer, onEvent: run.connection.onEvent }
    const seeded = isSeedDue && (await seedSession(context, loaded, opened))
    return { ...rest, ...(seeded && { seeded }) }
  } finally {
    await loaded.close()
  }
}

/** What another would call a loss is here as it was meant: said in one line. */
function tellLacking(
  { connection }: SessionRun,
  known: readonly KnownMigration[],
  state: DatabaseState,
): void {
  const migrations = unrecorded(known, state).map(({ name }) => name)
  if (migrations.length > 0) connection.onEvent({ type: 'ledger-lacks', migrations })
}

/** With nothing to do it still looks whether somebody has changed the schema, and says so. */
async function watchIdle(run: SessionRun, state: DatabaseState): Promise<Rest> {
  const watch = watchOf(run)
  const drift = await detectDrift(watch, state)
  if (drift && run.request.allowDrift !== undefined) {
    await allowDrift(watch, state, drift, run.request.allowDrift)
    await recordSchema(watch)
  } else if (!drift) await recordSchema(watch, state)
  return drift ? { drift: drift.differences } : {}
}

/** The name that asks for just these migrations, now and when some of them are done. */
function targetOf(
  names: readonly string[],
  all: readonly string[],
  { direction, target }: RunRequest,
): Target {
  const last = names.at(-1)
  if (last === undefined || direction === 'up') return last ?? target
  return all[all.indexOf(last) - 1] ?? 'base'
}

async function migrate(run: SessionRun, loaded: Planned, before: DatabaseState): Promise<Rest> {
  const { session, request, connection, opened } = run
  const { client } = session
  // As `plan` computes it, before anything is written: recovery only takes away what is done already.
  const planned = () => planFor(loaded, before, request)
  run.review?.(
    planned(),
    loaded.migrations.map(({ migration }) => migration),
  )
  if (session.transaction) refuseUnlessShared(planned(), before)
  const watch = watchOf(run)
  const drift = await detectDrift(watch, before, planned)
  const reread = () => readState(client, opened.manifest.ledger)
  const made = await ensureBookkeeping(client, connection.actor, opened.manifest.ledger, before)
  if (made.dropped > 0) connection.onEvent({ type: 'ledger-lacks', migrations: [] })
  let { state } = made
  const actor = writerOf(connection.actor, state)
  if (drift && request.allowDrift !== undefined) {
    await allowDrift(watch, state, drift, request.allowDrift)
  }
  const { onEvent } = connection
  if (await recover(state, { session, actor, onEvent })) state = await reread()
  const rollups = rollupsIn(opened.manifest.migrations, state)
  if (rollups.length > 0) {
    await recordRollup(client, actor, state, rollups)
    state = await reread()
  }
  const plan = planFor(loaded, state, request)
  await recordingSchema(watch, () => runPlan(plan, { ...run, actor, state }))
  return drift ? { drift: drift.differences } : {}
}

/** The migrations that a plan is made of. */
type Planned = Parameters<typeof planFor>[0]

/** What stands behind the work is what the next run is to find. After a failure it is no matter if that cannot be told. */
async function recordingSchema(watch: DriftContext, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isConnectionLost(error)) await recordSchema(watch).catch(() => {})
    throw error
  }
  await recordSchema(watch)
}

function watchOf({ session, connection, opened, request, unmanaged }: SessionRun): DriftContext {
  return { session, connection, ledger: opened.manifest.ledger, request, unmanaged }
}

function seedIsDue(request: RunRequest, opened: OpenProject, state: DatabaseState): boolean {
  if (request.seed === undefined || opened.seedersChecksum === undefined) return false
  return request.seed === 'always' || state.seeded !== opened.seedersChecksum
}
