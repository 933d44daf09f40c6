import { Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import { failure } from '../../errors/index.ts'
import type { Call, Command } from '../command.ts'
import { SCRATCH } from '../options.ts'
import type { SquashOutput } from '../output.ts'

interface Flags {
  readonly until?: string
}

export const squash: Command<'squash', Flags> = {
  name: 'squash',
  summary: 'make one migration of the first ones, which new databases begin with',
  description:
    'Their statements become one file. What they leave behind on a throw-away database, schema, rows and sequences, is held against what that file leaves behind on another; where anything differs, nothing is changed. Their own files are moved to the folder beside that of the migrations: a database that has applied some of them goes on with the others and then records the squash, and one that has applied all of them records it without running it. The way back goes through them, except on a database that began with the squash, where it is refused.',
  arguments: [],
  options: [
    new Option('--until <migration>', 'the last one to squash; it has to be named'),
    SCRATCH,
  ],
  examples: [
    ['--until 20260101120000', 'everything as far as that migration'],
    ['--until 20260101120000 --scratch-url postgres://localhost', 'on a server of yours'],
  ],
  exits: ['failed', 'refused', 'integrity'],
  async run({ project, flags: { until }, scratchUrl = 'embedded', database, word }) {
    if (until === undefined)
      throw failure('PROJECT_INVALID', { reason: 'squash: name the last migration with --until.' })
    const { squash: squashMigrations } = await import('../../mikro-orm/squash.ts')
    const { lendScratch } = await import('../scratch-server.ts')
    const report = await squashMigrations(
      (work) => work(project),
      until,
      lendScratch(scratchUrl, database),
    )
    return { text: render(report, word), json: report, exit: EXIT.done }
  },
}

function render(
  { path, replaces, folder, statements }: SquashOutput,
  word: Call<Flags>['word'],
): string {
  const [first = ''] = replaces
  const last = replaces.at(-1) ?? ''
  return `wrote ${path}: ${statements} statements of ${replaces.length} migrations, ${first} to ${last}
moved their files to ${folder}
Proved on throw-away databases: schema, rows and sequences are the same.
Commit all of it. Each database records the squash with its next run: ${word({ command: 'up' })}
Keep ${folder} until every database has; code that is to be reverted needs it for longer.
`
}
