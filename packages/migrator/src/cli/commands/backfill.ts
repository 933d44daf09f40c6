import { Argument } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import type { Call, Command, CommandGroup, Outcome } from '../command.ts'
import { CHANGING, LOOKING } from '../exits.ts'
import { DATABASE_OPTIONS, RUN_OPTIONS } from '../options.ts'

const MIGRATION = new Argument(
  '[migration]',
  'the name of a migration, or a unique prefix of it',
).default(undefined, 'every backfill that was begun')

const run: Command<'backfill run'> = {
  name: 'run',
  summary: 'work on backfills that were begun, beside others, until they are done',
  description:
    'It begins none: up does. Run it several times for several workers; a row is done by one of them.',
  arguments: [MIGRATION],
  options: RUN_OPTIONS,
  examples: [['', 'share the work of the up that is at it, or finish what it has left']],
  exits: CHANGING,
  async run(call) {
    const { shareBackfills } = await import('../../run/share-backfills.ts')
    const { renderShared } = await import('../render/backfill.ts')
    const shared = await shareBackfills(call.project, call.database(), await readName(call))
    return { text: renderShared(shared), json: shared, exit: EXIT.done }
  },
}

const status: Command<'backfill status'> = {
  name: 'status',
  summary: 'how far backfills have come, and what slows them',
  arguments: [],
  options: DATABASE_OPTIONS,
  examples: [['', 'rows, time left, and what a worker measures each second']],
  exits: LOOKING,
  async run({ project, database }) {
    const { listBackfills } = await import('../../inspect/backfills.ts')
    const { renderBackfills } = await import('../render/backfill.ts')
    const backfills = await listBackfills(project, database())
    return { text: renderBackfills(backfills), json: backfills, exit: EXIT.done }
  },
}

const pause: Command<'backfill pause'> = {
  name: 'pause',
  summary: 'stop backfills after the batch that they are at; what they have done stays',
  arguments: [MIGRATION],
  options: DATABASE_OPTIONS,
  examples: [['', 'pause all of them: up and workers end with exit 3']],
  exits: LOOKING,
  run: (call) => setPaused(call, true),
}

const resume: Command<'backfill resume'> = {
  name: 'resume',
  summary: 'let paused backfills go on: by up, or by run',
  arguments: [MIGRATION],
  options: DATABASE_OPTIONS,
  examples: [['', 'resume all of them']],
  exits: LOOKING,
  run: (call) => setPaused(call, false),
}

export const backfill: CommandGroup = {
  name: 'backfill',
  summary: 'rows that are changed in batches: work on them, see how far they are, pause, resume',
  commands: [run, status, pause, resume],
}

async function setPaused(call: Call<never>, isPaused: boolean): Promise<Outcome<string[]>> {
  const { pauseBackfills } = await import('../../inspect/backfills.ts')
  const { renderPaused } = await import('../render/backfill.ts')
  const migration = await readName(call)
  const names = await pauseBackfills(call.project, call.database(), { migration, isPaused })
  return { text: renderPaused(names, isPaused, call.word), json: names, exit: EXIT.done }
}

/** A backfill may have been squashed since it was begun. Throws TARGET_UNKNOWN. */
async function readName({ args: [typed], project }: Call<never>): Promise<string | undefined> {
  if (typed === undefined) return undefined
  const { findMigration } = await import('../find-migration.ts')
  const { openProject } = await import('../../project/open.ts')
  const { squashed = [] } = (await openProject(project)).manifest
  return findMigration(
    project,
    typed,
    squashed.map(({ name }) => name),
  )
}
