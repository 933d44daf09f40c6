import { createTestDatabase, hasTime, type TestDatabase } from '@techfacts/postgres/testing'
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { mikroOrmProject } from '../../mikro-orm/project.ts'
import { migrate, migrateProcess } from '../../testing/cli.ts'
import { recordExpectedCatalogs } from '../../testing/expected-catalogs.ts'
import {
  scratchProject,
  type ScratchMigration,
  type ScratchProject,
} from '../../testing/scratch-project.ts'

const FIRST: ScratchMigration = {
  up: ['create table a (id int primary key, t text not null)'],
  down: ['drop table a'],
}
const HONEST: ScratchMigration = {
  up: [`alter table a add column n int not null default 1`],
  down: ['alter table a drop column n'],
}
const LIAR: ScratchMigration = {
  up: ['alter table a add column n int', 'create index a_t on a (t)'],
  down: ['alter table a drop column n'],
}
const BARREN: ScratchMigration = {
  up: ['create table b (n int not null check (n * n < 0))'],
  down: ['drop table b'],
}
const ON_BARREN: ScratchMigration = {
  up: ['alter table b add column m int'],
  down: ['alter table b drop column m'],
}

let server: TestDatabase
beforeAll(async () => {
  server = await createTestDatabase()
})
afterAll(() => server.drop())

let project: ScratchProject
beforeEach(async () => {
  project = await scratchProject({ Migration1: FIRST })
})
afterEach(() => project.drop())

async function add(migrations: Readonly<Record<string, ScratchMigration>>): Promise<void> {
  for (const [name, migration] of Object.entries(migrations)) await project.write(name, migration)
  await project.lock()
  await recordExpectedCatalogs(mikroOrmProject(project.config))
}

const verify = (...args: string[]) =>
  migrate(['verify', ...args, '--config', project.config, '--scratch-url', server.url])

const git = (...args: string[]) =>
  promisify(execFile)('git', args, { cwd: dirname(project.config) })

test('without a name, what the revision does not have is verified: a line each', async () => {
  await git('init', '-q', '-b', 'main')
  await git('add', '-A')
  await git('-c', 'user.name=t', '-c', 'user.email=t@localhost', 'commit', '-qm', 'first')
  expect(await verify('--onto', 'main')).toEqual({
    exit: 0,
    stderr: '',
    stdout: 'No migration to verify: all are released.\n',
  })
  await add({ Migration2: HONEST })
  const { exit, stdout } = await verify('--onto', 'main')
  expect([exit, stdout]).toEqual([
    0,
    expect.stringMatching(/^Migration2: holds \(\d+ ms.*\)\nVerified: 1 migration\.\n$/),
  ])
  const unknown = await verify('--onto', 'nowhere')
  expect(unknown).toMatchObject({ exit: 2, stderr: expect.stringContaining('--onto REVISION') })
})

test.runIf(hasTime())('a migration, a range and the rest after one can be named', async () => {
  await add({ Migration2: HONEST, Migration3: BARREN })
  const names = async (which: string) => {
    const { stdout } = await verify(which, '--json')
    const { migrations } = JSON.parse(stdout)
    return migrations.map(({ name }: { readonly name: string }) => name)
  }
  expect(await names('Migration2')).toEqual(['Migration2'])
  expect(await names('Migration1..Migration2')).toEqual(['Migration1', 'Migration2'])
  expect(await names('Migration2..')).toEqual(['Migration2', 'Migration3'])
  expect(await verify('Migration3..Migration2')).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('Migration3 comes after Migration2'),
  })
})

test('a lie ends with exit 6, and says what was said, what happened and what to do', async () => {
  await add({ Migration2: LIAR })
  const { exit, stdout } = await verify('Migration2')
  expect([exit, stdout]).toEqual([
    6,
    expect.stringContaining(`  down, schema: index public.a_t
    said: the schema before up has no such index
    happened: it is there
    do: Write down as the mirror of up.
`),
  ])
  const printed = await verify('Migration2', '--json')
  expect(JSON.parse(printed.stdout)).toMatchObject({
    exit: 6,
    migrations: [{ verdict: 'faulty', faults: [{ cause: 'schema', object: 'index public.a_t' }] }],
  })
})

test.runIf(hasTime())(
  'a table for which no row is found leaves what changes it unproved: exit 3',
  async () => {
    await add({ Migration2: BARREN, Migration3: ON_BARREN })
    const { exit, stdout } = await verify('Migration2..')
    expect([exit, stdout]).toEqual([
      3,
      expect.stringMatching(
        /Migration2: holds.*\nMigration3: unproved.*\n {2}unproved: public\.b: it has no rows: .*\nUnproved: 1 of 2 migrations\.\n$/,
      ),
    ])
  },
)

test.runIf(hasTime())('what was not recorded is unproved', async () => {
  await project.write('Migration2', HONEST)
  await project.lock()
  const { exit, stdout } = await verify('Migration2')
  expect([exit, stdout]).toEqual([
    3,
    expect.stringContaining('run: migrate hash --scratch-url URL'),
  ])
})

test.runIf(hasTime())('rows of the project are put in, and what requires them runs', async () => {
  const requires = `requires() { return [{ query: "select count(*) = 0 as ok from a where t <> 'good'", says: 'All are good.' }] }`
  await add({ Migration2: { ...HONEST, members: requires } })
  const unproved = await verify('Migration2')
  expect([unproved.exit, unproved.stdout]).toEqual([3, expect.stringContaining('All are good.')])
  const folder = join(dirname(project.config), 'migrations/tests')
  await mkdir(folder)
  await writeFile(
    join(folder, 'Migration2.ts'),
    `export async function before(client) { await client.query("update a set t = 'good'") }
     export async function after(client) {
       const { rows } = await client.query('select n from a')
       if (rows.some(({ n }) => n !== 1)) throw new Error('not 1')
     }`,
  )
  expect(await verify('Migration2')).toMatchObject({ exit: 0 })
  await writeFile(join(folder, 'fixtures.sql'), 'insert into a values (1)')
  expect(await verify('Migration2')).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('fixtures.sql'),
  })
})

test.runIf(hasTime())(
  'with a server that it has started, the process ends with the same exit code',
  async () => {
    await add({ Migration2: LIAR })
    const args = ['verify', 'Migration2', '--config', project.config, '--scratch-url', 'embedded']
    const { exit, stderr } = await migrateProcess(args, {})
    expect([exit, stderr]).toEqual([6, ''])
  },
  60_000,
)
