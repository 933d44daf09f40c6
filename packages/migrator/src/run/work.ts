import type { DatabaseState } from '../database-state.ts'
import { isKnown } from '../drift/is-known.ts'
import { failure } from '../errors/index.ts'
import {
  ownHead,
  readUnknownMigrations,
  withUnknownMigrations,
} from '../journal/unknown-migrations.ts'
import type { Migration } from '../migration.ts'
import type { Review } from '../plan/hash.ts'
import { holeIn, unrecorded, verifyLedger } from '../plan/integrity.ts'
import { standsFor, type KnownMigration } from '../plan/known-migration.ts'
import { inLine, plannedNames } from '../plan/plan.ts'
import { squashesIn } from '../plan/squashes.ts'
import type { Target } from '../plan/targets.ts'
import { listEntries } from '../project/manifest.ts'
import type { OpenProject, Project } from '../project/project.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import type { Session } from '../session/session.ts'
import { openSegments, returnable } from './leftovers.ts'
import type { RunProgress } from './progress.ts'
import type { Reports } from './reports.ts'
import type { RunRequest, RunResult } from './request.ts'

/** What all sessions of a run share. */
export interface RunContext {
  readonly project: Project
  readonly opened: OpenProject
  readonly database: DatabaseTarget
  readonly review: Review | undefined
  readonly progress: RunProgress
  readonly reports: Reports
}

/** What a session adds to the result of its run. */
export type SessionResult = Pick<RunResult, 'seeded' | 'kept' | 'drift' | 'orphaned'>

/** What a session has found to be done, from names alone. */
export interface Work {
  readonly state: DatabaseState
  /** By name. */
  readonly target: Target
  /** Applied, and unknown to this build: on the way back the journal knows how to revert them. */
  readonly unknown: readonly Migration[]
  readonly isSeedDue: boolean
  /** Of the migrations that will run, unless an interrupted one is found to be done. */
  readonly names: readonly string[]
  /** Something else is to be done: an interrupted segment, a squash to be recorded, what waits in the archive. */
  readonly hasUpkeep: boolean
  readonly hasWork: boolean
}

/** Judges ledger and journal, and finds what is to be done. Throws ADOPTION_UNFINISHED, and what `verifyLedger` throws. */
export async function findWork(
  session: Session,
  { project, opened, database, progress: { request } }: RunContext,
  state: DatabaseState,
): Promise<Work> {
  const { manifest, seedersChecksum } = opened
  if (state.adopting && request.adopting !== true) throw failure('ADOPTION_UNFINISHED')
  const isBack = request.direction === 'down'
  const unknown = isBack
    ? await readUnknownMigrations(session.client, manifest.migrations, state)
    : []
  const known = withUnknownMigrations<KnownMigration>(manifest.migrations, unknown, state)
  const applied = verifyLedger(known, state)
  if (!isBack) await requireOrder(project, opened, new Set(applied))
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
  const hasUpkeep =
    (!isBack && squashesIn(manifest.migrations, state).length > 0) ||
    openSegments(state).length > 0 ||
    state.hasPrepared ||
    (!isBack && returnable(state).length > 0)
  return {
    state,
    target: fixTarget(names, all, { ...request, target }),
    unknown,
    isSeedDue,
    names,
    hasUpkeep,
    hasWork: isSeedDue || names.length > 0 || hasUpkeep,
  }
}

/** Throws OUT_OF_ORDER. What judges a hole is loaded where there is one. */
async function requireOrder(
  project: Project,
  opened: OpenProject,
  applied: ReadonlySet<string>,
): Promise<void> {
  if (!holeIn(opened.manifest.migrations, applied)) return
  const { findHole } = await import('../project/overtaking.ts')
  const hole = await findHole(project, opened, applied)
  if (hole) throw hole
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

/**
 * True where there is nothing to say but what is to be done: every file is the one on record, and the schema is what the
 * last run left, or nobody asks. `changeMarker` is the schema's.
 */
export function isAsLeft(
  { state }: Pick<Work, 'state'>,
  { opened, progress: { request } }: RunContext,
  changeMarker: string,
): boolean {
  const isUnchanged = isKnown(state.catalog) && state.changeMarker === changeMarker
  return opened.isPristine && (isUnchanged || request.drift === 'ignore')
}

/** Nothing that is applied again restores what these have lost. */
export function orphanedIn(
  { archived }: DatabaseState,
  { opened: { manifest }, progress: { request } }: RunContext,
): string[] {
  if (request.direction === 'down') return []
  const known = new Set(listEntries(manifest).flatMap(standsFor))
  return archived.filter((name) => !known.has(name))
}
