import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commandLine, type NextStep } from '../errors/next-step.ts'
import type { Finding } from '../inspect/finding.ts'
import { mikroOrmProject } from '../mikro-orm/project.ts'
import { hashProject } from '../project/hash.ts'
import { migrate } from '../testing/cli.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { query } from '../testing/query.ts'
import { createRole } from '../testing/roles.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

/** What `check` advises is followed, step by step, until nothing is wrong. */

const table = (name: string) => ({
  up: [`create table ${name} (n int)`],
  down: [`drop table ${name}`],
})

let project: ScratchProject
let database: TestDatabase

beforeEach(async () => {
  project = await scratchProject({ Migration2_two: table('two'), Migration4_four: table('four') })
  database = await createTestDatabase()
  await sql(
    `do $$ begin execute format('alter database %I set "migrator.disposable" = off', current_database()); end $$`,
  )
  await cli('up')
})

afterEach(async () => {
  await project.drop()
  await database.drop()
})

const sql = (text: string) => query(database.url, text)
const cli = (...args: readonly string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: database.url })

async function findings(): Promise<Finding[]> {
  await hashProject(mikroOrmProject(project.config))
  await recordExpectedCatalogs(mikroOrmProject(project.config))
  const found: Finding[] = JSON.parse((await cli('check', '--json')).stdout).findings
  return found.filter(({ exit }) => exit !== 'done')
}

/** Steps that change something; the others only show. */
function actions(next: readonly NextStep[] = []): NextStep[] {
  return next.filter(
    (step) =>
      !('command' in step) || step.command === 'up' || step.command === 'down' || step.options,
  )
}

async function follow(step: NextStep): Promise<string> {
  if ('sql' in step) {
    await sql(step.sql)
    return 'sql'
  }
  if (!('command' in step)) throw new Error(`${step.setting} is no action`)
  const { command, args = [], options = {} } = step
  const flags = Object.keys(options).flatMap((name) => {
    const [, flag = '', value = ''] =
      /(--\S+) ?(.*)/.exec(
        commandLine('', { command, options: { [name]: options[name] ?? true } }),
      ) ?? []
    return value === '' ? [flag] : [flag, value]
  })
  const { exit, stderr } = await cli(command, ...args, ...flags)
  expect([exit, stderr]).toEqual([0, expect.anything()])
  return [command, ...args].join(' ')
}

/** Follows the first action of the first finding that has one, until nothing is wrong. */
async function walkOut(): Promise<string[]> {
  const steps: string[] = []
  for (let found = await findings(); found.length > 0; found = await findings()) {
    expect(steps.length).toBeLessThan(6)
    const [step] = found.flatMap(({ next }) => actions(next))
    if (!step) throw new Error(`No way out of: ${JSON.stringify(found)}`)
    steps.push(await follow(step))
  }
  return steps
}

/** Applies a migration of a newer build, whose file is then gone. */
async function applyNewer(): Promise<void> {
  await project.write('Migration5_newer', table('five'))
  await findings()
  await cli('up')
  await project.remove('Migration5_newer')
}

const THEIRS = `insert into mikro_orm_migrations (name) values ('Migration9_theirs'), ('Migration9_it''s')`

test.each(
  briefly([
    ['another tool has recorded a migration', () => sql(THEIRS), ['sql']],
    ['a newer build has applied one', applyNewer, ['down head']],
    [
      'both',
      async () => {
        await applyNewer()
        await sql(THEIRS)
      },
      ['sql', 'down head'],
    ],
    [
      'the ledger lacks one',
      () => sql(`delete from mikro_orm_migrations where name = 'Migration2_two'`),
      ['repair Migration2_two'],
    ],
    [
      'one is pending before another that is applied',
      () => project.write('Migration3_three', table('three')),
      ['down Migration2_two', 'up'],
    ],
  ]),
)('where %s check has one way out, and it leads out', async (_, breakIt, steps) => {
  await breakIt()
  const [first, ...more] = await findings()
  expect(first?.about).toBe('ledger')
  expect(more.flatMap(({ next }) => actions(next))).toEqual([])
  expect(await walkOut()).toEqual(steps)
})

/** The steps of what a command ends with, as they would be typed. */
async function stepsOf(...args: readonly string[]): Promise<string[]> {
  const { error } = JSON.parse((await cli(...args, '--json')).stdout)
  const next: readonly NextStep[] = error.next
  return next.flatMap((step) => ('command' in step ? [commandLine('migrate', step)] : []))
}

