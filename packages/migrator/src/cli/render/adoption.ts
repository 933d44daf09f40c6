import type { WordCommand } from '../../errors/next-step.ts'
import type { AdoptionResult } from '../../adopt/adopt.ts'
import type { AdoptionPlan } from '../../adopt/adoption-plan.ts'
import { shapeOf } from '../../adopt/facts.ts'
import type { Problem } from '../../adopt/problems.ts'
import { undecided } from '../../adopt/readiness.ts'
import type { Rehearsal } from '../../adopt/rehearse.ts'
import { renderRun } from './run.ts'

/** What a database is, what would be done with it, and what a person has to decide. */
export function renderAdoption(plan: AdoptionPlan): string {
  const { classification, extras, unbelieved } = plan
  const blocks = [
    `This database is ${shapeOf(plan)}.`,
    ...plan.ledgers.map(
      ({ tool, table, says }) =>
        `A hint, which is not believed: ${tool}'s ledger ${table} says ${says.join(', ') || 'nothing'}.`,
    ),
    ...(unbelieved.length > 0
      ? [
          listed(
            'The ledger claims these, whose effect is not there; the rows are taken out:',
            unbelieved,
          ),
        ]
      : []),
    ...(extras.length > 0 ? [listed('These are kept, and nobody here knows them:', extras)] : []),
    ...(plan.problems.length > 0
      ? [`Rows that stand in the way:\n${plan.problems.map(renderProblem).join('\n')}`]
      : []),
    ...(undecided(plan.problems).length > 0 ? [HOW_TO_DECIDE] : []),
    ...(classification.kind === 'unknown' ? [] : steps(plan)),
  ]
  return `${blocks.map((block) => block.trimEnd()).join('\n\n')}\n`
}

/** The same as data, without the catalogs. */
export function adoptionAsData({ classification, ...plan }: AdoptionPlan) {
  if (classification.kind === 'unknown') {
    const { nearest, differences } = classification
    return { class: 'unknown', nearest: nearest.name, differences, ...plan }
  }
  if (classification.kind === 'empty') return { class: 'empty', ...plan }
  const { shape, renames, notes } = classification
  return { class: shape.isLegacy ? 'legacy' : 'ours', shape: shape.name, renames, notes, ...plan }
}

/** How it ended. */
export function renderAdopted(
  { shape, recorded, run, after }: AdoptionResult,
  word: WordCommand,
): string {
  const record = recorded.map((name) => `recorded ${name}, whose effect was there`)
  return `${[`Adopted: it was ${shape}.`, ...record].join('\n')}\n${renderRun(run, word)}The schema is what is expected (${after}).\n`
}

/** That it went well on a copy, and what that copy lacked. */
export function renderRehearsal({ rows, left }: Rehearsal): string {
  const without = left.length > 0 ? `, without ${left.join(', ')}` : ''
  return `Rehearsed on a throw-away copy with ${rows} rows${without}: it would succeed.\n`
}

/** A problem with all that can be chosen, or with what was. */
export function renderProblem(problem: Problem): string {
  const { name, count, samples, words, choices, decision, left } = problem
  const rows = count === 1 ? '1 row' : `${count} rows`
  const more = count > samples.length ? ', …' : ''
  if (decision !== undefined && left === 0) return `  ${name}: ${rows} → ${decision}`
  const values = words
    ? [`values: ${words.map((one) => `"${one.word}" (${one.count})`).join(', ')}`]
    : []
  const short = decision === undefined ? [] : [`${decision} is not enough: it leaves ${left}`]
  const offers = choices.filter(({ kind }) => kind !== 'fail')
  const width = Math.max(0, ...offers.map(({ choice }) => choice.length))
  const offered = offers.map(({ choice, says }) => `${choice.padEnd(width)}  ${says}`)
  const details = [...values, ...short, ...offered].map((line) => `      ${line}`)
  return [`  ${name}: ${rows}, ${samples.join(', ')}${more}`, ...details].join('\n')
}

const HOW_TO_DECIDE = `Decide about each with --decide PROBLEM=CHOICE. Several choices between commas are tried in order; * in
the name of a problem stands for anything: --decide '*:null=default'. Without a decision nothing is changed.`

function steps({ recorded, statements, repairs, pending }: AdoptionPlan): string[] {
  const isRepair = new Set(repairs)
  const others = statements.filter((sql) => !isRepair.has(sql))
  const decided =
    repairs.length > 0
      ? [`what was decided, in ${repairs.length} statements (shown by --json)`]
      : []
  const first = [...others.map((sql) => sql.replaceAll('\n', '\n    ')), ...decided]
  return [
    ...(first.length > 0 ? [listed('First, in one transaction:', first)] : []),
    ...(recorded.length > 0 ? [listed('Recorded, since its effect is there:', recorded)] : []),
    ...(pending.length > 0 ? [listed('Then run:', pending)] : []),
    'Then the seeders run, and the schema is compared with that of a new database.',
  ]
}

function listed(heading: string, lines: readonly string[]): string {
  return [heading, ...lines.map((line) => `  ${line}`)].join('\n')
}
