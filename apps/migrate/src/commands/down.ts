import { EXIT, run } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { renderRun } from '../render/run.ts'

export const down: Command = {
  name: 'down',
  usage: 'down <target>',
  summary: 'revert migrations back to the target, which stays applied (a name, a prefix, -N, base)',
  options: {},
  takes: [1, 1],
  async run({ args: [target = ''], project, connection }) {
    const result = await run(project, connection(), { direction: 'down', target })
    return { text: renderRun(result), json: result, exit: EXIT.done }
  },
}
