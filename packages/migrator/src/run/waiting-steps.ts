import type { ClientBase } from 'pg'
import type { DatabaseState } from '../database-state.ts'
import { failure, type MigratorError } from '../errors/index.ts'
import { describeInstance, whoNeeds, type NeedingInstance } from '../gate/who-needs.ts'
import { readInstances, type Instance } from '../journal/instances.ts'
import type { Migration } from '../migration.ts'
import { isBackfill, isHalfDone, isPastReturn } from '../plan/progress.ts'
import type { Manifest } from '../project/manifest.ts'
import { SharedObjects } from '../project/overtaking.ts'
import type { Project, RunnableProject } from '../project/project.ts'

/** A step that is left waiting: a contract step, or a backfill that is left to workers and what shares objects with it. */
export interface WaitingStep {
  readonly migration: string
  /** The instances that need the schema before it. */
  readonly needing: readonly NeedingInstance[]
  /** True where the policy of the project is to apply it only when asked for. */
  readonly isManual: boolean
  /** It waits for the workers of a backfill: its own, or that of `after`. Absent otherwise. */
  readonly isForWorkers?: true
  /** A step before it that waits, and shares an object with it. */
  readonly after?: string
  /** What it waits for, in words that follow its name. */
  readonly says: string
}

/** Ends a contract step that is left waiting although its turn had come: an instance has come since. */
export class LeftWaiting extends Error {}

/** What the steps of a plan are judged by. */
interface Circumstances {
  readonly manifest: Manifest
  readonly instances: readonly Instance[]
  readonly shared: SharedObjects
  /** Contract steps are asked for. */
  readonly isAsked: boolean
  /** Backfills are begun, and left to workers. */
  readonly leavesBackfills: boolean
}

export interface Judged {
  readonly waiting: readonly WaitingStep[]
  /** CONTRACT_IN_THE_WAY: what waits is in the way of what comes after it. */
  readonly refusal?: MigratorError
}

/**
 * Judges steps in the order of a plan: a contract step waits for instances, and any step for one that waits and shares an
 * object with it. `before` are those that wait already.
 */
export async function judgeSteps(
  steps: readonly Migration[],
  { manifest, instances, shared, isAsked, leavesBackfills }: Circumstances,
  before: readonly WaitingStep[] = [],
): Promise<Judged> {
  const waiting: WaitingStep[] = []
  for (const migration of steps) {
    const { name, phase } = migration
    const inTheWay = await findInTheWay(name, [...before, ...waiting], shared)
    if (phase === 'expand') {
      const isForWorkers = inTheWay?.step.isForWorkers
      if (inTheWay && !isForWorkers)
        return { waiting, refusal: refuseOvertaking(name, inTheWay, manifest) }
      if (!inTheWay && !(leavesBackfills && isBackfill(migration))) continue
      const after = inTheWay && { after: inTheWay.step.migration }
      waiting.push(
        describe({ migration: name, needing: [], isManual: false, isForWorkers: true, ...after }),
      )
      continue
    }
    const needing = whoNeeds(manifest, name, instances)
    const isManual = manifest.contract === 'manual' && !isAsked
    if (needing.length === 0 && !isManual && !inTheWay) continue
    const after = inTheWay && { after: inTheWay.step.migration }
    waiting.push(describe({ migration: name, needing, isManual, ...after }))
  }
  return { waiting }
}

/** Of more a number is enough. */
const MOST_INSTANCES = 3

function describe(step: Omit<WaitingStep, 'says'>): WaitingStep {
  return { ...step, says: describeWait(step) }
}

function describeWait({
  needing,
  isManual,
  isForWorkers,
  after,
}: Omit<WaitingStep, 'says'>): string {
  const more = needing.length - MOST_INSTANCES
  const shown = needing.slice(0, MOST_INSTANCES).map(describeInstance)
  const instances = [...shown, ...(more > 0 ? [`${more} more`] : [])]
  const reasons = [
    ...(instances.length > 0 ? [`for ${instances.join('; ')}`] : []),
    ...(after === undefined ? [] : [`for ${after}, which waits too`]),
    ...(isManual ? ['until it is asked for'] : []),
    ...(isForWorkers && after === undefined ? ['for workers to fill its rows'] : []),
  ]
  return `waits ${reasons.join(', and ')}`
}

interface InTheWay {
  readonly step: WaitingStep
  readonly objects: readonly string[]
}

async function findInTheWay(
  name: string,
  waiting: readonly WaitingStep[],
  shared: SharedObjects,
): Promise<InTheWay | undefined> {
  for (const step of waiting) {
    const objects = await shared.between(step.migration, name)
    if (objects.length > 0) return { step, objects }
  }
  return undefined
}

function refuseOvertaking(
  name: string,
  { step: { migration: step, needing: instances }, objects }: InTheWay,
  { migrations }: Pick<Manifest, 'migrations'>,
): MigratorError {
  const place = migrations.findIndex((entry) => entry.name === name)
  const previous = migrations[place - 1]?.name ?? step
  const needing = instances.map(describeInstance)
  return failure('CONTRACT_IN_THE_WAY', { name, step, previous, objects, needing, instances })
}

export function isContract({ phase }: Pick<Migration, 'phase'>): boolean {
  return phase === 'contract'
}

/** True where nobody can need the schema before a contract step: contract steps run with the others. */
export function isUnused(
  { ledger, adopting }: DatabaseState,
  { hasNoManifest = false }: Project,
): boolean {
  // Without a manifest there are no revisions.
  return ledger.length === 0 || adopting !== undefined || hasNoManifest
}

/**
 * The steps with these names that an earlier run has not begun: what has begun is completed. Of a contract step only what has
 * taken something away: before that the release before is served, and waited for.
 */
export function listSteps(
  { migrations }: Pick<RunnableProject, 'migrations'>,
  names: readonly string[],
  { unfinished }: DatabaseState,
): Migration[] {
  const asked = new Set(names)
  return migrations
    .map(({ migration }) => migration)
    .filter((one) => {
      const entries = unfinished.get(one.name)
      const isBegun = isContract(one) ? isPastReturn(one, entries) : isHalfDone(entries)
      return asked.has(one.name) && !isBegun
    })
}

/** What a run would leave waiting, or refuse, at this moment. */
export async function foreseeWaiting(
  client: ClientBase,
  loaded: Pick<RunnableProject, 'migrations'>,
  { project, manifest }: { readonly project: Project; readonly manifest: Manifest },
  { names, state }: { readonly names: readonly string[]; readonly state: DatabaseState },
): Promise<Judged> {
  const steps = listSteps(loaded, names, state)
  if (isUnused(state, project) || !steps.some(isContract)) return { waiting: [] }
  const { present: instances } = await readInstances(client, state.exists)
  const shared = new SharedObjects(loaded.migrations)
  const circumstances = { manifest, instances, shared, isAsked: false, leavesBackfills: false }
  return judgeSteps(steps, circumstances)
}
