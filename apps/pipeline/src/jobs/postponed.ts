/** A job can go on, but not before `until`; the attempt does not count. */
export class Postponed extends Error {
  readonly until: Date

  constructor(reason: string, until: Date) {
    super(reason)
    this.until = until
  }
}
