import type { Inspection } from './adoption-plan.ts'
import { renderDifferences } from '../catalog/index.ts'
import type { DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import type { Choice, Decisions } from './decisions.ts'
import { ADOPTION } from './facts.ts'
import { covers, isOffered } from './offers.ts'
import type { Problem } from './problems.ts'

/**
 * Refuses an adoption whose plan is not complete. Pure.
 * Throws SHAPE_UNKNOWN, REVISION_UNCLEAR, DRIFTED_SINCE, DECISIONS_MISSING.
 */
export function refuseUnlessReady({ plan, state }: Inspection): void {
  const { classification } = plan
  if (plan.resumes && isUnderWay(state)) return
  if (classification.kind === 'unknown') {
    const names = { here: 'this database', there: classification.nearest.name }
    const difference = renderDifferences([...classification.differences], names)
    const last = state.ledger.findLast(({ name }) => state.completed.get(name)?.direction === 'up')
    if (last && !plan.resumes) throw failure('DRIFTED_SINCE', { last: last.name, difference })
    throw failure('SHAPE_UNKNOWN', { nearest: classification.nearest.name, difference })
  }
  if (classification.kind === 'known' && classification.alike.length > 0 && !plan.isOurs) {
    const shapes = [classification.shape, ...classification.alike]
    throw failure('REVISION_UNCLEAR', { names: shapes.map(({ name }) => name) })
  }
  const open = undecided(plan.problems)
  if (open.length > 0) {
    throw failure('DECISIONS_MISSING', {
      problems: open.map(describe),
    })
  }
}

/** True once a migration behind the baseline has begun: the catalog may be between two states then. */
export function isUnderWay(state: DatabaseState): boolean {
  return [...state.unfinished.keys()].some((name) => name !== ADOPTION)
}

/** Problems that nothing, or not enough, was decided about. */
export function undecided(problems: readonly Problem[]): Problem[] {
  return problems.filter(({ left, decision }) => left > 0 || decision === undefined)
}

/** A decision has to be about something, and one of the choices. Throws DECISION_UNKNOWN, CHOICE_UNKNOWN. */
export function refuseUnknownDecisions({ plan, context }: Inspection, decisions: Decisions): void {
  // The same command again, behind the end of the adoption; and what is not known has no problems yet.
  if (plan.isDone || plan.classification.kind === 'unknown') return
  const known = new Set(
    [...context.tables.values()].flatMap((table) => table.demands.map(({ name }) => name)),
  )
  for (const [name, choices] of decisions) {
    // What was decided is done, and is a problem no more.
    if (plan.resumes && !plan.problems.some((one) => one.name === name)) continue
    if (![...known].some((one) => covers(name, one))) {
      throw failure('DECISION_UNKNOWN', {
        problem: name,
        known: plan.problems.map((one) => one.name),
      })
    }
    const problem = plan.problems.find((one) => one.name === name)
    for (const choice of choices) if (problem) refuseUnlessOffered(choice, problem)
  }
}

function refuseUnlessOffered(choice: Choice, { name, choices }: Problem): void {
  if (isOffered(choice, choices)) return
  const offers = choices.map((one) => one.choice)
  throw failure('CHOICE_UNKNOWN', { problem: name, choice: choice.kind, offers })
}

/** As it is to be typed, with what it is about behind it. */
function describe({ name, count, samples, decision, left }: Problem): string {
  const rows = count === 1 ? '1 row' : `${count} rows`
  const keys =
    samples.length > 0 ? ` (${samples.join('; ')}${count > samples.length ? '; …' : ''})` : ''
  const rest = decision === undefined || left === 0 ? '' : `, of which ${decision} leaves ${left}`
  return `--decide ${name}=CHOICE  for ${rows}${rest}${keys}`
}