const record = () => cli('hash', '--scratch-url', database.url)

test(
  'a migration that was edited after it was applied, and of which nobody has the text, is applied as it is',
  { tags: 'long' },
  async () => {
    const edited = { ...table('four'), up: ['create table four (n int, more text)'] }
    await project.write('Migration4_four', edited)
    await record()
    const steps = await stepsOf('up')
    expect(steps).toEqual([
      'migrate create',
      'migrate hash',
      'migrate down head',
      'migrate hash',
      'migrate up',
      'migrate repair Migration4_four --checksum --reason WHY',
    ])
    await project.remove('Migration4_four')
    expect(await record()).toMatchObject({ exit: 0 })
    expect(await cli('down', 'head')).toMatchObject({ exit: 0 })
    await project.write('Migration4_four', edited)
    expect(await record()).toMatchObject({ exit: 0 })
    expect(await cli('up')).toMatchObject({ exit: 0 })
    expect(await sql('select more from four')).toEqual([])
    expect(await findings()).toEqual([])
  },
)

test(
  'a down that fails leaves the migration applied, and is corrected by what it says',
  { tags: 'long' },
  async () => {
    const five = table('five')
    await project.write('Migration5_five', { ...five, down: ['drop table fives'] })
    await record()
    await cli('up')
    const { exit, stderr } = await cli('down', '-1')
    expect([exit, stderr]).toEqual([
      1,
      expect.stringContaining(
        'This segment was rolled back. Migration5_five is applied as before.',
      ),
    ])
    expect((await stepsOf('down', '-1')).map((step) => step.replace(/--config.*/, '…'))).toEqual([
      'migrate hash',
      'migrate repair Migration5_five --checksum --reason WHY',
      'migrate',
    ])
    await project.write('Migration5_five', five)
    expect(await record()).toMatchObject({ exit: 0 })
    const repaired = await cli('repair', 'Migration5_five', '--checksum', '--reason', 'its down')
    expect(repaired).toMatchObject({ exit: 0 })
    expect(await cli('down', '-1')).toMatchObject({ exit: 0 })
    expect(await sql(`select to_regclass('five') as five`)).toEqual([{ five: null }])
  },
)

test('a role that may only read is told whose the bookkeeping is, not to own it', async () => {
  const role = await createRole(database.url)
  const ask = (...args: string[]) =>
    migrate([...args, '--config', project.config], { DATABASE_URL: role.url })
  try {
    for (const command of ['status', 'check', 'plan', 'down']) {
      const { exit, stderr } = await ask(
        ...(command === 'down' ? ['down', '-1', '--yes'] : [command]),
      )
      expect([command, exit > 0, stderr]).toEqual([
        command,
        true,
        expect.stringMatching(/they belong to postgres\. Connect as postgres\./),
      ])
      expect(stderr).not.toMatch(/owner to/i)
      expect(stderr.includes('run: grant pg_read_all_data to')).toBe(command !== 'down')
    }
    await sql(`grant pg_read_all_data to ${role.name}`)
    for (const command of ['status', 'check', 'plan'])
      expect([command, await ask(command)]).toMatchObject([command, { exit: 0 }])
    const { stderr } = await ask('down', '-1', '--yes')
    expect(stderr).toMatch(/Connect as postgres\.\n$/)
  } finally {
    await role.drop()
  }
})

test('a new project without a migration gets to its first one', async () => {
  const folder = dirname(project.config)
  await rm(join(folder, 'migrations'), { recursive: true })
  await rm(project.manifest)
  await sql('drop schema public, migrator cascade; create schema public')
  const steps = await stepsOf('status')
  expect(steps).toEqual(['migrate create', 'migrate hash'])
  const { stdout } = await cli('create')
  expect(stdout).toMatch(
    /no migration was written\.\n.* run this without either\.\nTo begin with an empty one, run: .* create --blank\n$/,
  )
  const made = await cli('create', '--blank', '--scratch-url', database.url)
  expect([made.exit, made.stderr]).toEqual([0, ''])
  expect(await cli('up')).toMatchObject({ exit: 0 })
  expect(await cli('check')).toMatchObject({ exit: 0 })
})
