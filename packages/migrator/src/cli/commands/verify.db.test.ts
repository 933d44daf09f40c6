import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Catalog } from '../../catalog/index.ts'
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

test('a migration, a range and the rest after one can be named', { tags: 'long' }, async () => {
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

test(
  'a lie ends with exit 6, and says what was said, what happened and what to do',
  { tags: 'long' },
  async () => {
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
      migrations: [
        { verdict: 'faulty', faults: [{ cause: 'schema', object: 'index public.a_t' }] },
      ],
    })
  },
)

test(
  'a table for which no row is found leaves what changes it unproved: exit 3',
  { tags: 'long' },
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

test('what was not recorded is unproved', { tags: 'long' }, async () => {
  await project.write('Migration2', HONEST)
  await project.lock()
  const { exit, stdout } = await verify('Migration2')
  expect([exit, stdout]).toEqual([
    3,
    expect.stringContaining('run: migrate hash --scratch-url URL'),
  ])
})

test('rows of the project are put in, and what requires them runs', { tags: 'long' }, async () => {
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

/** Where the project resolves it: a package that prints what it is given. */
async function installReporter(): Promise<void> {
  const folder = join(dirname(project.config), 'node_modules/@techfacts/report')
  await mkdir(folder, { recursive: true })
  const manifest = { name: '@techfacts/report', type: 'module', exports: './index.js' }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await writeFile(
    join(folder, 'index.js'),
    'export default { renderPage: async (proof) => JSON.stringify(proof) }',
  )
}

function countColumns({ objects }: Catalog): number {
  return objects.filter(({ kind }) => kind === 'column').length
}

test(
  'a page is written beside what is printed, with what the migrations are and both schemas',
  { tags: 'long' },
  async () => {
    const allow = `allow = { 'index-blocks-writes': 'It is small.' }`
    await add({ Migration2: { ...LIAR, members: allow } })
    const path = join(dirname(project.config), 'verify.html')
    await installReporter()
    const { exit, stdout, stderr } = await verify('Migration2', '--format', 'sarif', '--html', path)
    expect([exit, stderr]).toEqual([6, `The page: ${path}\n`])
    const { report, migrations, before, after } = JSON.parse(await readFile(path, 'utf8'))
    expect(report).toMatchObject({ migrations: [{ name: 'Migration2', verdict: 'faulty' }] })
    expect(migrations).toMatchObject([
      {
        phase: 'expand',
        allow: { 'index-blocks-writes': 'It is small.' },
        downLoses: ['the column a.n and its values'],
        up: {
          segments: [{ statements: [{ line: 6 }, { line: 7, locks: [{ mode: 'SHARE' }, {}] }] }],
        },
      },
    ])
    expect([countColumns(before), countColumns(after)]).toEqual([2, 3])

    const [{ tool, results }] = JSON.parse(stdout).runs
    expect([tool.driver.name, tool.driver.rules.length]).toEqual(['migrate verify', 1])
    expect(results).toEqual([
      {
        ruleId: 'schema',
        ruleIndex: 0,
        level: 'error',
        message: {
          text: expect.stringContaining('Happened: it is there.\nWrite down as the mirror'),
        },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: expect.stringMatching(/migrations\/Migration2\.ts$/) },
              // No statement of the way back names the index: this is where that begins.
              region: { startLine: 10 },
            },
          },
        ],
        partialFingerprints: { 'finding/v1': expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    ])
  },
)

test('a page that cannot be written is one line, before anything is tried', async () => {
  await installReporter()
  for (const [path, reason] of [
    [join(dirname(project.config), 'none/verify.html'), 'ENOENT'],
    [dirname(project.config), 'EISDIR'],
  ] as const) {
    const { exit, stdout, stderr } = await verify('Migration1', '--html', path)
    expect([exit, stdout, stderr]).toEqual([
      2,
      '',
      `${path} cannot be used (open: ${reason}). Correct its permissions or its place, then run again.\n`,
    ])
  }
  // Nothing is left of one that was not made, lest an older one be taken for it.
  const path = join(dirname(project.config), 'verify.html')
  await writeFile(path, 'older')
  expect(await verify('Migration9', '--html', path)).toMatchObject({ exit: 2 })
  expect(existsSync(path)).toBe(false)
})

test(
  'as Markdown the verdict is first, and the exit code is the same',
  { tags: 'long' },
  async () => {
    await add({ Migration2: BARREN, Migration3: ON_BARREN })
    const { exit, stdout } = await verify('Migration3', '--format', 'markdown')
    expect([exit, stdout]).toEqual([
      3,
      expect.stringMatching(/^<!-- migrate verify -->\n### ⚠️ Unproved: 1 of 1 migration\.\n/),
    ])
  },
)

test(
  'with a server that it has started, the process ends with the same exit code',
  { tags: 'long' },
  async () => {
    await add({ Migration2: LIAR })
    const args = ['verify', 'Migration2', '--config', project.config, '--scratch-url', 'embedded']
    const { exit, stderr } = await migrateProcess(args, {})
    expect([exit, stderr]).toEqual([6, ''])
  },
)
