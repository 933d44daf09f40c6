import type { KnownObjects } from '../known/known-objects.ts'
import type { Check, Direction } from '../migration.ts'
import type { News } from './news.ts'

/** What stands in a migration in place of one statement. */
export interface SafeForm {
  readonly statements: readonly string[]
  readonly requires?: readonly Check[]
  /** Its statements must not share a transaction. */
  readonly isAlone?: boolean
  /** It works for long under a lock that stops everybody: nothing else may share its transaction. */
  readonly isLong?: boolean
  /** Its last statements must share one, which comes before `isAlone` of others. */
  readonly isTogether?: boolean
  /** What lint refuses in it all the same. */
  readonly allow?: Allowed
}

/** By rule of lint, why the statements are as they are: no other form does the same, or a person has said so. */
export type Allowed = Readonly<Record<string, string>>

/** Each reason once. */
export function joinAllowed(all: readonly (Allowed | undefined)[]): Allowed {
  const reasons = new Map<string, Set<string>>()
  for (const [rule, why] of all.flatMap((one) => Object.entries(one ?? {})))
    reasons.set(rule, (reasons.get(rule) ?? new Set()).add(why))
  return Object.fromEntries([...reasons].map(([rule, whys]) => [rule, [...whys].join('; ')]))
}

/** What there is before a statement. */
export interface Before {
  /** What the same migration has made. */
  readonly news: News
  /** What it and those before it have made. */
  readonly known: KnownObjects
  /**
   * On the way back what a cast takes is asked about and kept in the archive, and so is what a table has: that way must not
   * be refused.
   */
  readonly direction: Direction
  /** Whether the migration is one in which a copy may take the place of a column; absent where nobody asks. */
  readonly mayCopy?: boolean
}

/** A statement with its semicolon, as generators write it; the parser gives it without. */
export function ended(sql: string): string {
  return `${sql};`
}
