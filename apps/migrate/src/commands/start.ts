import { EXIT, run } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { ALLOW_DRIFT, PLAN_HASH, runOptions } from '../run-options.ts'
import { renderRun } from '../render/run.ts'

export const start: Command = {
  name: 'start',
  usage: 'start [--plan-hash HASH] [--allow-drift REASON]',
  summary: 'wait for the database, apply what is pending, seed: the job of the container',
  options: { ...PLAN_HASH, ...ALLOW_DRIFT },
  takes: [0, 0],
  async run({ project, connection, environment, flags }) {
    const result = await run(project, connection({ wait: environment.wait }), {
      direction: 'up',
      target: 'head',
      seed: 'if-changed',
      ...runOptions(flags),
    })
    return { text: renderRun(result), json: result, exit: EXIT.done }
  },
}
