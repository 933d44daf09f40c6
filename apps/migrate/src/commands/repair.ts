import { EXIT, failure, settle } from '@techfacts/migrator'
import type { Command } from '../command.ts'

export const repair: Command = {
  name: 'repair',
  usage: 'repair <migration> --applied | --not-applied',
  summary: 'settle a segment that is in doubt, after having looked',
  options: { applied: { type: 'boolean' }, 'not-applied': { type: 'boolean' } },
  takes: [1, 1],
  async run({ args: [name = ''], project, connection, flags }) {
    const tookEffect = flags.applied === true
    if (tookEffect === (flags['not-applied'] === true)) {
      throw failure('PROJECT_INVALID', { reason: 'repair: say either --applied or --not-applied.' })
    }
    await settle(project, connection(), name, tookEffect)
    const text = `Recorded: the segment of ${name} ${tookEffect ? 'took effect' : 'did not take effect'}. Now run: migrate up\n`
    return { text, json: { migration: name, tookEffect }, exit: EXIT.done }
  },
}
