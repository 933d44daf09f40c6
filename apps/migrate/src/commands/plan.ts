import { EXIT, maskAll, planScript, preview } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { renderPlan } from '../render/plan.ts'

export const plan: Command = {
  name: 'plan',
  usage: 'plan [target] [--down] [--sql]',
  summary:
    'what up (or down) would do, lock, and lose, segment by segment; without DATABASE_URL: from an empty database',
  options: { sql: { type: 'boolean' }, down: { type: 'boolean' } },
  takes: [0, 1],
  async run({ args, project, connection, flags, environment }) {
    const direction = flags.down === true ? 'down' : 'up'
    const [target = direction === 'up' ? 'head' : 'base'] = args
    const where = environment.databaseUrl === undefined ? undefined : connection()
    const previewed = await preview(project, where, { direction, target })
    if (flags.sql === true) {
      const sql = planScript(previewed.plan, previewed.ledger)
      return { text: sql, json: { sql }, exit: EXIT.done }
    }
    const { plan: planned, hash, facts } = previewed
    const command = ['migrate', direction, ...args].join(' ')
    return {
      // Before it is rendered: a statement that speaks of a secret must not blank the literals of all others.
      text: renderPlan(maskAll(previewed), command),
      json: maskAll({ ...planned, hash, ...(facts && { facts }) }),
      exit: EXIT.done,
    }
  },
}
