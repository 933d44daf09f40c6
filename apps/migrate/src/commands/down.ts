import { EXIT, run } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { PLAN_HASH, runOptions } from '../run-options.ts'
import { renderRun } from '../render/run.ts'

export const down: Command = {
  name: 'down',
  usage: 'down <target> [--yes] [--lose TABLE[.COLUMN]] [--plan-hash HASH]',
  summary: 'revert migrations back to the target, which stays applied (a name, a prefix, -N, base)',
  options: { yes: { type: 'boolean' }, lose: { type: 'string', multiple: true }, ...PLAN_HASH },
  takes: [1, 1],
  async run({ args: [target = ''], project, connection, flags }) {
    const yes = flags.yes === true
    const lose = Array.isArray(flags.lose) ? flags.lose : []
    const request = { direction: 'down', target, yes, lose, ...runOptions(flags) } as const
    const result = await run(project, connection(), request)
    return { text: renderRun(result), json: result, exit: EXIT.done }
  },
}
