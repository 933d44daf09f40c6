import { Argument, Option } from 'commander'
import type { Command } from '../command.ts'
import { LOOKING } from '../exits.ts'
import { DATABASE_OPTIONS } from '../options.ts'

export const plan: Command<'plan', { readonly down?: true; readonly sql?: true }> = {
  name: 'plan',
  summary: 'what up or down would run, lock and lose, segment by segment',
  description:
    'It changes nothing and takes no lock. Without a database URL the plan is that of an empty database.',
  arguments: [
    new Argument('[target]', 'how far, as up and down take it').default(
      undefined,
      'head, with --down base',
    ),
  ],
  options: [
    new Option('--down', 'the way back'),
    new Option('--sql', 'print a script for psql, the bookkeeping included'),
    ...DATABASE_OPTIONS,
  ],
  examples: [
    ['', 'what up would do, with the hash that up --plan-hash takes'],
    ['--down -1', 'what going back by one migration would take away'],
    ['--sql > review.sql', 'a script that a person can read and run'],
  ],
  exits: LOOKING,
  async run(call) {
    const { printPlan, printScript } = await import('./preview-plan.ts')
    const direction = call.flags.down ? 'down' : 'up'
    const [target = direction === 'up' ? 'head' : 'base'] = call.args
    const asked = { direction, target } as const
    return call.flags.sql ? printScript(call, asked) : printPlan(call, asked)
  },
}
