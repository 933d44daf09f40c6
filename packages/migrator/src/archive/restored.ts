/** What came of restoring an entry: how many rows are where they were, how many stay in the archive, and why. */
export interface Restored {
  readonly restored: number
  readonly left: number
  readonly why: string
  /** What it would be restored into is not there. */
  readonly lacks?: boolean
  /** Some rows are restored, and the archive has the others alone. */
  readonly isPartial?: boolean
}
