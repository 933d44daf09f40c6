import type { WordStep } from '../../errors/next-step.ts'
import type { AdoptionResult, Problem, Rehearsal } from '../../adopt/index.ts'
import { list } from '../../errors/list.ts'
import { describeMatch, undecidedProblems, type AdoptionPlan } from '../../adopt/adoption-plan.ts'
import type { AdoptionPlanOutput } from '../output.ts'
import { renderRun } from './run.ts'

/** Renders which schema a database has, what its adoption would do, and what a person has to decide. */
export function renderAdoption(plan: AdoptionPlan): string {
  const { match, unmanaged, contradicted } = plan
  const blocks = [
    `This database is ${describeMatch(plan)}.`,
    ...plan.otherLedgers.map(({ tool, table, rows, untrustedOwner }) =>
      untrustedOwner === undefined
        ? `A hint, not evidence: the last rows of ${tool}'s ledger ${table} are:${list(rows.length > 0 ? rows : ['none'])}`
        : `${tool}'s ledger ${table} was not read: it, or what it runs, belongs to "${untrustedOwner}", a role that is not trusted.`,
    ),
    // Of a schema that is unknown nobody knows what is missing, and nothing is removed.
    ...(contradicted.length > 0 && match.kind !== 'unknown'
      ? [
          listed(
            'The ledger has these, whose effect is missing; their rows are removed from it:',
            contradicted,
          ),
        ]
      : []),
    ...(unmanaged.length > 0
      ? [listed('These are kept, although no migration makes them:', unmanaged)]
      : []),
    ...(plan.problems.length > 0
      ? [
          `Rows that violate constraints of the pending migrations:\n${plan.problems.map(renderProblem).join('\n')}`,
        ]
      : []),
    ...(undecidedProblems(plan.problems).length > 0 ? [HOW_TO_DECIDE] : []),
    ...(match.kind === 'unknown' ? [] : steps(plan)),
  ]
  return `${blocks.map((block) => block.trimEnd()).join('\n\n')}\n`
}

/** The plan as JSON, without the catalogs. */
export function adoptionAsData({ match, ...plan }: AdoptionPlan): AdoptionPlanOutput {
  if (match.kind === 'unknown') {
    const { nearest, differences } = match
    return { class: 'unknown', nearest: nearest.name, differences, ...plan }
  }
  if (match.kind === 'empty') return { class: 'empty', ...plan }
  const { schema, renames, ignored } = match
  const kind = schema.isLegacy ? 'legacy' : 'managed'
  return { class: kind, knownSchema: schema.name, renames, ignored, ...plan }
}

/** Renders the result of an adoption. */
export function renderAdopted(
  { knownSchema, recorded, run, after }: AdoptionResult,
  word: WordStep,
): string {
  const record = recorded.map((name) => `recorded ${name}, whose effect existed`)
  return `${[`Adopted: it was ${knownSchema}.`, ...record].join('\n')}\n${renderRun(run, word, 'No other migration is pending.')}The schema equals the expected one (${after}).\n`
}

/** Renders a rehearsal that succeeded, and what its copy lacked. */
export function renderRehearsal({ rows, uncopied }: Rehearsal): string {
  const without = uncopied.length > 0 ? `, without ${uncopied.join(', ')}` : ''
  return `Rehearsed on a throw-away copy with ${rows} rows${without}: it would succeed.\n`
}

/** Renders a problem with its options, or with the decision about it. */
export function renderProblem(problem: Problem): string {
  const { name, count, samples, words, options, decision, unrepaired } = problem
  const rows = count === 1 ? '1 row' : `${count} rows`
  const more = count > samples.length ? ', …' : ''
  if (decision !== undefined && unrepaired === 0) return `  ${name}: ${rows} → ${decision}`
  const values = words
    ? [`values: ${words.map((one) => `"${one.word}" (${one.count})`).join(', ')}`]
    : []
  const short = decision === undefined ? [] : [`${decision} is not enough: it leaves ${unrepaired}`]
  const offers = options.filter(({ kind }) => kind !== 'fail')
  const width = Math.max(0, ...offers.map(({ choice }) => choice.length))
  const offered = offers.map(({ choice, description }) => `${choice.padEnd(width)}  ${description}`)
  const details = [...values, ...short, ...offered].map((line) => `      ${line}`)
  return [`  ${name}: ${rows}, ${samples.join(', ')}${more}`, ...details].join('\n')
}

const HOW_TO_DECIDE = `Decide about each with --decide PROBLEM=CHOICE. Choices separated by commas are tried in order. In the name of
a problem * matches anything: --decide '*:null=default'. Without a decision nothing is changed.`

function steps({ recorded, statements, repairs, pending }: AdoptionPlan): string[] {
  const isRepair = new Set(repairs)
  const others = statements.filter((sql) => !isRepair.has(sql))
  const decided =
    repairs.length > 0
      ? [`the decided repairs, in ${repairs.length} statements (shown by --json)`]
      : []
  const first = [...others.map((sql) => sql.replaceAll('\n', '\n    ')), ...decided]
  return [
    ...(first.length > 0 ? [listed('First, in one transaction:', first)] : []),
    ...(recorded.length > 0 ? [listed('Recorded, because their effect exists:', recorded)] : []),
    ...(pending.length > 0 ? [listed('Then run:', pending)] : []),
    'Then seeders run, where the project has some, and the schema is compared with that of a new database.',
  ]
}

function listed(heading: string, lines: readonly string[]): string {
  return [heading, ...lines.map((line) => `  ${line}`)].join('\n')
}
