/** A statement whose locks and work are held against what the engine says of it. */
export interface Kind {
  readonly sql: string
  /** The text that it was made from, for one of several tables. */
  readonly form?: string
  /** What was committed before it. */
  readonly given?: string
  /** The oldest version of PostgreSQL that knows it. */
  readonly since?: 16 | 17 | 18
  /** From this version on it does all that is said of it; older ones do less, so that what is said holds on every one. */
  readonly fullSince?: 16 | 17 | 18
  /** Why it may do less than is said: what spares it is in the rows or in the catalog. */
  readonly atWorst?: string
}

/** A text alone, or with what is to be said of it. */
export type Written = string | Kind

/** Why it may do less, of IF EXISTS, IF NOT EXISTS and their like. */
export const NOTHING_TO_DO = 'where it is so already there is nothing to do'
