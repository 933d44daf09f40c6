import type { Backfill, Check } from '../migration.ts'

/** A statement as it is, or generated ones, which are still to get their safe form. */
export type Step =
  | string
  | {
      readonly generated: readonly string[]
      /** The recipe says what becomes of the data that they take away. */
      readonly isExplained?: true
    }

/** One of the migrations in which a change is made that the previous release of the application works beside. */
export interface RecipeFile {
  /** In its name, where it is not the first: by these names they sort in the order in which they run. */
  readonly suffix: 'add' | 'alter' | 'backfill' | 'build' | 'contract'
  readonly up: readonly Step[]
  readonly down: readonly Step[]
  /** What it does in place of `up`. */
  readonly backfill?: Backfill
  readonly requires?: readonly Check[]
  /** What must hold before its way back. */
  readonly undoRequires?: readonly Check[]
  /** Why the previous release survives it, although its statements look as if it did not. */
  readonly survives?: string
  /** By rule of lint, why it may break it; empty where it breaks none. */
  readonly allow?: Readonly<Record<string, string>>
  /** Its last statements share a transaction; what PostgreSQL refuses in one comes before. */
  readonly isTogether?: boolean
}

/** In the order in which they run; the last one waits for the previous release to be gone. */
export type Recipe = readonly RecipeFile[]

/** Generated statements that a recipe takes over, in both directions. */
export interface Generated {
  readonly up: readonly string[]
  readonly down: readonly string[]
}
