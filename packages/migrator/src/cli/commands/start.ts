import { EXIT } from '../../errors/entry.ts'
import type { Command } from '../command.ts'
import { CHANGING } from '../exits.ts'
import { ALLOW_DRIFT, PLAN_HASH, RUN_OPTIONS, type DriftFlags, type PlanFlags } from '../options.ts'
import { renderRun } from '../render/run.ts'

export const start: Command<'start', PlanFlags & DriftFlags> = {
  name: 'start',
  summary: 'wait for the database, apply what is pending, seed: the job of a container',
  description:
    'It waits for a server that does not answer yet, as long as MIGRATE_WAIT or --wait says. The seeders run where they have changed since their last run. Contract steps wait as in up.',
  arguments: [],
  options: [PLAN_HASH, ALLOW_DRIFT, ...RUN_OPTIONS],
  examples: [
    ['', 'before the services of a release start'],
    ['--wait 120', 'give the server two minutes to come up'],
  ],
  exits: CHANGING,
  async run({ project, database, environment, flags, word }) {
    const { run } = await import('../../run/index.ts')
    const { planHash, allowDrift } = flags
    const result = await run(project, database({ wait: environment.wait }), {
      direction: 'up',
      target: 'head',
      seed: 'if-changed',
      ...(planHash !== undefined && { planHash }),
      ...(allowDrift !== undefined && { allowDrift }),
    })
    return { text: renderRun(result, word), json: result, exit: EXIT.done }
  },
}
