import { EXIT, planScript, preview } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { renderPlan } from '../render/plan.ts'

export const plan: Command = {
  name: 'plan',
  usage: 'plan [target] [--down] [--sql]',
  summary:
    'what up (or down) would do, segment by segment; without DATABASE_URL: from an empty database',
  options: { sql: { type: 'boolean' }, down: { type: 'boolean' } },
  takes: [0, 1],
  async run({ args, project, connection, flags, environment }) {
    const direction = flags.down === true ? 'down' : 'up'
    const [target = direction === 'up' ? 'head' : 'base'] = args
    const where = environment.databaseUrl === undefined ? undefined : connection()
    const { plan: planned, ledger } = await preview(project, where, { direction, target })
    const script = planScript(planned, ledger)
    return {
      text: flags.sql === true ? script : renderPlan(planned),
      json: flags.sql === true ? { sql: script } : planned,
      exit: EXIT.done,
    }
  },
}
