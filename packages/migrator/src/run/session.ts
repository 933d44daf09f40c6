import { failure } from '../errors/index.ts'
import type { DatabaseState } from '../database-state.ts'
import {
  allowDrift,
  detectDrift,
  recordSchema,
  type Drift,
  type DriftContext,
} from '../drift/drift.ts'
import { ensureBookkeeping } from '../journal/bookkeeping.ts'
import { toWriter, type Writer } from '../journal/journal.ts'
import { refusePreferred } from '../journal/search-path.ts'
import { readState } from '../journal/state.ts'
import {
  including,
  ownHead,
  readUnknownMigrations,
  withUnknownMigrations,
} from '../journal/unknown-migrations.ts'
import type { Migration } from '../migration.ts'
import type { Review } from '../plan/hash.ts'
import { unrecorded, verifyLedger } from '../plan/integrity.ts'
import { standsFor, type KnownMigration } from '../plan/known-migration.ts'
import { inLine, planFor, plannedNames, type Plan } from '../plan/plan.ts'
import { rollupsIn } from '../plan/rollups.ts'
import type { Target } from '../plan/targets.ts'
import { readRunnable } from '../project/runnable.ts'
import type { OpenProject, Project } from '../project/project.ts'
import { withoutSession } from '../session/code-session.ts'
import { isConnectionLost } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import type { Session } from '../session/session.ts'
import { refuseUnlessShared } from './callers-transaction.ts'
import { returnable, runPlan } from './plan.ts'
import type { RunProgress } from './progress.ts'
import { recordRollup } from './record-rollup.ts'
import { openSegments, recover } from './recover.ts'
import type { RunRequest, RunResult } from './request.ts'
import { seedSession } from './seed.ts'

/** What all sessions of a run share. */
export interface RunContext {
  readonly project: Project
  readonly opened: OpenProject
  readonly database: DatabaseTarget
  readonly review: Review | undefined
  readonly progress: RunProgress
}

/** What a session adds to the result of its run. */
type SessionResult = Pick<RunResult, 'seeded' | 'drift' | 'orphaned'>

/** Does what is left of a run, in a session that holds the migration lock. */
export async function runSession(session: Session, context: RunContext): Promise<SessionResult> {
  const { opened, progress } = context
  const state = await readState(session.client, opened.manifest.ledger)
  if (state.adopting && progress.request.adopting !== true) throw failure('ADOPTION_UNFINISHED')
  const orphaned = orphanedIn(state, context)
  const result = await runWork(session, context, state)
  return orphaned.length > 0 ? { ...result, orphaned } : result
}

/** Nothing that is applied again restores what these have lost. */
function orphanedIn(
  { archived }: DatabaseState,
  { opened: { manifest }, progress: { request } }: RunContext,
): string[] {
  if (request.direction === 'down') return []
  const known = new Set(manifest.migrations.flatMap(standsFor))
  return archived.filter((name) => !known.has(name))
}

async function runWork(
  session: Session,
  context: RunContext,
  state: DatabaseState,
): Promise<SessionResult> {
  const { project, opened, database, progress } = context
  const todo = await findWork(session, context, state)
  progress.aimAt(todo.target)
  if (!todo.hasWork && opened.isPristine) return detectDriftIdle(session, context, state)
  const loaded = await withoutSession(session.client, 'a migration that is being read', () =>
    readRunnable(project, opened, { names: todo.names, seeders: todo.isSeedDue }),
  )
  try {
    if (!todo.hasWork) return await detectDriftIdle(session, context, state)
    const result = await migrate(session, context, including(loaded, todo.unknown, state), state)
    if (!todo.isSeedDue) return result
    const actor = toWriter(database.actor, state)
    const { onEvent } = database
    return { ...result, seeded: await seedSession({ session, actor, onEvent }, loaded, opened) }
  } finally {
    await loaded.close()
  }
}

interface Work {
  /** By name. */
  readonly target: Target
  /** Applied, and unknown to this build: on the way back the journal knows how to revert them. */
  readonly unknown: readonly Migration[]
  readonly isSeedDue: boolean
  /** Of the migrations that will run, unless an interrupted one is found to be done. */
  readonly names: readonly string[]
  readonly hasWork: boolean
}

