import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import { describeInstance, whoNeeds } from '../gate/who-needs.ts'
import { forgetInstances, readInstances, type Instance } from '../journal/instances.ts'
import { JOURNAL_FORMAT, LIFE_SECONDS } from '../journal/names.ts'
import type { Migration, Phase } from '../migration.ts'
import type { PlannedMigration } from '../plan/plan.ts'
import { hasTakenAway, isBackfill, positionsIn } from '../plan/progress.ts'
import type { Segment } from '../plan/segments.ts'
import { SharedObjects } from '../project/overtaking.ts'
import type { RunnableProject } from '../project/project.ts'
import type { Session } from '../session/session.ts'
import { InstanceWatch } from './instance-watch.ts'
import {
  isContract,
  isUnused,
  judgeSteps,
  LeftWaiting,
  listSteps,
  type WaitingStep,
} from './waiting-steps.ts'
import type { SegmentContext } from './context.ts'
import type { RunContext, Work } from './work.ts'

const LOOK_EVERY_MS = 1000
const TELL_EVERY_MS = 10_000

/** Decides, under the migration lock, which contract steps of a run may run. */
export class ContractSteps {
  readonly #session: Session
  readonly #context: RunContext
  readonly #loaded: RunnableProject
  readonly #shared: SharedObjects
  readonly #isOff: boolean

  constructor(session: Session, context: RunContext, loaded: RunnableProject, { state }: Work) {
    const { project, database, progress } = context
    this.#session = session
    this.#context = context
    this.#loaded = loaded
    this.#shared = new SharedObjects(loaded.migrations)
    progress.isUnused ??= isUnused(state, project)
    this.#isOff =
      progress.request.direction === 'down' || progress.isUnused || database.isThrowAway === true
  }

