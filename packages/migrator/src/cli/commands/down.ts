import { Argument, Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import type { Command } from '../command.ts'
import { CHANGING } from '../exits.ts'
import { each, PLAN_HASH, RUN_OPTIONS, type PlanFlags } from '../options.ts'
import { renderRun } from '../render/run.ts'

interface Flags extends PlanFlags {
  readonly yes?: true
  readonly lose?: readonly string[]
}

export const down: Command<'down', Flags> = {
  name: 'down',
  summary: 'revert migrations back to a target, which stays applied',
  description:
    'What going back takes away is counted, kept in the archive, and restored when the migrations are applied again. Without --yes it is only listed, unless the database is disposable.',
  arguments: [
    new Argument(
      '<target>',
      'how far back: a name, a unique prefix of one, -N, head, or base for all',
    ),
  ],
  options: [
    new Option('--yes', 'go on although rows or columns go into the archive'),
    new Option(
      '--lose <table[.column]>',
      'lose for good what the archive cannot keep of this table or column; may be given several times',
    ).argParser(each),
    PLAN_HASH,
    ...RUN_OPTIONS,
  ],
  examples: [
    ['-1', 'revert the newest migration'],
    ['Migration20260101000000', 'revert all that came after this one'],
    ['base --yes', 'revert everything, and keep the rows in the archive'],
  ],
  exits: CHANGING,
  async run({ args: [target = ''], project, database, flags, word }) {
    const { run } = await import('../../run/index.ts')
    const { yes = false, lose = [], planHash } = flags
    const result = await run(project, database(), {
      direction: 'down',
      target,
      yes,
      lose,
      ...(planHash !== undefined && { planHash }),
    })
    return { text: renderRun(result, word), json: result, exit: EXIT.done }
  },
}
