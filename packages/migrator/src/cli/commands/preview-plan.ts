import { EXIT } from '../../errors/entry.ts'
import { maskAll } from '../../errors/mask-secrets.ts'
import { failure, type MigratorError } from '../../errors/index.ts'
import { renderFailure, renderSteps } from '../../errors/next-step.ts'
import { preview, type Preview } from '../../inspect/preview.ts'
import { planScript } from '../../inspect/script.ts'
import type { Direction } from '../../migration.ts'
import type { Call, Outcome } from '../command.ts'
import type { PlanOutput, ScriptOutput } from '../output.ts'
import { describeUnmet, renderPlan } from '../render/plan.ts'

interface Asked {
  readonly direction: Direction
  readonly target: string
}

type Caller = Omit<Call<never>, 'flags'>

/** Prints what a run would do, as words and as data. */
export async function printPlan(call: Caller, asked: Asked): Promise<Outcome<PlanOutput>> {
  const { plan, hash, facts, outOfOrder, findings, waiting, inTheWay, ...rest } = await previewFor(
    call,
    asked,
  )
  const { direction, target } = asked
  const isDefault = direction === 'up' && target === 'head'
  const args = isDefault ? [] : [target]
  const command = call.word({ command: direction, args, options: { planHash: hash } })
  const refusal = refusalOf(findings, target)
  const isRefused = refuses(refusal, facts) || inTheWay !== undefined
  const steps = [
    `${call.word({ command: direction, args: [] })} refuses this.`,
    ...renderSteps(refusal?.next ?? [], call.word),
  ]
  const next = isRefused ? steps.join('\n') : `To run this and nothing else: ${command}`
  const first = outOfOrder ?? inTheWay
  const ending = first ? renderFailure(first, call.word) : next
  // Before it is rendered: a statement that speaks of a secret must not blank the literals of all others.
  const shown = maskAll({
    plan,
    hash,
    ...(facts && { facts }),
    ...(findings && { findings }),
    ...(outOfOrder && { outOfOrder }),
    ...(waiting && { waiting }),
    ...(inTheWay && { inTheWay }),
  })
  const { plan: data, ...others } = shown
  return {
    text: `${renderPlan({ ...rest, ...shown }, ending)}${facts ? '' : NO_DATABASE}`,
    json: { ...data, ...others },
    exit: isRefused ? EXIT.refused : EXIT.done,
  }
}

/** What `up` says of it. */
function refusalOf(findings: Preview['findings'] = [], target: string): MigratorError | undefined {
  const errors = findings.filter(({ level }) => level === 'error')
  return errors.length > 0 ? failure('LINT_REFUSED', { findings: errors, target }) : undefined
}

function refuses(refusal: MigratorError | undefined, facts: Preview['facts']): boolean {
  return refusal !== undefined || facts?.unmet !== undefined
}

/** Prints what a run would do as a script for psql. */
export async function printScript(call: Caller, asked: Asked): Promise<Outcome<ScriptOutput>> {
  const { plan, ledger, facts, findings, waiting = [] } = await previewFor(call, asked)
  if (!facts) call.say(NO_DATABASE)
  if (plan.migrations.length === 0) call.say('Nothing to do: the script runs no migration.\n')
  const refusal = refusalOf(findings, asked.target)
  if (refusal) call.say(`${renderFailure(refusal, call.word)}\n`)
  for (const step of waiting) {
    call.say(`${step.migration} ${step.says}. The script applies it all the same.\n`)
  }
  for (const line of describeUnmet(maskAll(facts), asked.direction)) call.say(`${line}\n`)
  const sql = planScript(plan, ledger)
  const exit = refuses(refusal, facts) ? EXIT.refused : EXIT.done
  return { text: sql, json: { sql }, exit }
}

const NO_DATABASE = 'DATABASE_URL is not set: this is the plan for an empty database.\n'

async function previewFor(
  { project, database, environment }: Caller,
  asked: Asked,
): Promise<Preview> {
  const where = environment.databaseUrl === undefined ? undefined : database()
  return preview(project, where, asked)
}