  /**
   * Before anything runs: the names of what may run; the rest is left waiting.
   * Throws CONTRACT_NEEDED, CONTRACT_IN_THE_WAY.
   */
  async choose({ names, state }: Work): Promise<readonly string[]> {
    const steps = listSteps(this.#loaded, names, state)
    const contracts = steps.filter(isContract)
    const isLeft = this.#context.progress.request.leavesBackfills === true && steps.some(isBackfill)
    if (this.#isOff || (contracts.length === 0 && !isLeft)) return names
    // In a caller's transaction each step would hold its locks while the next one waits for heartbeats.
    const about = this.#session.transaction ? 'watch' : 'present'
    const instances = contracts.length > 0 ? await this.#look(contracts, state.exists, about) : []
    await this.#judge(steps, instances)
    return names.filter((name) => !this.#context.progress.waiting.has(name))
  }

  /** Right before a step: an instance may have come since. False where the step is left waiting. */
  async mayRun(planned: PlannedMigration): Promise<boolean> {
    const { migration, resumes } = planned
    if (this.#isOff || (isContract(migration) ? isDecided(planned, 1) : resumes)) return true
    const exists = { format: JOURNAL_FORMAT }
    const about = this.#session.transaction ? 'all' : 'watch'
    const instances = isContract(migration) ? await this.#look([migration], exists, about) : []
    await this.#judge([migration], instances)
    return !this.#context.progress.waiting.has(migration.name)
  }

  /**
   * Who is at work is asked again before each try of a segment, and before what it did is committed, until one has taken
   * something away.
   */
  looksOf(
    planned: PlannedMigration,
  ): Pick<SegmentContext, 'beforeTry' | 'beforeEnd' | 'phaseOnce'> {
    if (this.#isOff || !isContract(planned.migration)) return {}
    const { contractWait = 0 } = this.#context.progress.request
    const look = async ({ index }: Segment, wait: number) => {
      if (!isDecided(planned, index)) await this.#lookAgain(planned.migration, wait)
    }
    return {
      beforeTry: (segment) => look(segment, contractWait),
      // It holds its locks: others wait for it.
      beforeEnd: (segment) => look(segment, 0),
      phaseOnce: (segment) => phaseOnce(segment, planned),
    }
  }

  /**
   * With its locks, the copies that it archives and its statements, a step may have taken long.
   * Throws LeftWaiting, CONTRACT_NEEDED.
   */
  async #lookAgain(step: Migration, wait: number): Promise<void> {
    await this.#judge([step], await this.#look([step], { format: JOURNAL_FORMAT }, 'all', wait))
    const left = this.#context.progress.waiting.get(step.name)
    if (left) throw new LeftWaiting(left.says)
  }

  async #judge(steps: readonly Migration[], instances: readonly Instance[]): Promise<void> {
    const { progress, opened, database } = this.#context
    for (const { name } of steps) progress.waiting.delete(name)
    const { contract: isAsked = false, leavesBackfills = false } = progress.request
    const { manifest } = opened
    const circumstances = { manifest, instances, shared: this.#shared, isAsked, leavesBackfills }
    const before = this.#waitingBefore(steps[0])
    const { waiting, refusal } = await judgeSteps(steps, circumstances, before)
    for (const one of waiting) {
      const { migration, says } = one
      progress.waiting.set(migration, one)
      database.onEvent({ type: 'contract-left', migration, says })
    }
    if (refusal) throw refusal
  }

  /** What waits and comes before a step: what comes after it is not in its way. */
  #waitingBefore(step: Migration | undefined): WaitingStep[] {
    const names = this.#loaded.migrations.map(({ migration }) => migration.name)
    const earlier = new Set(names.slice(0, names.indexOf(step?.name ?? '')))
    return [...this.#context.progress.waiting.values()].filter(({ migration }) =>
      earlier.has(migration),
    )
  }

  /** Reads who is at work. Where contract steps are asked for, it waits until nobody needs the schema before them. */
  async #look(
    steps: readonly Migration[],
    exists: Pick<DatabaseState['exists'], 'format'>,
    about: Attention,
    limit = this.#context.progress.request.contractWait ?? 0,
  ): Promise<readonly Instance[]> {
    const { contract: isAsked = false } = this.#context.progress.request
    const started = performance.now()
    for (let told = -Infinity; ;) {
      const { present, doubtful } = await this.#read(exists)
      const found = about === 'present' ? present : [...present, ...doubtful]
      const first = this.#findNeeded(steps, found)
      const isWatched = about === 'watch' && first && !this.#findNeeded(steps, present)
      if (!first || (!isAsked && !isWatched)) return found
      const { name, instances } = first
      const needing = instances.map(describeInstance)
      const waited = performance.now() - started
      // Heartbeats that are missing are waited for in any case, and never for longer than one counts.
      const most = isWatched ? LIFE_SECONDS * 1000 : limit
      if (waited >= most && !isWatched)
        throw failure('CONTRACT_NEEDED', { name, needing, instances })
      if (waited - told >= TELL_EVERY_MS) {
        told = waited
        const { onEvent } = this.#context.database
        onEvent({ type: 'contract-waiting', migration: name, needing, waited, limit: most })
      }
      await sleep(isWatched ? LOOK_EVERY_MS : Math.min(LOOK_EVERY_MS, most - waited))
    }
  }

  async #read(exists: Pick<DatabaseState['exists'], 'format'>) {
    const { client } = this.#session
    const { present, missing } = await readInstances(client, exists)
    const { progress } = this.#context
    progress.watch ??= new InstanceWatch()
    const { gone, doubtful } = progress.watch.judge(missing)
    // They would be watched again by each run.
    if (gone.length > 0) await forgetInstances(client, gone)
    return { present, doubtful }
  }

  /** The first step before which instances need the schema. */
  #findNeeded(steps: readonly Migration[], found: readonly Instance[]) {
    const { manifest } = this.#context.opened
    return steps
      .map(({ name }) => ({ name, instances: whoNeeds(manifest, name, found) }))
      .find(({ instances }) => instances.length > 0)
  }
}

/**
 * Whose word counts in a look: `present` leaves out whose heartbeats are missing, `all` counts them while they may come
 * back, and `watch` waits until that is known.
 */
type Attention = 'present' | 'all' | 'watch'

/** What a contract step is once a segment is done: where it has taken nothing away yet, it breaks no build. */
function phaseOnce({ isLast, index }: Segment, planned: PlannedMigration): Phase {
  const { phase } = planned.migration
  return isLast || isDecided(planned, index + 1) ? phase : 'expand'
}

/** True where what is done before a segment, by this run or an earlier one, has taken something away: it is completed then. */
function isDecided({ migration, segments, resumes }: PlannedMigration, index: number): boolean {
  if (index === 1 && !resumes) return false
  const left = positionsIn(segments.slice(index - 1))
  return hasTakenAway(migration, (position) => !left.has(position))
}
