import type { JsonObject } from '@techfacts/db'

/** A job can go on, but not before `until`; the attempt does not count. */
export class Postponed extends Error {
  readonly until: Date
  /** Where it goes on, as its work reads it. */
  readonly resume: JsonObject | undefined

  constructor(reason: string, until: Date, resume?: JsonObject) {
    super(reason)
    this.until = until
    this.resume = resume
  }
}
