import { EXIT } from '../../errors/entry.ts'
import type { WordStep } from '../../errors/next-step.ts'
import type { Command } from '../command.ts'
import { CHANGING } from '../exits.ts'
import { RUN_OPTIONS } from '../options.ts'
import { renderRun } from '../render/run.ts'

export const seed: Command<'seed'> = {
  name: 'seed',
  summary: 'merge reference data and run the seeders, whether or not they have changed',
  description:
    'The database must be at head. All of it is one transaction. Reference data that was deleted is inserted again; what was edited stays.',
  arguments: [],
  options: RUN_OPTIONS,
  examples: [['', 'insert seeded rows again that were deleted']],
  exits: CHANGING,
  async run({ project, database, word }) {
    const { run } = await import('../../run/index.ts')
    const request = { direction: 'up', target: '+0', seed: 'always' } as const
    const result = await run(project, database(), request)
    const text = result.seeded ? renderRun(result, word) : renderNone(word)
    return { text, json: result, exit: EXIT.done }
  },
}

/** The folder is known by the manifest alone: one that was made since is not seen. */
function renderNone(word: WordStep): string {
  return `Nothing was seeded: the manifest names no folder of seeders. Where there is one, record it: ${word({ command: 'hash' })}\n`
}
