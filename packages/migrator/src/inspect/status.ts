import type { ClientBase } from 'pg'
import { readBackfills } from '../backfill/tables.ts'
import type { MigratorError } from '../errors/index.ts'
import { openProject } from '../project/open.ts'
import { standsFor } from '../plan/known-migration.ts'
import type { DatabaseState, OpenEntry } from '../database-state.ts'
import { verifyLedger } from '../plan/integrity.ts'
import { isHalfDone } from '../plan/progress.ts'
import { chainOf } from '../project/chain-of.ts'
import { whyUpRefuses } from './why-up-refuses.ts'
import { listEntries } from '../project/manifest.ts'
import type { OpenProject, Project } from '../project/project.ts'
import { withRunnable } from '../project/runnable.ts'
import { withConnection } from '../session/connect.ts'
import { reportEdited } from '../session/report-edited.ts'
import type { WaitingStep } from '../run/waiting-steps.ts'
import { openSegments } from '../run/leftovers.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { runAtWork, type RunAtWork } from './run-at-work.ts'
import { readState } from '../journal/state.ts'
import { readWaiting } from './read-waiting.ts'
import { readKeptRows } from '../reference/base.ts'
import type { KeptRow } from '../events.ts'

export interface MigrationStatus {
  readonly name: string
  /**
   * `half`: some of its segments are done, in either direction. `in-doubt`: one of them may be. `running`: a run
   * that is at work has begun it, and not finished. `waiting`: a contract step that a run would leave waiting.
   * `paused`: a backfill that a run would refuse until it is resumed.
   */
  readonly state: 'applied' | 'pending' | 'waiting' | 'half' | 'in-doubt' | 'running' | 'paused'
  /** When it was applied, as the ledger has it. */
  readonly executedAt?: string
}

/** How far a database is. */
export interface Status {
  readonly migrations: readonly MigrationStatus[]
  /** How many are neither wholly applied nor waiting. */
  readonly pending: number
  /** The run that is at work at the moment. */
  readonly running?: RunAtWork
  /** The contract steps that wait, and for whom. Absent without any. */
  readonly waiting?: readonly WaitingStep[]
  /** Reference data that the last run left as a user has it, or had to leave. Absent without any. */
  readonly kept?: readonly KeptRow[]
  /** Why `up` refuses, and the way out: where some are pending before others that are applied, or an adoption is not finished. */
  readonly outOfOrder?: Pick<MigratorError, 'message' | 'next'>
}

/**
 * Tells where a database stands. Takes no lock, writes nothing. `allowUnknown`: what a newer build has applied
 * is left out, and not refused.
 * Throws what the checks of manifest and ledger throw.
 * @example
 * const { pending } = await status(project, target)
 */
export async function status(
  project: Project,
  database: DatabaseTarget,
  { allowUnknown = false }: { readonly allowUnknown?: boolean } = {},
): Promise<Status> {
  const found = await openProject(project)
  if (!found.isPristine) await reportSources(project, found, database)
  return withConnection(database, async (client) => {
    const raw = await readState(client, found.manifest.ledger, 'look')
    const { opened, state } = chainOf(found, allowUnknown ? withoutUnknown(raw, found) : raw, 'up')
    const applied = new Set(verifyLedger(opened.manifest.migrations, state))
    const refused = await whyUpRefuses(project, opened, applied, state)
    const waiting = refused ? [] : await readWaiting(client, project, opened, { applied, state })
    const executed = new Map(state.ledger.map(({ name, executedAt }) => [name, executedAt]))
    const kept = await readKeptRows(client, state)
    const running = await runAtWork(client, state)
    const paused = await findPaused(client, state, opened, applied)
    const open = new Set(openSegments(state).map(({ migration }) => migration))
    const migrations = opened.manifest.migrations.map(({ name }): MigrationStatus => {
      const executedAt = executed.get(name)
      const left = waiting.some(({ migration }) => migration === name) ? 'waiting' : 'pending'
      const recorded = applied.has(name) ? 'applied' : paused.has(name) ? 'paused' : left
      const half = orHalf(recorded, state.unfinished.get(name))
      const isBegun = state.unfinished.get(name)?.at(-1)?.event === 'started' || half === 'half'
      return {
        name,
        state: running && isBegun ? 'running' : open.has(name) ? 'in-doubt' : half,
        ...(executedAt !== undefined && { executedAt }),
      }
    })
    return {
      migrations,
      pending: migrations.filter(({ state }) => state !== 'applied' && state !== 'waiting').length,
      ...(waiting.length > 0 && { waiting }),
      ...(kept && kept.length > 0 && { kept }),
      ...(running && { running }),
      ...(refused && { outOfOrder: { message: refused.message, next: refused.next } }),
    }
  })
}

/** A contract step of which a run would leave the rest waiting waits. */
function orHalf<State extends string>(recorded: State, entries: readonly OpenEntry[] | undefined) {
  return recorded !== 'waiting' && isHalfDone(entries) ? 'half' : recorded
}

async function findPaused(
  client: ClientBase,
  { ledgerTable }: DatabaseState,
  { manifest }: OpenProject,
  applied: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  if (manifest.migrations.every(({ name }) => applied.has(name))) return new Set()
  const backfills = await readBackfills(client, ledgerTable)
  const paused = backfills.filter(({ state }) => state === 'paused')
  return new Set(paused.map(({ migration }) => migration).filter((name) => !applied.has(name)))
}

async function reportSources(
  project: Project,
  opened: OpenProject,
  database: DatabaseTarget,
): Promise<void> {
  await withRunnable(project, opened, async (runnable) => reportEdited(runnable, database))
}

/** A squash that this build does not know may stand for what it knows. */
function withoutUnknown(state: DatabaseState, { manifest }: OpenProject): DatabaseState {
  const names = new Set(listEntries(manifest).flatMap(standsFor))
  const isKnown = ({ name }: { readonly name: string }) =>
    names.has(name) || state.squashed.get(name)?.some(isKnown) === true
  return { ...state, ledger: state.ledger.filter(isKnown) }
}
