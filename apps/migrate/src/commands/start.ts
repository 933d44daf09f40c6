import { EXIT, run } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { PLAN_HASH_OPTION, planHashOf } from '../plan-hash.ts'
import { renderRun } from '../render/run.ts'

export const start: Command = {
  name: 'start',
  usage: 'start [--plan-hash HASH]',
  summary: 'wait for the database, apply what is pending, seed: the job of the container',
  options: PLAN_HASH_OPTION,
  takes: [0, 0],
  async run({ project, connection, environment, flags }) {
    const result = await run(project, connection({ wait: environment.wait }), {
      direction: 'up',
      target: 'head',
      seed: 'if-changed',
      ...planHashOf(flags),
    })
    return { text: renderRun(result), json: result, exit: EXIT.done }
  },
}
