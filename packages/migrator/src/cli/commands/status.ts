import { Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import type { Command } from '../command.ts'
import { LOOKING } from '../exits.ts'
import { DATABASE_OPTIONS } from '../options.ts'

export const status: Command<'status', { readonly all?: true; readonly exitCode?: true }> = {
  name: 'status',
  summary: 'what is applied, pending, half done or in doubt',
  description: 'It takes no lock, so that it answers while a run is at work.',
  arguments: [],
  options: [
    new Option('--all', 'list the migrations that are applied, too'),
    new Option('--exit-code', 'exit 5 where something is pending, 6 where up would refuse'),
    ...DATABASE_OPTIONS,
  ],
  examples: [
    ['', 'how far this database is'],
    ['--exit-code', 'for a script that waits until nothing is pending'],
  ],
  exits: [...LOOKING, 'pending'],
  async run({ project, database, flags, word }) {
    const { status: readStatus } = await import('../../inspect/status.ts')
    const { renderStatus } = await import('../render/status.ts')
    const result = await readStatus(project, database())
    const exit = result.outOfOrder === undefined ? EXIT.pending : EXIT.integrity
    const isBehind = flags.exitCode === true && result.pending > 0
    return {
      text: renderStatus(result, flags.all === true, word),
      json: result,
      exit: isBehind ? exit : EXIT.done,
    }
  },
}