/** Judges ledger and journal, and finds what is to be done. Throws what `verifyLedger` throws. */
async function findWork(
  session: Session,
  { opened: { manifest, seedersChecksum }, database, progress: { request } }: RunContext,
  state: DatabaseState,
): Promise<Work> {
  const isBack = request.direction === 'down'
  const unknown = isBack
    ? await readUnknownMigrations(session.client, manifest.migrations, state)
    : []
  const known = withUnknownMigrations<KnownMigration>(manifest.migrations, unknown, state)
  const applied = verifyLedger(known, state, isBack)
  const lacking = unrecorded(known, state).map(({ name }) => name)
  // What another tool would call a loss is deliberate here: one line says it.
  if (lacking.length > 0) database.onEvent({ type: 'ledger-lacks', migrations: lacking })
  const all = inLine(
    known.map(({ name }) => name),
    applied,
    state,
  )
  const target = isBack ? ownHead(request.target, manifest.migrations, state) : request.target
  const names = plannedNames(all, applied, state, { ...request, target })
  const isSeedDue = seedIsDue(request, seedersChecksum, state)
  return {
    target: fixTarget(names, all, { ...request, target }),
    unknown,
    isSeedDue,
    names,
    hasWork:
      isSeedDue ||
      names.length > 0 ||
      rollupsIn(manifest.migrations, state).length > 0 ||
      openSegments(state).length > 0 ||
      state.hasPrepared ||
      (!isBack && returnable(state).length > 0),
  }
}

/** The name that asks for just these migrations, now and when some of them are done. */
function fixTarget(
  names: readonly string[],
  all: readonly string[],
  { direction, target }: RunRequest,
): Target {
  const last = names.at(-1)
  if (last === undefined || direction === 'up') return last ?? target
  return all[all.indexOf(last) - 1] ?? 'base'
}

function seedIsDue(
  { seed }: RunRequest,
  checksum: string | undefined,
  { seeded }: DatabaseState,
): boolean {
  if (seed === undefined || checksum === undefined) return false
  return seed === 'always' || seeded !== checksum
}

async function migrate(
  session: Session,
  context: RunContext,
  loaded: Parameters<typeof planFor>[0],
  before: DatabaseState,
): Promise<SessionResult> {
  const { database, progress, review } = context
  const { request } = progress
  await refusePreferred(session.client)
  // As `plan` computes it, before anything is written: recovery only removes what is done already.
  let planned: Plan | undefined
  const plan = () => (planned ??= planFor(loaded, before, request))
  const all = loaded.migrations.map(({ migration }) => migration)
  review?.(plan(), all)
  if (session.transaction) refuseUnlessShared(plan(), before)
  const watch = toDriftContext(session, context)
  const drift = await detectDrift(watch, before, plan)
  const { ledger } = context.opened.manifest
  const bookkeeping = await ensureBookkeeping(session.client, database.actor, ledger, before)
  if (bookkeeping.dropped > 0) database.onEvent({ type: 'ledger-lacks', migrations: [] })
  const ready = bookkeeping.state
  const actor = toWriter(database.actor, ready)
  if (drift && request.allowDrift !== undefined) {
    await allowDrift(watch, ready, drift, request.allowDrift)
  }
  const state = await settleInterrupted(session, context, actor, ready)
  await recordingSchema(watch, request.allowDrift === undefined ? drift : undefined, () =>
    runPlan(planFor(loaded, state, request), {
      request,
      database,
      session,
      actor,
      state,
      progress,
    }),
  )
  return drift ? { drift: drift.differences } : {}
}

/** Decides what became of interrupted segments and records roll-ups, and returns the state after that. */
async function settleInterrupted(
  session: Session,
  { opened: { manifest }, database }: RunContext,
  actor: Writer,
  before: DatabaseState,
): Promise<DatabaseState> {
  const { client } = session
  let state = before
  if (await recover(state, { session, actor, onEvent: database.onEvent })) {
    state = await readState(client, manifest.ledger)
  }
  const rollups = rollupsIn(manifest.migrations, state)
  if (rollups.length === 0) return state
  await recordRollup(client, actor, state, rollups)
  return readState(client, manifest.ledger)
}

/** With nothing to do the run still looks whether the schema was changed since the last one, and reports it. */
async function detectDriftIdle(
  session: Session,
  context: RunContext,
  state: DatabaseState,
): Promise<SessionResult> {
  const watch = toDriftContext(session, context)
  const { allowDrift: reason } = context.progress.request
  const drift = await detectDrift(watch, state)
  if (drift && reason !== undefined) {
    await allowDrift(watch, state, drift, reason)
    await recordSchema(watch)
  } else if (!drift) await recordSchema(watch, { state })
  return drift ? { drift: drift.differences } : {}
}

/**
 * The schema after the work is what the next run expects, but for drift that nobody has accepted. A run that succeeds
 * accepts what does not matter; one that fails accepts nothing, and it does not matter if the schema cannot be read.
 */
async function recordingSchema(
  watch: DriftContext,
  drift: Drift | undefined,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isConnectionLost(error)) await recordSchema(watch, { drift }).catch(() => {})
    throw error
  }
  await recordSchema(watch, { drift: drift?.grave.length === 0 ? undefined : drift })
}

function toDriftContext(
  session: Session,
  { opened, database, progress }: RunContext,
): DriftContext {
  const { request, unmanaged } = progress
  return { session, database, ledger: opened.manifest.ledger, request, unmanaged }
}
