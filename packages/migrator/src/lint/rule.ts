import type { Node } from '@pgsql/types'
import type { Boundary, Check, Name, TableLock } from '../migration.ts'
import type { News } from '../safe-forms/news.ts'
import type { Hazard } from './hazards.ts'
import type { KnownObjects } from '../known/known-objects.ts'

/** How much a finding counts: an error is refused. */
export type Level = 'error' | 'warning'

/**
 * What can be wrong with a statement. A rule is data and one function that looks; its page in the documents, and the test
 * that runs its example on a real server, are made from it.
 */
export interface Rule {
  readonly id: string
  /** Unless the configuration says otherwise. */
  readonly level: Level
  /** The first is what it is about. */
  readonly hazards: readonly [Hazard, ...Hazard[]]
  /** One sentence, which follows the name of what it is about. */
  readonly problem: string
  /** What was measured, or what PostgreSQL's documentation says. */
  readonly why: string
  /** What to do, in words; what the generator can write, it writes out in addition. */
  readonly instead: string
  /** It is about how things are made: a table of the same migration counts too. */
  readonly isOfNewTables?: true
  /** It is about files that other tools run: the migrator prevents it by itself. */
  readonly isOfPlainFiles?: true
  /** It is about the release, not about an object: of a script it is said once, with how often it is so. */
  readonly isSaidOnce?: true
  check(
    statement: LintedStatement,
    context: Context,
  ): readonly Problem[] | Promise<readonly Problem[]>
  readonly example: Example
}

/** What a rule has found. */
export interface Problem {
  /** The object, as a person says it: `t.a`, `index i of t`. */
  readonly about: string
  /** Where there is one: the rule does not count where it is new, small or ignored. */
  readonly table?: Name
}

/** A case of a rule: it is run, linted, and printed in the documents. */
export interface Example {
  /** What an earlier migration has made. */
  readonly given: string
  readonly unsafe: string
  /** The same without the hazard; absent where the generator writes it from `unsafe`. */
  readonly safe?: string
  /** Why the safe one does not end at the same schema. */
  readonly differs?: string
  /** PostgreSQL refuses the unsafe one, with this SQLSTATE; before version 18 only where `failsUntil18` is set. */
  readonly fails?: string
  readonly failsUntil18?: true
  /** The oldest version of PostgreSQL that knows the statement. */
  readonly since?: number
  /** The safe one commits each statement by itself. */
  readonly isAlone?: true
  /** Both are migrations that say nothing of their phase; otherwise they say `contract`. */
  readonly isExpand?: true
  /** What the safe one counts first. */
  readonly requires?: Check
  /** Both are files of another tool. */
  readonly isPlainFile?: true
}

/** A statement with what its script says around it. */
export interface LintedStatement {
  readonly sql: string
  readonly node: Node
  readonly boundary: Boundary
  readonly locks: readonly TableLock[]
  /** Statements that have run in its transaction before it. */
  readonly before: readonly LintedStatement[]
}

/** True of what a migration counts before it locks, by the very query of the check. */
export function isCounted({ query }: Check, { requires }: Pick<Context, 'requires'>): boolean {
  return requires.some((one) => one.query === query)
}

/** What is known where a statement begins. */
export interface Context {
  /** Of all statements before it, in this script and in earlier ones, and of the catalog where there is one. */
  readonly known: KnownObjects
  /** Of the same script. */
  readonly news: News
  /** Tables that statements of the script before it have gone through under a lock that stops every reader. */
  readonly worked: ReadonlySet<string>
  /** All statements of the script. */
  readonly script: readonly LintedStatement[]
  /** What the statement takes from the application's previous release, in words that follow "it". */
  readonly breaks: readonly string[]
  /** True in a migration that says that it may break that release. */
  readonly isContract: boolean
  /** What a migration counts before it locks. */
  readonly requires: readonly Check[]
  /** True in a file that another tool runs. */
  readonly isPlainFile: boolean
  /** Of PostgreSQL, the lowest that the script has to run on. */
  readonly major: number
}
