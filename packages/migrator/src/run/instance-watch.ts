import type { MissingInstance } from '../journal/instances.ts'
import { LIFE_SECONDS } from '../journal/names.ts'

/**
 * Which of the instances whose heartbeats are missing are gone. The clock of the server alone does not say: it may have
 * jumped, or the server slept, or a standby took its place, and nobody could send one meanwhile. A run measures by its own
 * steady clock for how long it has seen no other heartbeat.
 */
export class InstanceWatch {
  /** By heartbeat, when this run saw it first. */
  readonly #since = new Map<string, number>()

  /** Those that are gone, and those of which that is not known yet. */
  judge(missing: readonly MissingInstance[]): Watched {
    const now = performance.now()
    for (const beat of missing.flatMap(({ beats }) => beats))
      if (!this.#since.has(beat)) this.#since.set(beat, now)
    const isGone = ({ beats }: MissingInstance) =>
      beats.every((beat) => now - (this.#since.get(beat) ?? now) > LIFE_SECONDS * 1000)
    return { gone: missing.filter(isGone), doubtful: missing.filter((one) => !isGone(one)) }
  }
}

interface Watched {
  readonly gone: readonly MissingInstance[]
  readonly doubtful: readonly MissingInstance[]
}
