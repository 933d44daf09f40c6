import { EXIT, run } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { ALLOW_DRIFT, PLAN_HASH, runOptions } from '../run-options.ts'
import { renderRun } from '../render/run.ts'

export const up: Command = {
  name: 'up',
  usage: 'up [target] [--plan-hash HASH] [--allow-drift REASON]',
  summary: 'apply pending migrations, as far as the target (a name, a unique prefix, +N, head)',
  options: { ...PLAN_HASH, ...ALLOW_DRIFT },
  takes: [0, 1],
  async run({ args: [target = 'head'], project, connection, flags }) {
    const request = { direction: 'up', target, ...runOptions(flags) } as const
    const result = await run(project, connection(), request)
    return { text: renderRun(result), json: result, exit: EXIT.done }
  },
}
