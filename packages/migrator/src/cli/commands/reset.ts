import { EXIT } from '../../errors/entry.ts'
import type { Command } from '../command.ts'
import { CHANGING } from '../exits.ts'
import { RUN_OPTIONS } from '../options.ts'
import { renderRun } from '../render/run.ts'

export const reset: Command<'reset'> = {
  name: 'reset',
  summary: 'revert everything, apply it again and seed, on a disposable database only',
  description: `A database is disposable where its owner says so: alter database NAME set "migrator.disposable" = 'on'. Any other is refused. The rows are lost for good.`,
  arguments: [],
  options: RUN_OPTIONS,
  examples: [['', 'begin again with the database of your development']],
  exits: CHANGING,
  async run({ project, database, word }) {
    const { reset: resetDatabase } = await import('../../run/reset.ts')
    const { reverted, applied } = await resetDatabase(project, database())
    const text = `${renderRun(reverted, word)}${renderRun(applied, word)}`
    return { text, json: { reverted, applied }, exit: EXIT.done }
  },
}
