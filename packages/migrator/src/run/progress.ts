import type { Target } from '../plan/targets.ts'
import type { MigrationReport } from './migration.ts'
import type { RunRequest } from './request.ts'

/** What a run knows and has done so far: it outlives the sessions that the run loses. */
export class RunProgress {
  /** Complete migrations, in the order in which they ran. */
  readonly migrations: MigrationReport[] = []
  /** Identities of objects in the schema that no migration made. */
  readonly unmanaged: string[] = []
  #request: RunRequest

  constructor(request: RunRequest) {
    this.#request = request
  }

  get request(): RunRequest {
    return this.#request
  }

  /** Names the target once it is known: `+1` would mean another migration after the first is done. */
  aimAt(target: Target): void {
    this.#request = { ...this.#request, target }
  }
}
