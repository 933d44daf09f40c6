import { Argument, InvalidArgumentError, Option } from 'commander'
import type { PurgeRequest } from '../../archive/manage.ts'
import { EXIT } from '../../errors/entry.ts'
import { failure, type MigratorError } from '../../errors/index.ts'
import type { Command, CommandGroup } from '../command.ts'
import { LOOKING } from '../exits.ts'
import { DATABASE_OPTIONS, RUN_OPTIONS } from '../options.ts'

const list: Command<'archive list'> = {
  name: 'list',
  summary: 'what is in the archive, an entry a line',
  arguments: [],
  options: DATABASE_OPTIONS,
  examples: [['', 'entries with their numbers, rows and sizes']],
  exits: LOOKING,
  async run({ project, database }) {
    const { listArchive } = await import('../../archive/manage.ts')
    const { renderArchive } = await import('../render/archive.ts')
    const entries = await listArchive(project, database())
    return { text: renderArchive(entries), json: entries, exit: EXIT.done }
  },
}

const restore: Command<'archive restore'> = {
  name: 'restore',
  summary: 'put the rows or values of an entry back',
  description:
    'Migrations that are applied again restore by themselves; this is for what they left.',
  arguments: [new Argument('<id>', 'the number of the entry, which archive list prints')],
  options: RUN_OPTIONS,
  examples: [['3', 'restore entry 3']],
  exits: [...LOOKING, 'locked', 'blocked'],
  async run({ args: [id = ''], project, database }) {
    const { restoreFromArchive } = await import('../../archive/manage.ts')
    const { renderRestored } = await import('../render/archive.ts')
    const returned = await restoreFromArchive(project, database(), id)
    return { text: renderRestored(returned), json: returned, exit: EXIT.done }
  },
}

interface PurgeFlags {
  readonly all?: true
  readonly olderThan?: number
  readonly rows?: PurgeRequest['rows']
  readonly yes?: true
}

const purge: Command<'archive purge', PurgeFlags> = {
  name: 'purge',
  summary: 'delete from the archive, for good',
  arguments: [
    new Argument('[id...]', 'the numbers of entries').default(undefined, 'those that options name'),
  ],
  options: [
    new Option('--all', 'every entry').conflicts(['olderThan', 'rows']),
    new Option('--older-than <days>', 'entries that are older, like 30d').argParser(days),
    new Option(
      '--rows <table.column=value>',
      'only the rows with this value, such as those of one person',
    ).argParser(parseRows),
    new Option('--yes', 'do it; without it the entries are only listed'),
    ...RUN_OPTIONS,
  ],
  examples: [
    ['--older-than 90d --yes', 'what nobody has missed for three months'],
    ['--rows person.id=7 --yes', 'what the archive has of one person'],
  ],
  exits: [...LOOKING, 'locked', 'blocked'],
  async run({ args, project, database, flags }) {
    const { all = false, olderThan, rows, yes = false } = flags
    const isChosen = args.length > 0 || olderThan !== undefined || rows !== undefined
    if (isChosen === all) throw unchosen()
    const { purgeArchive } = await import('../../archive/manage.ts')
    const { renderPurged } = await import('../render/archive.ts')
    const entries = await purgeArchive(project, database(), {
      ids: args,
      yes,
      ...(olderThan !== undefined && { olderThan }),
      ...(rows && { rows }),
    })
    return { text: renderPurged(entries), json: entries, exit: EXIT.done }
  },
}

export const archive: CommandGroup = {
  name: 'archive',
  summary: 'what going back has taken away: list, restore or purge it',
  commands: [list, restore, purge],
}

/** Nothing named must not mean everything. */
function unchosen(): MigratorError {
  const command = 'archive'
  const purge = { command, args: ['purge'] } as const
  return failure('PROJECT_INVALID', {
    reason: 'archive purge: name what goes. Nothing was deleted.',
    next: [
      { command, args: ['list'], why: 'To see the entries and their numbers' },
      { command, args: ['purge', 'ID'], why: 'For one entry' },
      { ...purge, options: { olderThan: '30d' }, why: 'For those that are older' },
      { ...purge, options: { rows: 'TABLE.COLUMN=VALUE' }, why: 'For the rows of one person' },
      { ...purge, options: { all: true }, why: 'For every entry' },
    ],
  })
}

function days(value: string): number {
  const count = /^(\d+)d$/.exec(value)?.[1]
  if (count === undefined) throw new InvalidArgumentError('It must be a number of days, like 30d.')
  return Number(count) * 86_400_000
}

function parseRows(given: string): PurgeRequest['rows'] {
  const [, table, column, value] = /^(.+)\.([^.=]+)=(.*)$/s.exec(given) ?? []
  if (table === undefined || column === undefined || value === undefined) {
    throw new InvalidArgumentError('It must name a column and a value, like jobs.id=7.')
  }
  return { table, column, value }
}
