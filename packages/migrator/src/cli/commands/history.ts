import { EXIT } from '../../errors/entry.ts'
import type { Command } from '../command.ts'
import { LOOKING } from '../exits.ts'
import { DATABASE_OPTIONS } from '../options.ts'
import { renderHistory } from '../render/history.ts'

export const history: Command<'history'> = {
  name: 'history',
  summary: 'the journal: what ran, when, by whom, how long',
  arguments: [],
  options: DATABASE_OPTIONS,
  examples: [['', 'every event, the oldest first']],
  exits: LOOKING,
  async run({ project, database }) {
    const { history: readHistory } = await import('../../inspect/history.ts')
    const entries = await readHistory(project, database())
    return { text: renderHistory(entries), json: entries, exit: EXIT.done }
  },
}
