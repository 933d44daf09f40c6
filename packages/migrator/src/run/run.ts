import { failure } from '../errors.ts'
import type { Difference } from '../catalog/index.ts'
import type { DatabaseState } from '../database-state.ts'
import type { CodeSession, Direction } from '../migration.ts'
import { unrecorded, verifyLedger, type KnownMigration } from '../plan/integrity.ts'
import { reviewAgainst, type Review } from '../plan/hash.ts'
import { inLine, plannedNames, planFor } from '../plan/plan.ts'
import { rollupsIn } from '../plan/rollups.ts'
import type { Target } from '../plan/targets.ts'
import { loadVerified, openLocked, type LockedProject, type Project } from '../project/project.ts'
import { refuseUnlessShared, withCallersTransaction } from './callers-transaction.ts'
import type { Losable } from '../archive/obstacles.ts'
import { allowDrift, leaveCatalog, noticeDrift, type Watch } from '../drift/drift.ts'
import { withoutSession } from '../session/code-session.ts'
import { isConnectionLost } from '../session/connect.ts'
import type { Connection } from '../session/connection.ts'
import { including, ownHead, readForeign, withForeign } from '../journal/foreign.ts'
import { createBookkeeping, JOURNAL_FORMAT, writerOf } from '../journal/journal.ts'
import type { MigrationReport } from './migrate.ts'
import { openSegments, recover } from './recover.ts'
import { returnable, runPlan } from './run-plan.ts'
import { seedSession } from './seed.ts'
import type { Session } from '../session/session.ts'
import { withSessions } from '../session/sessions.ts'
import { readState } from '../journal/state.ts'
import { takeOver } from '../repair/take-over.ts'

export interface RunRequest {
  readonly direction: Direction
  readonly target: Target
  /** Called before each migration, with its name; what it throws ends the run. */
  readonly beforeEach?: (name: string) => Promise<void>
  /**
   * Called when a migration has run, in its last transaction: what it throws rolls that back. After a statement
   * outside a transaction it is called when the migration stands, and what it throws ends the run.
   */
  readonly afterEach?: (name: string) => Promise<void>
  /** After going up: whether to run the seeders, and whether also where their files are those of their last run. */
  readonly seed?: 'if-changed' | 'always'
  /** Of the plan that was reviewed, or the beginning of it: nothing else is run. */
  readonly planHash?: string
  /** True where an adoption runs what comes after it; nothing else may while it is unfinished. */
  readonly adopting?: boolean
  /** Why to go on although somebody has changed the schema since the last run. */
  readonly allowDrift?: string
  /**
   * What to do where somebody has: `refuse` (the default) what has to be decided first; `report` and go on; `ignore`:
   * neither look, nor leave for the next run what to compare with.
   */
  readonly drift?: 'refuse' | 'report' | 'ignore'
  /** Going back: take away what is counted, on a database that is not marked disposable too. */
  readonly yes?: boolean
  /** Going back: what may be lost for good, as `table` or `table.column`; or whatever cannot be kept. */
  readonly lose?: Losable
  /** Going back: the largest copy that the archive may take, in bytes; 256 MB by default. */
  readonly archiveLimit?: number
}

