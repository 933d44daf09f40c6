import type { Pressure } from '../backfill/pressure.ts'
import { readBackfills, setPaused, type BackfillState } from '../backfill/tables.ts'
import { readState } from '../journal/state.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'

/** A backfill that was begun, as `backfill status` shows it. */
export interface BackfillReport extends Omit<BackfillState, 'pressure'> {
  /** Seconds that it still takes at its pace until now; null where nothing tells. */
  readonly secondsLeft: number | null
  /** What a worker has measured last, a second ago at most while one is at work; null before the first look. */
  readonly pressure:
    | (Omit<Pressure, 'rest'> & {
        /** It stands still until the server bears more. */
        readonly isStill: boolean
        readonly batchRows: number
      })
    | null
}

/**
 * Reads the backfills of a project, in the order in which they were begun.
 * @example
 * for (const { migration, seen, estimate } of await listBackfills(project, target)) console.log(migration, seen / estimate)
 */
export async function listBackfills(
  project: Project,
  database: DatabaseTarget,
): Promise<BackfillReport[]> {
  const { manifest } = await openProject(project)
  return withConnection(database, async (client) => {
    const { ledgerTable } = await readState(client, manifest.ledger, 'look')
    return (await readBackfills(client, ledgerTable)).map(toReport)
  })
}

/**
 * Pauses backfills, or resumes them; `migration` is one of them, without it all are meant. Workers end after the batch
 * that they are at. Returns the names of those that this has changed.
 */
export async function pauseBackfills(
  project: Project,
  database: DatabaseTarget,
  { migration, isPaused }: { readonly migration: string | undefined; readonly isPaused: boolean },
): Promise<string[]> {
  const { manifest } = await openProject(project)
  return withConnection(database, async (client) => {
    const { ledgerTable: ledger } = await readState(client, manifest.ledger)
    const begun = await readBackfills(client, ledger)
    return begun.length === 0 ? [] : setPaused(client, { ledger, migration }, isPaused)
  })
}

function toReport({ pressure, ...state }: BackfillState): BackfillReport {
  const { seen, estimate, beganAt, changedAt } = state
  const seconds = (Date.parse(changedAt) - Date.parse(beganAt)) / 1000
  const isKnown = state.state === 'running' && seen > 0 && estimate > seen && seconds > 0
  return {
    ...state,
    secondsLeft: isKnown ? Math.round(((estimate - seen) * seconds) / seen) : null,
    pressure: pressure as BackfillReport['pressure'],
  }
}
