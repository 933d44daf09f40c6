import { EXIT, run } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { PLAN_HASH_OPTION, planHashOf } from '../plan-hash.ts'
import { renderRun } from '../render/run.ts'

export const up: Command = {
  name: 'up',
  usage: 'up [target] [--plan-hash HASH]',
  summary: 'apply pending migrations, as far as the target (a name, a unique prefix, +N, head)',
  options: PLAN_HASH_OPTION,
  takes: [0, 1],
  async run({ args: [target = 'head'], project, connection, flags }) {
    const request = { direction: 'up', target, ...planHashOf(flags) } as const
    const result = await run(project, connection(), request)
    return { text: renderRun(result), json: result, exit: EXIT.done }
  },
}
