import { UnreadableError } from '../extraction/reader.ts'

/** What a task in a thread may use. */
export type Budget = {
  /**
   * Of the thread's own processor time, so that a busy machine refuses nothing that a quiet one reads.
   * A task that waits without working is ended after `WALL_CLOCK_FACTOR` times as long.
   */
  readonly cpuSeconds: number
  /** Of its heap and its buffers together. */
  readonly megabytes: number
}

/**
 * What every task gets. The dearest document that the service takes, a million characters in as many
 * paragraphs as fit, needs about a third of the time and two thirds of the memory.
 */
export const TASK_BUDGET: Budget = { cpuSeconds: 20, megabytes: 640 }

/** What a task of a request gets: a client waits for it. */
export const REQUEST_BUDGET: Budget = { cpuSeconds: 5, megabytes: 320 }

export const WALL_CLOCK_FACTOR = 6

/** A task used up its budget. The same input would use it up again. */
export class TaskOverrunError extends UnreadableError {
  readonly resource: Resource

  constructor(about: string, resource: Resource, budget: Budget) {
    const limit =
      resource === 'time' ? `${budget.cpuSeconds} s` : `${budget.megabytes} MB of memory`
    super(`${about} cannot be read in ${limit}.`)
    this.resource = resource
  }
}

export type Resource = 'time' | 'memory'
