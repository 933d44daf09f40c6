import type { Draft } from './world.ts'
import type { Random } from '../../rows/random.ts'

/** What `up` does, what the application writes, and the way back. It may add to what is given. */
export interface Act {
  readonly up: readonly string[]
  readonly rows: readonly string[]
  readonly down: readonly string[]
}

export type Action = (random: Random, draft: Draft) => Act
