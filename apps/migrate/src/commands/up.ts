import { EXIT, run } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { renderRun } from '../render/run.ts'

export const up: Command = {
  name: 'up',
  usage: 'up [target]',
  summary: 'apply pending migrations, as far as the target (a name, a unique prefix, +N, head)',
  options: {},
  takes: [0, 1],
  async run({ args: [target = 'head'], project, connection }) {
    const result = await run(project, connection(), { direction: 'up', target })
    return { text: renderRun(result), json: result, exit: EXIT.done }
  },
}
