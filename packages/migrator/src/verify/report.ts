import type { Against } from './against.ts'
import type { NextStep } from '../errors/next-step.ts'

/** What was found of the migrations that were verified. */
export interface VerifyReport {
  /** In order. */
  readonly migrations: readonly VerifiedMigration[]
  /** Rows of the project's own, where there is a file of them. */
  readonly fixtures: 'none' | 'loaded' | 'not loaded'
  /** Those that were not reached, since one before them does not run. */
  readonly unreached: readonly string[]
  /** The same seed makes the same rows. */
  readonly seed: number
  /** What they mean for a real database, where one was named. */
  readonly against?: Against
}

/** What was found of one migration. */
export interface VerifiedMigration {
  readonly name: string
  /** `unproved`: nothing is wrong, but something could not be tried. */
  readonly verdict: 'holds' | 'unproved' | 'faulty'
  readonly faults: readonly Fault[]
  readonly unproved: readonly Unproved[]
  /** What `up` overwrites or deletes and keeps nothing of, so that `down` does not restore it. */
  readonly notRestored: readonly string[]
  /** Why there is no way back, where the migration says so. */
  readonly noWayBack?: string
  readonly milliseconds: number
  /** How long others waited at worst while it ran beside them; absent where that was not tried. */
  readonly stall?: Stall
}

/** In milliseconds. */
export interface Stall {
  readonly reader: number
  readonly writer: number
}

/** How the migration was run. */
export type Step = 'up' | 'down' | 'up again'

/** Something that is not as the migration says. */
export interface Fault {
  readonly step: Step
  readonly cause: Cause
  /** `public.jobs`, `public.jobs.title`, `index public.jobs_title`. */
  readonly object: string
  /** What the migration, or what is recorded of it, says. */
  readonly said: string
  readonly happened: string
  /** What to do about it, as a sentence. */
  readonly advice: string
  readonly next?: readonly NextStep[]
}

/**
 * - `does-not-run`: it ends with an error.
 * - `schema`: the schema is not the recorded one, or after `down` not the one before.
 * - `rows`: rows are gone or there that should not be. `values`: values are others. `sequence`: one counts from an earlier number.
 * - `lock`, `rewrite`, `scan`, `build`: of what no statement says so.
 * - `test`: its own data test fails.
 * - `previous-release`: what the previous release sends is refused after it. `next-release`: what the next one sends is refused
 *   before it, and it is a contract step.
 */
export type Cause =
  | 'does-not-run'
  | 'schema'
  | 'rows'
  | 'values'
  | 'sequence'
  | 'lock'
  | 'rewrite'
  | 'scan'
  | 'build'
  | 'test'
  | 'previous-release'
  | 'next-release'

/** Something that could not be tried. */
export interface Unproved {
  readonly object: string
  readonly reason: string
  readonly next?: readonly NextStep[]
}
