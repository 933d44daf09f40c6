import type { Plan } from '../plan/plan.ts'
import type { Target } from '../plan/targets.ts'
import type { InstanceWatch } from './instance-watch.ts'
import type { WaitingStep } from './waiting-steps.ts'
import type { PendingFinding } from './hazards.ts'
import type { MigrationReport } from './migration.ts'
import type { RunRequest } from './request.ts'

/** What a run knows and has done so far: it outlives the sessions that the run loses. */
export class RunProgress {
  /** Complete migrations, in the order in which they ran. */
  get migrations(): readonly MigrationReport[] {
    return this.#migrations
  }

  /** Identities of objects in the schema that no migration made. */
  readonly unmanaged: string[] = []
  /**
   * What lint finds in what is pending; undefined until it is judged, once in a run: a table that the run itself has made
   * and filled is no reason to stop in between.
   */
  hazards: readonly PendingFinding[] | undefined
  /** The contract steps that were left waiting, by name. */
  readonly waiting = new Map<string, WaitingStep>()
  /** The instances whose heartbeats are missing; undefined until one is. All sessions of the run share it. */
  watch: InstanceWatch | undefined
  /** The squashes that were recorded in the place of their parts. */
  readonly squashes: string[] = []
  /** True where nobody could need the schema when the run began; undefined until that is known. */
  isUnused: boolean | undefined
  #migrations: MigrationReport[] = []
  #request: RunRequest

  constructor(request: RunRequest) {
    this.#request = request
  }

  get request(): RunRequest {
    return this.#request
  }

  /** The rest of a plan. */
  withoutWaiting(plan: Plan): Plan {
    const migrations = plan.migrations.filter(({ migration }) => !this.waiting.has(migration.name))
    return { ...plan, migrations }
  }

  add(report: MigrationReport): void {
    this.#migrations.push(report)
  }

  /** What a crash of the server has undone. */
  forget(lost: ReadonlySet<string>): void {
    this.#migrations = this.#migrations.filter(({ name }) => !lost.has(name))
  }

  /** Names the target once it is known: `+1` would mean another migration after the first is done. */
  aimAt(target: Target): void {
    this.#request = { ...this.#request, target }
  }
}
