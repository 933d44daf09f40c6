import type { Mode } from '../database-state.ts'
import type { Check, LockMode, LockWork, Phase } from '../migration.ts'
import type { PlacedFinding } from './lint.ts'

/** What a migration is, for a report: all of it survives JSON. */
export interface DescribedMigration {
  readonly name: string
  /** The path of its source. */
  readonly file: string
  readonly phase: Phase
  /** What it takes from the previous release, in words that follow "it". */
  readonly breaks: readonly string[]
  /** Why it is `expand` all the same. */
  readonly phaseException?: string
  readonly up: DescribedBody
  readonly down: DescribedBody
  readonly requires: readonly Check[]
  readonly ensures: readonly Check[]
  readonly downRequires: readonly Check[]
  /** What lint finds in `up`. */
  readonly hazards: readonly DescribedHazard[]
  /** By rule of lint, why it does not count here. */
  readonly allow: Readonly<Record<string, string>>
  /** What `down` takes away, as far as its text tells: `the table public.jobs and its rows`. */
  readonly downLoses: readonly string[]
}

/** What a migration does in one direction: segments in order, of which each is all or nothing. */
export type DescribedBody =
  | { readonly kind: 'sql'; readonly segments: readonly DescribedSegment[] }
  | { readonly kind: 'code' }
  | { readonly kind: 'none'; readonly reason: string }

export interface DescribedSegment {
  readonly mode: Mode
  readonly statements: readonly DescribedStatement[]
}

export interface DescribedStatement {
  readonly sql: string
  /** Of its source, from 1. */
  readonly line: number
  /** Strongest first; not those that hinder nobody, and in `up` not those on tables that the migration itself makes. */
  readonly locks: readonly DescribedLock[]
  /** True where its text does not tell what else it locks. */
  readonly hasUnknownLocks: boolean
}

export interface DescribedLock {
  readonly mode: LockMode
  /** `public.jobs`, `the partitions of public.jobs`. */
  readonly on: string
  readonly keepsOthersFrom: 'writing' | 'reading and writing'
  readonly work?: LockWork
  /** True where only the catalog knows whether there is anything to lock. */
  readonly isConditional: boolean
}

export type DescribedHazard = Pick<PlacedFinding, 'rule' | 'level' | 'says' | 'instead' | 'line'>
