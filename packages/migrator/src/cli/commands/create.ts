import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { Argument, Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import { failure } from '../../errors/index.ts'
import type { Call, Command, Outcome } from '../command.ts'
import { gitIfAny } from '../git.ts'
import { DATABASE_OPTIONS, each, RECORD_ON } from '../options.ts'
import type { CreateOptions, Project } from '../../project/project.ts'
import type { CreateOutput } from '../output.ts'

interface Flags {
  readonly blank?: true
  readonly rename?: readonly string[]
  readonly drop?: readonly string[]
  readonly fill?: readonly string[]
  readonly inPlace?: true
  readonly undo?: true
}

export const create: Command<'create', Flags> = {
  name: 'create',
  summary: 'generate a migration from what has changed in the entities',
  description:
    'It compares with the snapshot beside the migrations, or with the database where a project keeps none (the first migration with nothing, where no database is named), and adds the file to the manifest. What it writes is in its safe form: indexes CONCURRENTLY, constraints validated afterwards, a type that rewrites its table by a copy of the column, and what must hold before is counted first. What the previous release of the application does not survive is in a second file, and so are copied columns. Read it, and run hash after every edit.',
  arguments: [new Argument('[name]', 'a part of the name of the file').default(undefined, 'none')],
  options: [
    new Option('--blank', 'an empty migration, whatever has changed'),
    new Option(
      '--rename <old:new>',
      'what has another name now: a table, a column as table.old:new, or a label as enum.old:new; or a column that has moved, as table.old:other.new; may be given several times',
    ).argParser(each),
    new Option(
      '--drop <name>',
      'what is gone for good: a table, a column as table.column, or a label as enum.label; may be given several times',
    ).argParser(each),
    new Option(
      '--fill <table.column=expression>',
      'what a column gets in the rows that are there, and in those that another release writes, as SQL; may be given several times',
    ).argParser(each),
    new Option(
      '--in-place',
      'change what the previous release knows at once, when it is gone, and not beside it',
    ),
    new Option(
      '--undo',
      'remove the newest migration, and what was created with it, where none of it is applied or committed',
    ),
    RECORD_ON,
    ...DATABASE_OPTIONS,
  ],
  examples: [
    ['add-author', 'write what has changed in the entities'],
    ['--rename book.writer:author', 'the column has another name, and its data moves with it'],
    ['--undo', 'remove what was just created'],
  ],
  exits: ['failed', 'refused', 'integrity'],
  async run(call) {
    return call.flags.undo ? undo(call) : write(call)
  },
}

async function write(call: Call<Flags>): Promise<Outcome<CreateOutput>> {
  const { project, word } = call
  const { proveOnScratch, renderRecorded } = await import('../record.ts')
  const { describeUnmade } = await import('../../inspect/unmade.ts')
  const { createMigration } = await import('../../project/create.ts')
  const { renderPhase } = await import('../render/phase.ts')
  const options = await readOptions(call)
  const made = await createMigration(project, options, () => proveOnScratch(call))
  if (made === undefined) {
    const schema = existsSync(project.manifestPath) ? await proveOnScratch(call) : null
    const unmade = describeUnmade(schema?.entities)
    const text = unmade === '' ? describeNothing(call) : `${describeNothing(call)}${unmade}\n`
    return { text, json: { created: null, schema }, exit: EXIT.done }
  }
  const { path, recorded: schema = null, ...written } = made
  const { others = [], contractsBefore = [] } = written
  const unmade = describeUnmade(schema?.entities)
  const lines = [
    `Wrote ${path}`,
    ...renderPhase(written),
    ...others.flatMap((one) => [`Wrote ${one.path}`, ...renderPhase(one)]),
    ...renderRecorded(schema),
    ...(unmade === '' ? [] : [unmade]),
    ...renderOrder(contractsBefore, word({ command: 'rebase' })),
    `Read it. After every edit, run: ${word({ command: 'hash' })}`,
  ]
  return {
    text: `${lines.join('\n')}\n`,
    json: { created: path, ...written, schema },
    exit: EXIT.done,
  }
}

/** Without a manifest there is nothing that any other command could begin with. */
function describeNothing({ project, word }: Call<Flags>): string {
  const blank = word({ command: 'create', options: { blank: true } })
  const start = existsSync(project.manifestPath)
    ? ''
    : `It compared with the snapshot beside the migrations, or else with the database. For a first migration that makes all of it, run this without either.\nTo begin with an empty one, run: ${blank}\n`
  return `Nothing has changed in the entities; no migration was written.\n${start}`
}

async function readOptions({
  args: [name],
  project,
  flags,
  database,
  environment: { databaseUrl },
}: Call<Flags>): Promise<CreateOptions> {
  const { withConnection } = await import('../../session/connect.ts')
  return {
    name,
    blank: flags.blank === true,
    renames: flags.rename ?? [],
    drops: flags.drop ?? [],
    fills: flags.fill ?? [],
    ...(!flags.inPlace && { released: await listReleased(project) }),
    ...(databaseUrl !== undefined && {
      withDatabase: (work) => withConnection(database(), work),
    }),
  }
}

function renderOrder(contractsBefore: readonly string[], rebase: string | undefined): string[] {
  if (contractsBefore.length === 0) return []
  return [
    `It runs after contract steps: ${contractsBefore.join(', ')}. Where they are not released, place them last: ${rebase}`,
  ]
}

async function undo({
  project,
  environment,
  database,
}: Call<Flags>): Promise<Outcome<CreateOutput>> {
  const { undoCreate } = await import('../../project/undo-create.ts')
  const { readState } = await import('../../journal/state.ts')
  const { isHalfDone } = await import('../../plan/progress.ts')
  const { openSegments } = await import('../../run/leftovers.ts')
  const { withConnection } = await import('../../session/connect.ts')
  // Without one nobody knows whether it is applied.
  if (environment.databaseUrl === undefined) throw failure('URL_MISSING')
  const [{ name, path }, ...others] = await undoCreate(project, async ({ name, path }, ledger) => {
    if (await isCommitted(path))
      return { reason: 'it is committed, so that others may have applied it' }
    const state = await withConnection(database(), (client) => readState(client, ledger))
    const isApplied = state.ledger.some((row) => row.name === name)
    const isOpen = openSegments(state).some(({ migration }) => migration === name)
    // What has failed and was rolled back has left nothing.
    if (!isApplied && !isOpen && !isHalfDone(state.unfinished.get(name))) return undefined
    return {
      reason: `in this database it is ${isApplied ? 'applied' : 'begun'}`,
      next: [{ command: 'down', args: ['-1'], why: 'To revert it first' }],
    }
  })
  const text = [path, ...others.map((one) => one.path)].map((one) => `Removed ${one}.\n`).join('')
  const json = { removed: name, path, ...(others.length > 0 && { others }) }
  return { text, json, exit: EXIT.done }
}

/** The migrations that the previous release knows: the newest that is recorded, or else what is committed. */
async function listReleased(project: Project): Promise<ReadonlySet<string>> {
  const { readRecorded } = await import('../../project/manifest-file.ts')
  const recorded = await readRecorded(project.manifestPath)
  const names = recorded?.manifest.migrations.map(({ name }) => name) ?? []
  if (names.length === 0) return new Set()
  const { readReleases } = await import('../../project/releases.ts')
  const newest = (await readReleases(project)).at(-1)
  if (newest) return new Set(names.slice(0, names.indexOf(newest.release.head ?? '') + 1))
  const { manifestPath } = project
  const args = ['show', `HEAD:./${basename(manifestPath)}`]
  const committed = (await gitIfAny(args, dirname(manifestPath))) ?? ''
  return new Set(names.filter((name) => committed.includes(JSON.stringify(name))))
}

/** In the newest commit of its repository; false where there is none, or no git. */
async function isCommitted(path: string): Promise<boolean> {
  const args = ['cat-file', '-e', `HEAD:./${basename(path)}`]
  return (await gitIfAny(args, dirname(path))) !== undefined
}