export interface RunResult {
  readonly direction: Direction
  /** In the order in which they were run. */
  readonly migrations: readonly MigrationReport[]
  /** What the seeders reported; absent where they did not run. */
  readonly seeded?: readonly string[]
  /** How the schema differed from what the last run left, before this one; absent where it did not. */
  readonly drift?: readonly Difference[]
}

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
  connection: Connection,
  request: RunRequest,
): Promise<RunResult> {
  const review = request.planHash === undefined ? undefined : reviewAgainst(request.planHash)
  const locked = await openLocked(project)
  const migrations: MigrationReport[] = []
  const theirs: string[] = []
  let goal = request
  const onGoal = (named: RunRequest) => (goal = named)
  const rest = await withSessions(connection, (session) =>
    runSession({
      project,
      locked,
      connection,
      session,
      request: goal,
      onGoal,
      review,
      migrations,
      theirs,
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
  connection: Connection,
  transaction: CodeSession,
  request: RunRequest,
): Promise<RunResult> {
  const review = request.planHash === undefined ? undefined : reviewAgainst(request.planHash)
  const locked = await openLocked(project)
  const migrations: MigrationReport[] = []
  const rest = await withCallersTransaction(transaction, connection, (session) =>
    runSession({
      project,
      locked,
      connection,
      session,
      request,
      onGoal: () => {},
      review,
      migrations,
      theirs: [],
    }),
  )
  return { direction: request.direction, migrations, ...rest }
}

interface SessionRun {
  readonly project: Project
  readonly locked: LockedProject
  readonly connection: Connection
  readonly session: Session
  readonly request: RunRequest
  /** Told the target by name: `+1` would mean another migration once something is done. */
  readonly onGoal: (goal: RunRequest) => void
  readonly review: Review | undefined
  /** Grows as migrations are completed, over all sessions of the run. */
  readonly migrations: MigrationReport[]
  /** Grows in the same way: objects beside what is ours. */
  readonly theirs: string[]
}

/** What a session adds to the result of its run. */
type Rest = Pick<RunResult, 'seeded' | 'drift'>

async function runSession(run: SessionRun): Promise<Rest> {
  const { project, locked, session, request } = run
  const state = await readState(session.client, locked.lock.ledger)
  if (state.adopting && request.adopting !== true) throw failure('ADOPTION_UNFINISHED')
  const isBack = request.direction === 'down'
  // What this build does not know cannot be built upon, but the journal knows the way back.
  const foreign = isBack ? await readForeign(session.client, locked.lock.migrations, state) : []
  const known = withForeign<KnownMigration>(locked.lock.migrations, foreign, state)
  const applied = verifyLedger(known, state, isBack)
  tellLacking(run, known, state)
  const all = inLine(
    known.map(({ name }) => name),
    applied,
    state,
  )
  const asked = isBack ? ownHead(request.target, locked.lock.migrations, state) : request.target
  const names = plannedNames(all, applied, state, { ...request, target: asked })
  const goal = { ...request, target: targetOf(names, all, { ...request, target: asked }) }
  run.onGoal(goal)
  const isSeedDue = seedIsDue(request, locked, state)
  const isReturnDue = request.direction === 'up' && returnable(state).length > 0
  const hasRollups = rollupsIn(locked.lock.migrations, state).length > 0
  const isInterrupted = openSegments(state).length > 0
  const hasWork =
    hasRollups || names.length > 0 || isInterrupted || isSeedDue || isReturnDue || state.hasPrepared
  if (!hasWork && locked.isPristine) return watchIdle(run, state)
  const loaded = await withoutSession(session.client, 'a migration that is being read', () =>
    loadVerified(project, locked),
  )
  try {
    if (!hasWork) return await watchIdle(run, state)
    const rest = await migrate({ ...run, request: goal }, including(loaded, foreign, state), state)
    const writer = writerOf(run.connection.actor, state)
    const context = { session, actor: writer, onEvent: run.connection.onEvent }
    const seeded = isSeedDue && (await seedSession(context, loaded, locked))
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
  const drift = await noticeDrift(watch, state)
  if (drift && run.request.allowDrift !== undefined) {
    await allowDrift(watch, state, drift, run.request.allowDrift)
    await leaveCatalog(watch)
  } else if (!drift) await leaveCatalog(watch, state)
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
  const { session, request, connection, locked } = run
  const { client } = session
  // As `plan` computes it, before anything is written: recovery only takes away what is done already.
  const planned = () => planFor(loaded, before, request)
  run.review?.(
    planned(),
    loaded.migrations.map(({ migration }) => migration),
  )
  if (session.transaction) refuseUnlessShared(planned(), before)
  const watch = watchOf(run)
  const drift = await noticeDrift(watch, before, planned)
  const reread = () => readState(client, locked.lock.ledger)
  let state = before
  if (!state.exists.ledger || state.exists.format < JOURNAL_FORMAT) {
    const forgotten = await createBookkeeping(client, connection.actor, state)
    if (forgotten > 0) connection.onEvent({ type: 'ledger-lacks', migrations: [] })
    state = await reread()
  }
  const actor = writerOf(connection.actor, state)
  if (drift && request.allowDrift !== undefined) {
    await allowDrift(watch, state, drift, request.allowDrift)
  }
  const { onEvent } = connection
  if (await recover(state, { session, actor, onEvent })) state = await reread()
  const rollups = rollupsIn(locked.lock.migrations, state)
  if (rollups.length > 0) {
    await takeOver(client, actor, state, rollups)
    state = await reread()
  }
  const plan = planFor(loaded, state, request)
  await leavingCatalog(watch, () => runPlan(plan, { ...run, actor, state }))
  return drift ? { drift: drift.differences } : {}
}

/** The migrations that a plan is made of. */
type Planned = Parameters<typeof planFor>[0]

/** What stands behind the work is what the next run is to find. After a failure it is no matter if that cannot be told. */
async function leavingCatalog(watch: Watch, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isConnectionLost(error)) await leaveCatalog(watch).catch(() => {})
    throw error
  }
  await leaveCatalog(watch)
}

function watchOf({ session, connection, locked, request, theirs }: SessionRun): Watch {
  return { session, connection, ledger: locked.lock.ledger, request, theirs }
}

function seedIsDue(request: RunRequest, locked: LockedProject, state: DatabaseState): boolean {
  if (request.seed === undefined || locked.seedersChecksum === undefined) return false
  return request.seed === 'always' || state.seeded !== locked.seedersChecksum
}
