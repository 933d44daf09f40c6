import type { Write } from './case.ts'

/**
 * Writes in a thread of its own, while the thread of the run stands still in one of its events: what is written
 * then is written at that moment, each time.
 */
export interface Order {
  readonly url: string
  readonly writes: readonly Write[]
  /** Ends the sessions of the run. */
  readonly kills: boolean
}
