import type { DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import {
  allowDrift,
  detectDrift,
  recordSchema,
  type Drift,
  type DriftContext,
} from '../drift/drift.ts'
import { ensureBookkeeping } from '../journal/bookkeeping.ts'
import { toWriter, type Writer } from '../journal/journal.ts'
import { refusePathsSet } from '../journal/path-in-force.ts'
import { refusePreferred } from '../journal/search-path.ts'
import { readState } from '../journal/state.ts'
import { including } from '../journal/unknown-migrations.ts'
import type { ReplacedMigration } from '../migration.ts'
import type { KnownMigration } from '../plan/known-migration.ts'
import { plannedStatements, planFor, type Plan } from '../plan/plan.ts'
import { completedSquashes, squashesIn, squashesOn } from '../plan/squashes.ts'
import { chainOf } from '../project/chain-of.ts'
import type { RunnableProject } from '../project/project.ts'
import { readRunnable } from '../project/runnable.ts'
import { reportEdited } from '../session/report-edited.ts'
import { withoutSession } from '../session/code-session.ts'
import { isConnectionLost } from '../session/connect.ts'
import type { Session } from '../session/session.ts'
import { refuseUnlessShared } from './callers-transaction.ts'
import { ContractSteps } from './contract-steps.ts'
import { allowHazards, findHazards } from './hazards.ts'
import { runPlan } from './plan.ts'
import { appendParts, recordParts, recordSquashes } from './record-squash.ts'
import { recover } from './recover.ts'
import { seedSession } from './seed.ts'
import { refuseStrangersNamed } from './strangers.ts'
import type { RunContext, SessionResult, Work } from './work.ts'

/** Does what is left of a run, in a session that holds the migration lock. */
export async function runSession(
  session: Session,
  context: RunContext,
  todo: Work & { readonly hasNews: boolean },
): Promise<SessionResult> {
  const { project, opened, database } = context
  const { state } = todo
  if (!todo.hasWork && opened.isPristine) return detectDriftIdle(session, context, state)
  const loaded = await withoutSession(session.client, 'a migration that is being read', () =>
    readRunnable(project, opened, { names: todo.names, seeders: todo.isSeedDue }),
  )
  reportEdited(loaded, database)
  try {
    const steps = new ContractSteps(session, context, loaded, todo)
    const names = await steps.choose(todo)
    const hasWork = todo.isSeedDue || todo.hasUpkeep || names.length > 0
    const work = { ...todo, names }
    const result = hasWork ? await runWork(session, context, loaded, { work, steps }) : {}
    await beginLeft(session, context, loaded, state)
    // All that is pending waits.
    if (!hasWork && todo.hasNews) return await detectDriftIdle(session, context, state)
    return result
  } finally {
    await loaded.close()
  }
}

async function runWork(
  session: Session,
  context: RunContext,
  loaded: RunnableProject,
  { work, steps }: { readonly work: Work; readonly steps: ContractSteps },
): Promise<SessionResult> {
  const { opened, database } = context
  const { state } = work
  await judgeHazards(session, context, loaded, work)
  const all = including(loaded, work.unknown, state)
  const result = await migrate(session, context, all, { before: state, names: work.names, steps })
  if (!work.isSeedDue) return result
  const actor = toWriter(database.actor, state)
  const { onEvent } = database
  const seeded = await seedSession({ session, actor, onEvent }, loaded, {
    seedersChecksum: opened.seedersChecksum,
    isWhole: state.seeded !== undefined,
    restoresDeleted: context.progress.request.seed === 'always',
  })
  return { ...result, ...seeded }
}

/** Backfills that are left to workers: these find them by what is written here. */
async function beginLeft(
  { client }: Session,
  { progress, database }: RunContext,
  { migrations }: RunnableProject,
  state: DatabaseState,
): Promise<void> {
  const left = migrations.filter(({ migration: { name } }) => {
    const step = progress.waiting.get(name)
    return step?.isForWorkers && step.after === undefined
  })
  if (left.length === 0) return
  const { beginForWorkers } = await import('./backfill.ts')
  const actor = toWriter(database.actor, state)
  for (const { migration } of left) await beginForWorkers(client, actor, migration)
}

/**
 * Holds what is pending against the rules of lint, once in a run and before it changes anything. A project without a
 * manifest is MikroORM's own, whose users never asked for rules. Throws LINT_REFUSED.
 */
async function judgeHazards(
  { client }: Session,
  { project, opened: { manifest }, database, progress }: RunContext,
  { migrations }: RunnableProject,
  { names, state, target }: Work,
): Promise<void> {
  const { direction, yes } = progress.request
  if (progress.hazards || direction === 'down' || project.hasNoManifest) return
  const findings = await findHazards(client, { migrations, manifest, names, state }, ['error'])
  if (findings.length > 0 && !yes)
    throw failure('LINT_REFUSED', { findings, target: String(target) })
  progress.hazards = findings
  if (findings.length > 0) database.onEvent({ type: 'hazards', findings })
}

interface Migrating {
  readonly before: DatabaseState
  /** Of the migrations to run. */
  readonly names: readonly string[]
  readonly steps: ContractSteps
}

async function migrate(
  session: Session,
  context: RunContext,
  loaded: Parameters<typeof planFor>[0],
  { before, names, steps }: Migrating,
): Promise<SessionResult> {
  const { database, progress, review, reports } = context
  const { request } = progress
  await refusePreferred(session.client)
  // As `plan` computes it, before anything is written: recovery only removes what is done already.
  let planned: Plan | undefined
  const plan = () => (planned ??= planFor(loaded, before, request))
  const all = loaded.migrations.map(({ migration }) => migration)
  review?.(plan(), all)
  const due = () => progress.withoutWaiting(plan())
  if (session.transaction) refuseUnlessShared(due(), before)
  const watch = toDriftContext(session, context)
  const drift = await detectDrift(watch, before, due)
  const { ledger } = context.opened.manifest
  const bookkeeping = await ensureBookkeeping(session.client, database.actor, ledger, before)
  if (bookkeeping.dropped > 0) database.onEvent({ type: 'ledger-lacks', migrations: [] })
  const { state: ready } = chainOf(context.opened, bookkeeping.state, request.direction)
  const actor = toWriter(database.actor, ready)
  if (drift && request.allowDrift !== undefined) {
    await allowDrift(watch, ready, drift, request.allowDrift)
  }
  if (progress.hazards?.length && !progress.migrations.length)
    await allowHazards(session.client, actor, progress.hazards)
  const state = await settle(session, context, actor, { before: ready, names })
  const toRun = progress.withoutWaiting(planFor(loaded, state, request))
  await refusePathsSet(session.client, plannedStatements(toRun))
  await refuseStrangersNamed(session.client, toRun)
  await recordingSchema(watch, request.allowDrift === undefined ? drift : undefined, async () => {
    await runPlan(toRun, { request, database, session, actor, state, progress, reports, steps })
    if (request.direction === 'up') await recordCompleted(session, context, actor)
  })
  return drift ? { drift: drift.differences } : {}
}

/**
 * Decides what became of interrupted segments, and records squashes in the place of their parts, or on the way back those
 * that it goes through in theirs; returns the state after that.
 */
async function settle(
  session: Session,
  { opened, database, progress }: RunContext,
  actor: Writer,
  { before, names }: Pick<Migrating, 'before' | 'names'>,
): Promise<DatabaseState> {
  const { client } = session
  const { migrations, ledger } = opened.manifest
  const { direction } = progress.request
  const readAgain = async () => chainOf(opened, await readState(client, ledger), direction).state
  let state = before
  if (await recover(state, { session, actor, onEvent: database.onEvent })) state = await readAgain()
  const through = direction === 'down' ? squashesOn(names, state) : []
  const completed = direction === 'down' ? [] : squashesIn(migrations, state)
  if (through.length === 0 && completed.length === 0) return state
  if (through.length > 0) await recordParts(client, actor, state, through)
  if (completed.length > 0) await recordSquashes(client, actor, state, completed)
  progress.squashes.push(...completed.map(({ name }) => name))
  return readAgain()
}

/** Records squashes that the run has applied part by part, one of which may be another, and the parts of those that it has run. */
async function recordCompleted(
  { client }: Session,
  { opened: { manifest }, progress }: RunContext,
  actor: Writer,
): Promise<void> {
  const { squashed = [] } = manifest
  const ran = new Set(progress.migrations.map(({ name }) => name))
  for (const { replaces } of manifest.migrations.filter(({ name }) => ran.has(name)))
    if (replaces) await appendParts(client, actor, withInner(replaces, squashed))
  if (!squashed.some(({ replaces }) => replaces)) return
  for (;;) {
    const state = await readState(client, manifest.ledger)
    const [next] = completedSquashes(squashed, state)
    if (!next) return
    await recordSquashes(client, actor, state, [next])
    progress.squashes.push(next.name)
  }
}

function withInner(
  parts: readonly ReplacedMigration[],
  squashed: readonly KnownMigration[],
): ReplacedMigration[] {
  return parts.flatMap((part) => {
    const { replaces = [] } = squashed.find(({ name }) => name === part.name) ?? {}
    return [...withInner(replaces, squashed), part]
  })
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
