import { reviewAgainst } from '../plan/hash.ts'
import type { DatabaseState } from '../database-state.ts'
import { lookAtState, readLooked, type Seen } from '../journal/look.ts'
import { readState } from '../journal/state.ts'
import type { CodeSession } from '../migration.ts'
import type { KnownMigration } from '../plan/known-migration.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import type { Session } from '../session/session.ts'
import { withSessions } from '../session/sessions.ts'
import { RunProgress } from './progress.ts'
import { Reports } from './reports.ts'
import { isConnectionLost } from '../session/connect.ts'
import type { RunRequest, RunResult } from './request.ts'
import { findWork, isAsLeft, orphanedIn, type RunContext, type SessionResult } from './work.ts'

/**
 * Brings a database to a target: the one way in which this package changes a schema.
 *
 * Everything happens in a session that holds the migration lock. Where a session is lost, the next one takes the
 * lock, reads ledger and journal again, and goes on from there.
 *
 * Throws MigratorError; its `exit` is the exit code of the command line.
 * @example
 * await run(mikroOrmProject('./mikro-orm.config.ts'), databaseTarget(url), { direction: 'up', target: 'head' })
 */
export async function run(
  project: Project,
  database: DatabaseTarget,
  request: RunRequest,
): Promise<RunResult> {
  const context = await prepare(project, database, request)
  const { ledger } = context.opened.manifest
  const work = (session: Session) => workDurably(session, context)
  const rest = await withSessions(context.database, work, lookAtState(ledger))
  return resultOf(context, rest)
}

/**
 * Does the same inside a transaction of the caller, which commits or rolls back all of it. A migration that cannot
 * run in one is refused before anything is done. `database` is where blockers are observed from.
 * Throws TRANSACTION_UNUSABLE, NEEDS_OWN_TRANSACTION, and what `run` throws.
 */
export async function runInTransaction(
  project: Project,
  database: DatabaseTarget,
  transaction: CodeSession,
  request: RunRequest,
): Promise<RunResult> {
  const context = await prepare(project, database, request)
  const { withCallersTransaction } = await import('./callers-transaction.ts')
  const rest = await withCallersTransaction(transaction, database, (session) =>
    workIn(session, context),
  )
  return resultOf(context, rest)
}

function resultOf({ progress }: RunContext, rest: SessionResult): RunResult {
  const { request, migrations, hazards = [] } = progress
  const waiting = [...progress.waiting.values()]
  return {
    direction: request.direction,
    migrations,
    ...(hazards.length > 0 && { hazards }),
    ...(progress.squashes.length > 0 && { squashes: progress.squashes }),
    ...(waiting.length > 0 && { waiting }),
    ...rest,
  }
}

/** Reports nothing, and ends in no way, before what was done is on disk. */
async function workDurably(session: Session, context: RunContext): Promise<SessionResult> {
  const flush = () => context.reports.flush(session.client)
  try {
    const result = await workIn(session, context)
    await flush()
    return result
  } catch (error) {
    if (!isConnectionLost(error)) await flush().catch(() => {})
    throw error
  }
}

/** With nothing to do that is all: what applies migrations is loaded where there are some to apply. */
async function workIn(session: Session, context: RunContext): Promise<SessionResult> {
  const { ledger } = context.opened.manifest
  const seen = readLooked(session.looked, ledger)
  const found = seen?.state ?? (await readState(session.client, ledger))
  context.progress.forget(context.reports.forgetLost(found))
  const hasSquashes = found.squashed.size > 0 || context.opened.manifest.migrations.some(isSquash)
  if (!hasSquashes) return workOnChain(session, context, found, seen)
  const { chainOf, targetIn } = await import('../project/chain-of.ts')
  const { direction, target } = context.progress.request
  const { opened, state } = chainOf(context.opened, found, direction)
  context.progress.aimAt(targetIn(opened.manifest, target, direction))
  return workOnChain(session, { ...context, opened }, state, seen)
}

function isSquash({ replaces }: KnownMigration): boolean {
  return replaces !== undefined
}

async function workOnChain(
  session: Session,
  context: RunContext,
  state: DatabaseState,
  seen: Seen | undefined,
): Promise<SessionResult> {
  const work = await findWork(session, context, state)
  context.progress.aimAt(work.target)
  const orphaned = orphanedIn(state, context)
  const all = orphaned.length > 0 ? { orphaned } : {}
  const hasNews = !seen || !isAsLeft(work, context, seen.changeMarker)
  if (!hasNews && !work.hasWork) return all
  const { runSession } = await import('./session.ts')
  return { ...(await runSession(session, context, { ...work, hasNews })), ...all }
}

async function prepare(
  project: Project,
  target: DatabaseTarget,
  request: RunRequest,
): Promise<RunContext> {
  // Before anything is opened: a malformed hash is the caller's mistake.
  const review = request.planHash === undefined ? undefined : reviewAgainst(request.planHash)
  const opened = await openProject(project)
  const reports = new Reports(target.onEvent)
  const database = { ...target, onEvent: reports.onEvent }
  return { project, opened, database, review, progress: new RunProgress(request), reports }
}
