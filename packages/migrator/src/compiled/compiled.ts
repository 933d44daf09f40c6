import type { CatalogDelta } from '../catalog/index.ts'
import type { LintMark } from '../lint/marks.ts'
import type { Body, Check, Migration, Phase, ReplacedMigration, Statement } from '../migration.ts'
import { checksum } from '../sql/checksum.ts'

/** A migration as data, committed next to its source: what is reviewed, and what is known of it. */
export interface CompiledMigration {
  /** What is run. The manifest's chain covers it. */
  readonly migration: CompiledContent
  /** What this package reads out of it. No chain covers it: a later version may know more. */
  readonly analysis: Analysis
  /** What it changes in the schema; null where no server was there to find out. */
  readonly catalog: CatalogDelta | null
}

/** What follows from the source alone. */
export type Compiled = Omit<CompiledMigration, 'catalog'>

export interface CompiledContent {
  /** As the class states it. */
  readonly phase: Phase
  readonly transactional: boolean
  readonly keepRows?: number
  readonly allow?: Readonly<Record<string, string>>
  readonly replaces?: readonly ReplacedMigration[]
  readonly up: CompiledBody
  readonly down: CompiledBody
  readonly requires?: readonly Check[]
  readonly ensures?: readonly Check[]
  readonly downRequires?: readonly Check[]
}

/** Of a body that is code the source says what it does, and its checksum in the manifest covers the source. */
export type CompiledBody = readonly CompiledStatement[] | 'code' | { readonly none: string }

/** What of a statement is hashed. */
type CompiledStatement = Pick<Statement, 'sql' | 'checksum' | 'backfill'>

export interface Analysis {
  readonly version: number
  /** What `up` takes from the release of the application before, in words that follow "it". */
  readonly breaks?: readonly string[]
  /** What lint finds in `up`, but for what the migration allows. */
  readonly lint?: readonly LintMark[]
  /** Of each statement; what is usual is left out. */
  readonly up?: readonly StatementAnalysis[]
  readonly down?: readonly StatementAnalysis[]
}

export type StatementAnalysis = Partial<Omit<Statement, keyof CompiledStatement>>

/** It changes with what is read out of a statement, and with the rules of lint. */
const ANALYSIS_VERSION = 15

/** Writes a migration, with its phase judged, as data. Pure. */
export function compile(
  migration: Migration,
  statedPhase: Phase,
  lint: readonly LintMark[],
): Compiled {
  const { transactional, keepRows, allow, replaces, up, down, breaks = [] } = migration
  const { requires, ensures, downRequires } = migration
  return {
    migration: {
      phase: statedPhase,
      transactional,
      ...(keepRows !== undefined && { keepRows }),
      ...(allow && { allow }),
      ...(replaces && { replaces }),
      ...whereAny({ requires, ensures, downRequires }),
      up: compileBody(up),
      down: compileBody(down),
    },
    analysis: {
      version: ANALYSIS_VERSION,
      ...whereAny({ breaks, lint, up: listAnalyses(up), down: listAnalyses(down) }),
    },
  }
}

/** The hash of what is run, which the manifest's chain covers. */
export function hashContent(migration: CompiledContent): string {
  return checksum(migration)
}

/** The hash of what is read out of it: the manifest records it beside the chain, since a later version writes its own. */
export function hashAnalysis(analysis: Analysis): string {
  return checksum(analysis)
}

/** True of one of another version too: that one may know more or less. */
export function isSameAnalysis(recorded: Analysis, now: Analysis): boolean {
  return recorded.version !== now.version || checksum(recorded) === checksum(now)
}

/** True of an analysis by this version that is the one on record: losses and locks are judged by it. */
export function isCurrent(analysis: Analysis, recorded: string | undefined): boolean {
  return analysis.version === ANALYSIS_VERSION && hashAnalysis(analysis) === recorded
}

function compileBody(body: Body): CompiledBody {
  if (body.kind === 'none') return { none: body.reason }
  if (body.kind === 'code') return 'code'
  return body.statements.map(({ sql, checksum, backfill }) => ({
    sql,
    checksum,
    ...(backfill && { backfill }),
  }))
}

function listAnalyses(body: Body): StatementAnalysis[] {
  if (body.kind !== 'sql') return []
  return body.statements.map((statement) =>
    Object.fromEntries(
      Object.entries(statement).filter(([key, value]) => !CONTENT.has(key) && !isUsual(value)),
    ),
  )
}

const CONTENT: ReadonlySet<string> = new Set([
  'sql',
  'checksum',
  'backfill',
] satisfies (keyof CompiledStatement)[])

function isUsual(value: unknown): boolean {
  return value === false || (Array.isArray(value) && value.length === 0)
}

function whereAny<T extends Readonly<Record<string, readonly unknown[]>>>(lists: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(lists).filter(([, list]) => list.length > 0),
  ) as Partial<T>
}
