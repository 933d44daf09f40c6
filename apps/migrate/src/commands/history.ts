import { EXIT, history as readHistory } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { renderHistory } from '../render/history.ts'

export const history: Command = {
  name: 'history',
  usage: 'history',
  summary: 'the journal: what ran, when, by whom, how long',
  options: {},
  takes: [0, 0],
  async run({ project, connection }) {
    const entries = await readHistory(project, connection())
    return { text: renderHistory(entries), json: entries, exit: EXIT.done }
  },
}
