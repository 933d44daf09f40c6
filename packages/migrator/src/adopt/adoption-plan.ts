import { renderDifferences, type Catalog } from '../catalog/index.ts'
import type { DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import type { LoadedProject, OpenProject } from '../project/project.ts'
import type { Choice, Decisions } from './decisions.ts'
import type { KnownSchemas } from './known-schemas.ts'
import type { SchemaMatch } from './match-schema.ts'
import type { OtherLedger } from './other-ledgers.ts'
import type { Problem } from './problems.ts'
import type { Reconciliation } from './reconciliation.ts'
import { isAvailable, matchesName } from './repair-options.ts'
import type { RepairContext } from './repaired-rows.ts'

/** The name under which the journal records an adoption, where other entries name a migration. */
export const ADOPTION = 'adoption'

/** What a database is compared with, and what was decided about it. */
export interface AdoptionContext {
  readonly knownSchemas: KnownSchemas
  readonly opened: OpenProject
  readonly loaded: LoadedProject
  readonly decisions: Decisions
  readonly reconciliation?: Reconciliation | undefined
}

/** What a database is, and what its adoption would do. Data: nothing is done yet. */
export interface AdoptionPlan {
  readonly match: SchemaMatch
  /** Of the application's whole catalog. */
  readonly fingerprint: string
  readonly otherLedgers: readonly OtherLedger[]
  /** Objects that no migration makes and that are kept, as `kind identity`. */
  readonly unmanaged: readonly string[]
  /** Migrations whose effect is there: they are recorded as applied. */
  readonly recorded: readonly string[]
  /** Migrations that are run after that. */
  readonly pending: readonly string[]
  /** Rows of MikroORM's ledger whose migration has no effect in the catalog: they are removed. */
  readonly contradicted: readonly string[]
  /** Run in one transaction with the recording, in this order. */
  readonly statements: readonly string[]
  /** Those of the statements that carry out the decisions. */
  readonly repairs: readonly string[]
  readonly problems: readonly Problem[]
  /** True where the ledger, the journal and the catalog agree already. */
  readonly isRecorded: boolean
  /** True where an adoption was interrupted after its first transaction. */
  readonly resumes: boolean
  /** True where nothing is left to adopt: everything is recorded, and no row violates a pending constraint. */
  readonly isDone: boolean
}

/** A plan, with what it was made from. */
export interface Inspection {
  readonly plan: AdoptionPlan
  readonly state: DatabaseState
  readonly live: Catalog
  /** The tables and decisions by which the problems were counted. */
  readonly repairContext: RepairContext
  readonly knownSchemas: KnownSchemas
}

/** Names the schema that a database was found to have. */
export function describeMatch({ match }: AdoptionPlan): string {
  if (match.kind === 'known') return match.schema.name
  return match.kind === 'empty' ? 'an empty database' : 'unknown'
}

/**
 * Refuses an adoption whose plan is not complete. Pure.
 * Throws SCHEMA_UNKNOWN, REVISION_UNCLEAR, DRIFTED_SINCE, DECISIONS_MISSING.
 */
export function refuseUnlessReady({ plan, state }: Inspection): void {
  const { match } = plan
  if (plan.resumes && hasMigrationStarted(state)) return
  if (match.kind === 'unknown') {
    const names = { here: 'this database', there: match.nearest.name }
    const difference = renderDifferences([...match.differences], names)
    const last = state.ledger.findLast(({ name }) => state.completed.get(name)?.direction === 'up')
    if (last && !plan.resumes) throw failure('DRIFTED_SINCE', { last: last.name, difference })
    throw failure('SCHEMA_UNKNOWN', { nearest: match.nearest.name, difference })
  }
  if (match.kind === 'known' && match.alsoMatches.length > 0 && !plan.isRecorded) {
    const schemas = [match.schema, ...match.alsoMatches]
    throw failure('REVISION_UNCLEAR', { names: schemas.map(({ name }) => name) })
  }
  const undecided = undecidedProblems(plan.problems)
  if (undecided.length > 0) {
    throw failure('DECISIONS_MISSING', { problems: undecided.map(describeProblem) })
  }
}

/** True once a migration after the baseline has started: the catalog may be between two known schemas then. */
export function hasMigrationStarted(state: DatabaseState): boolean {
  return [...state.unfinished.keys()].some((name) => name !== ADOPTION)
}

/** Problems without a decision, or with one that does not repair all of their rows. */
export function undecidedProblems(problems: readonly Problem[]): Problem[] {
  return problems.filter(({ unrepaired, decision }) => unrepaired > 0 || decision === undefined)
}

/**
 * Refuses a decision about a constraint that is not pending, and a choice that its problem does not have.
 * Throws DECISION_UNKNOWN, CHOICE_UNKNOWN.
 */
export function refuseUnknownDecisions(
  { plan, repairContext }: Inspection,
  decisions: Decisions,
): void {
  // The same command may be repeated after the adoption; and an unknown schema has no problems yet.
  if (plan.isDone || plan.match.kind === 'unknown') return
  const pending = [...repairContext.tables.values()].flatMap((table) => table.pending)
  for (const [name, choices] of decisions) {
    const problem = plan.problems.find((one) => one.name === name)
    // When an adoption resumes, the repairs that were decided are done already.
    if (plan.resumes && !problem) continue
    if (!pending.some((one) => matchesName(name, one.name))) {
      const known = plan.problems.map((one) => one.name)
      throw failure('DECISION_UNKNOWN', { problem: name, known })
    }
    for (const choice of choices) if (problem) refuseUnlessAvailable(choice, problem)
  }
}

function refuseUnlessAvailable(choice: Choice, { name, options }: Problem): void {
  if (isAvailable(choice, options)) return
  const available = options.map((one) => one.choice)
  throw failure('CHOICE_UNKNOWN', { problem: name, choice: choice.kind, options: available })
}

/** The decision as it is to be typed, then the rows that it is about. */
function describeProblem({ name, count, samples, decision, unrepaired }: Problem): string {
  const rows = count === 1 ? '1 row' : `${count} rows`
  const keys =
    samples.length > 0 ? ` (${samples.join('; ')}${count > samples.length ? '; …' : ''})` : ''
  const rest =
    decision === undefined || unrepaired === 0 ? '' : `; ${decision} leaves ${unrepaired} of them`
  return `${name}: ${rows}${rest}${keys}`
}
