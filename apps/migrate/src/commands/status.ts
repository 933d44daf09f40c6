import { EXIT, status as readStatus } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { renderStatus } from '../render/status.ts'

export const status: Command = {
  name: 'status',
  usage: 'status [--exit-code]',
  summary: 'what is applied, pending, half done or in doubt; with --exit-code 5 where something is',
  options: { 'exit-code': { type: 'boolean' } },
  takes: [0, 0],
  async run({ project, connection, flags }) {
    const result = await readStatus(project, connection())
    const exit = result.outOfOrder === undefined ? EXIT.pending : EXIT.integrity
    const isBehind = flags['exit-code'] === true && result.pending > 0
    return { text: renderStatus(result), json: result, exit: isBehind ? exit : EXIT.done }
  },
}
