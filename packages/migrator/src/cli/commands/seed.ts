import { EXIT } from '../../errors/entry.ts'
import type { Command } from '../command.ts'
import { CHANGING } from '../exits.ts'
import { RUN_OPTIONS } from '../options.ts'
import { renderRun } from '../render/run.ts'

export const seed: Command<'seed'> = {
  name: 'seed',
  summary: 'run the seeders, whether or not they have changed',
  description: 'The database must be at head. The seeders run in one transaction.',
  arguments: [],
  options: RUN_OPTIONS,
  examples: [['', 'insert seeded rows again that were deleted']],
  exits: CHANGING,
  async run({ project, database, word }) {
    const { run } = await import('../../run/index.ts')
    const request = { direction: 'up', target: '+0', seed: 'always' } as const
    const result = await run(project, database(), request)
    return { text: renderRun(result, word), json: result, exit: EXIT.done }
  },
}
