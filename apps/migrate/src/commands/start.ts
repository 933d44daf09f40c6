import { EXIT, run } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { renderRun } from '../render/run.ts'

export const start: Command = {
  name: 'start',
  usage: 'start',
  summary: 'wait for the database, apply what is pending, seed: the job of the container',
  options: {},
  takes: [0, 0],
  async run({ project, connection, environment }) {
    const result = await run(project, connection({ wait: environment.wait }), {
      direction: 'up',
      target: 'head',
      seed: 'if-changed',
    })
    return { text: renderRun(result), json: result, exit: EXIT.done }
  },
}
