import { EXIT, run } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { renderRun } from '../render/run.ts'

export const seed: Command = {
  name: 'seed',
  usage: 'seed',
  summary: 'run the seeders, whether or not they have changed; the database must be at head',
  options: {},
  takes: [0, 0],
  async run({ project, connection }) {
    const result = await run(project, connection(), {
      direction: 'up',
      target: '+0',
      seed: 'always',
    })
    return { text: renderRun(result), json: result, exit: EXIT.done }
  },
}
