import { briefly, createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import {
  scratchProject,
  type ScratchMigration,
  type ScratchProject,
} from '../testing/scratch-project.ts'

const [FIRST, OURS, THEIRS] = [
  'Migration20260101000001_first',
  'Migration20260101000002_ours',
  'Migration20260101000003_theirs',
]
const FIRST_UP = ['create table book (id int primary key, title text, pages int)']
const ADDS = (column: string): ScratchMigration => ({
  up: [`alter table book add column ${column} text`],
  down: [`alter table book drop column ${column}`],
})

let server: TestDatabase
let project: ScratchProject
beforeAll(async () => {
  server = await createTestDatabase()
})
afterAll(() => server.drop())
beforeEach(async () => {
  project = await scratchProject({ [FIRST]: { up: FIRST_UP, down: ['drop table book'] } })
  await git('init', '-q', '-b', 'main')
  await writeFile(join(folder(), '.gitignore'), 'node_modules\n')
  await commit('first')
})
afterEach(() => project.drop())

const folder = () => dirname(project.config)
const IDENTITY = ['-c', 'user.name=test', '-c', 'user.email=test@localhost']

async function git(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', [...IDENTITY, ...args], { cwd: folder() })
  return stdout
}

/** What stops at a conflict. */
async function conflict(...args: string[]): Promise<void> {
  await expect(git(...args)).rejects.toMatchObject({ code: 1 })
}

async function commit(message: string): Promise<void> {
  await git('add', '-A')
  await git('commit', '-q', '-m', message)
}

const run = (...args: string[]) => migrate([...args, '--config', project.config])
const at = (database: TestDatabase, ...args: string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: database.url })
const rebase = (...args: string[]) =>
  run('rebase', '--onto', 'main', '--scratch-url', server.url, ...args)

async function add(name: string, migration: ScratchMigration): Promise<void> {
  await project.write(name, migration)
  const { exit, stderr } = await run('hash', '--scratch-url', server.url)
  expect([exit, stderr]).toEqual([0, ''])
  await commit(name)
}

/** Two branches, each with a migration of its own; `feature` is checked out. */
async function branch(ours: ScratchMigration, theirs: ScratchMigration): Promise<void> {
  await git('checkout', '-q', '-b', 'feature')
  await add(OURS, ours)
  await git('checkout', '-q', 'main')
  await add(THEIRS, theirs)
  await git('checkout', '-q', 'feature')
}

/** Every file of the project with its text. */
async function bytesOf(): Promise<Record<string, string>> {
  const entries = await readdir(folder(), { recursive: true, withFileTypes: true })
  const files = entries.filter((one) => one.isFile() && !/\.git(\/|$)/.test(one.parentPath))
  const paths = files.map(({ parentPath, name }) => join(parentPath, name))
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const)),
  )
}

async function names(): Promise<string[]> {
  const { migrations } = JSON.parse(await readFile(project.manifest, 'utf8'))
  return migrations.map(({ name }: { name: string }) => name)
}

/** The lines of a manifest that record a migration, whatever follows each. */
const lines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.includes('"chain"'))
    .map((line) => line.replace(/,$/, ''))

const LATER = expect.stringMatching(/^Migration20[2-9]\d{11}_ours$/)

describe('two branches that have each added a migration', () => {
  test('are put in order: what is released stays, byte for byte, and all fits', async () => {
    await branch(ADDS('ours'), ADDS('theirs'))
    await conflict('merge', 'main')
    const both = `conflict of a merge: HEAD adds ${OURS}, and main adds ${THEIRS}.`
    for (const command of [['create', '--blank'], ['hash'], ['hash', '--check'], ['check']]) {
      const { exit, stdout, stderr } = await run(...command)
      expect([exit, stdout + stderr]).toEqual([6, expect.stringContaining(both)])
      expect(stdout + stderr).toMatch(/run: migrate rebase\n/)
    }
    const { error } = JSON.parse((await run('hash', '--json')).stdout)
    expect(error).toMatchObject({ code: 'MANIFEST_CONFLICTED', next: [{ command: 'rebase' }] })

    const ended = await rebase('--json')
    expect([ended.exit, ended.stderr]).toEqual([0, ''])
    expect(JSON.parse(ended.stdout)).toMatchObject({
      onto: 'main',
      renamed: [{ from: OURS, to: LATER }],
      unreleased: [LATER],
      schema: { recorded: [LATER] },
    })
    expect(await names()).toEqual([FIRST, THEIRS, LATER])
    const [, , ours = ''] = await names()
    const source = await readFile(join(folder(), `migrations/${ours}.ts`), 'utf8')
    expect(source).toContain('class Scratch extends')
    await commit('merged')
    const changed = await git('diff', '--name-only', 'main', 'HEAD')
    expect(changed.trim().split('\n')).toEqual([
      'migrations.manifest.json',
      `migrations/${ours}.json`,
      `migrations/${ours}.ts`,
    ])
    const released = lines(await git('show', 'main:migrations.manifest.json'))
    const now = lines(await readFile(project.manifest, 'utf8'))
    expect(now.slice(0, 2)).toEqual(released)
    expect((await run('check')).exit).toBe(0)
    expect((await run('hash', '--check')).exit).toBe(0)
    expect((await rebase()).stdout).toContain(`after the migrations of main: ${ours}\n`)
  })

  test.each(
    briefly([
      ['what main has', [FIRST, THEIRS]],
      ['what both had', [FIRST]],
    ]),
  )('a database with %s goes up', async (_, applied) => {
    await using database = await createTestDatabase()
    await branch(ADDS('ours'), ADDS('theirs'))
    await git('checkout', '-q', 'main')
    expect((await at(database, 'up', applied.at(-1) ?? '')).exit).toBe(0)
    await git('checkout', '-q', 'feature')
    await conflict('merge', 'main')
    expect((await rebase()).exit).toBe(0)
    expect((await at(database, 'up')).exit).toBe(0)
    expect(await at(database, 'check')).toMatchObject({ exit: 0 })
  })

  test(
    'a database that has one under its former name says so, and goes back first',
    { tags: 'long' },
    async () => {
      await using database = await createTestDatabase()
      await branch(ADDS('ours'), ADDS('theirs'))
      expect((await at(database, 'up')).exit).toBe(0)
      await conflict('merge', 'main')
      const { stdout } = await rebase()
      expect(stdout).toMatch(/former name, revert it there, and run: migrate down head\n/)
      const [, , ours = ''] = await names()
      for (const command of ['up', 'status', 'plan', 'check']) {
        const ended = await at(database, command)
        const says = ended.stdout + ended.stderr
        expect([command, ended.exit, says]).toEqual([
          command,
          6,
          expect.stringContaining(`${OURS} has another name in this build: ${ours}.`),
        ])
        expect(says).toMatch(/run: migrate down head\n/)
      }
      expect((await at(database, 'down', 'head', '--yes')).exit).toBe(0)
      expect((await at(database, 'up')).exit).toBe(0)
      expect((await at(database, 'check')).exit).toBe(0)
    },
  )
})

/** Main is applied, and merged into `feature` with its side of the manifest. */
async function mergeAsTheirs(database: TestDatabase): Promise<void> {
  await branch(ADDS('ours'), ADDS('theirs'))
  await git('checkout', '-q', 'main')
  expect((await at(database, 'up')).exit).toBe(0)
  await git('checkout', '-q', 'feature')
  await conflict('merge', 'main')
  await git('checkout', '--theirs', 'migrations.manifest.json')
}

describe('what has already been merged', () => {
  test('in the order of the names: status, plan and down work, and say the way out', async () => {
    await using database = await createTestDatabase()
    await mergeAsTheirs(database)
    const hashed = await run('hash')
    expect([hashed.exit, hashed.stdout]).toEqual([
      0,
      expect.stringMatching(/_theirs was recorded before.*_ours[\s\S]*run: migrate rebase\n$/),
    ])
    expect(await names()).toEqual([FIRST, OURS, THEIRS])
    await commit('merged by hand')
    expect((await at(database, 'plan', '-1', '--down')).exit).toBe(0)
    for (const command of [['status'], ['plan']]) {
      const { exit, stdout } = await at(database, ...command)
      expect([command, exit, stdout]).toEqual([
        command,
        0,
        expect.stringMatching(/[\s\S]*run: migrate rebase\n[\s\S]*run: migrate down \S+_first/),
      ])
    }
    expect((await at(database, 'down', '-1', '--yes')).exit).toBe(0)
    expect((await at(database, 'up', '+1')).exit).toBe(0)
    expect((await at(database, 'up')).exit).toBe(0)
  })

  test('is placed after what is released', { tags: 'long' }, async () => {
    await using database = await createTestDatabase()
    await mergeAsTheirs(database)
    expect((await run('hash')).exit).toBe(0)
    await commit('merged by hand')
    expect((await at(database, 'up')).exit).toBe(6)
    expect((await rebase()).exit).toBe(0)
    expect(await names()).toEqual([FIRST, THEIRS, LATER])
    expect((await at(database, 'up')).exit).toBe(0)
    expect((await at(database, 'check')).exit).toBe(0)
  })
})

test(
  'a contract step goes behind what was made after it, where neither is in the other’s way',
  { tags: 'long' },
  async () => {
    await git('checkout', '-q', '-b', 'feature')
    const contract = 'Migration20260101000002_contract'
    const [expand, last] = ['Migration20260101000003_expand', 'Migration20260101000004_last']
    await add(contract, {
      up: ['alter table book drop column pages'],
      down: ['alter table book add column pages int'],
    })
    await add(expand, ADDS('author'))
    const create = () => at(server, 'create', '--blank')
    const blank = await create()
    expect([blank.exit, blank.stderr, blank.stdout]).toEqual([
      0,
      '',
      expect.not.stringContaining('contract steps'),
    ])
    await git('checkout', '-q', '.')
    await git('clean', '-fdq')
    await add(last, { up: ['alter table book drop column title'], down: [] })
    const late = await create()
    expect(late.stdout).toContain(`It runs after contract steps: ${last}.`)
    await git('checkout', '-q', '.')
    await git('clean', '-fdq')

    expect((await rebase()).exit).toBe(0)
    const [, first, second, third] = await names()
    expect([first, second, third]).toEqual([
      expand,
      expect.stringMatching(/_contract$/),
      expect.stringMatching(/_last$/),
    ])
    expect((await run('check')).exit).toBe(0)
    await using database = await createTestDatabase()
    expect((await at(database, 'up')).exit).toBe(0)
    expect((await rebase()).stdout).toContain(`after the migrations of main: ${expand}, `)
  },
)

test('git rebase: each commit that stops is put in order', { tags: 'long' }, async () => {
  await branch(ADDS('ours'), ADDS('theirs'))
  await add('Migration20260101000004_more', ADDS('more'))
  await conflict('rebase', 'main')
  expect((await rebase()).exit).toBe(0)
  expect(await names()).toEqual([FIRST, THEIRS, LATER])
  await git('add', '-A')
  await conflict('-c', 'core.editor=true', 'rebase', '--continue')
  expect((await rebase()).exit).toBe(0)
  expect(await names()).toEqual([FIRST, THEIRS, LATER, expect.stringMatching(/_more$/)])
  await git('add', '-A')
  await git('-c', 'core.editor=true', 'rebase', '--continue')
  expect((await run('check')).exit).toBe(0)
})

test('the merge into main: what main has stays', async () => {
  await branch(ADDS('ours'), ADDS('theirs'))
  await git('checkout', '-q', 'main')
  await conflict('merge', 'feature')
  expect((await rebase()).exit).toBe(0)
  expect(await names()).toEqual([FIRST, THEIRS, LATER])
  expect((await run('check')).exit).toBe(0)
})

const makes = (sql: string): ScratchMigration => ({ up: [sql] })

describe('both branches change one object: refused, named, and nothing is changed', () => {
  test.each(
    briefly([
      [
        'a column that is set',
        'alter table book alter pages set default 1',
        'alter table book alter pages set not null',
        'column book.pages',
      ],
      [
        'a column that is added',
        'alter table book add column x int',
        'alter table book add column x text',
        'column book.x',
      ],
      [
        'a column that goes',
        'create index on book (pages)',
        'alter table book drop column pages',
        'column book.pages',
      ],
      [
        'a column with another name',
        'create view v as select pages from book',
        'alter table book rename column pages to leaves',
        'column book.pages',
      ],
      [
        'values of a column',
        `update book set title = 'a'`,
        'alter table book alter title type varchar(9)',
        'column book.title',
      ],
      ['a table', 'drop table book', 'alter table book add column x int', 'table book'],
      ['a table that is made', 'create table x (n int)', 'create table x (m int)', 'table x'],
      [
        'a function',
        'create function f() returns int language sql return 1',
        'create function f() returns int language sql return 2',
        'function f()',
      ],
      ['a type', `create type mood as enum ('a')`, `create type mood as enum ('b')`, 'mood'],
    ]),
  )('%s', async (_, ours, theirs, object) => {
    await branch(makes(ours), makes(theirs))
    await conflict('merge', 'main')
    const before = await bytesOf()
    const { exit, stderr } = await rebase()
    expect([exit, stderr]).toEqual([3, expect.stringContaining(object)])
    expect(stderr).toContain(`: ${THEIRS} (main) and ${OURS}\n`)
    expect(await bytesOf()).toEqual(before)
    expect(await git('status', '--short')).toMatch(/^(AA|UU) migrations.manifest.json$/m)
  })

  test('what is edited so that it fits goes through', async () => {
    await branch(makes('alter table book add column x int'), ADDS('x'))
    await conflict('merge', 'main')
    expect((await rebase()).exit).toBe(3)
    await project.write(OURS, ADDS('y'))
    expect((await rebase()).exit).toBe(0)
    expect((await run('check')).exit).toBe(0)
  })

  test('what only a run shows is refused too', { tags: 'long' }, async () => {
    await branch(
      makes(`do $$ begin execute 'alter table book add column x ' || 'int'; end $$`),
      makes(
        `do $$ begin execute 'alter table ' || 'book drop column pages cascade'; alter table book add column w int; end $$`,
      ),
    )
    await git('checkout', '-q', 'feature')
    await project.write(
      OURS,
      makes(`do $$ begin execute 'create view v as select pag' || 'es from book'; end $$`),
    )
    await run('hash', '--scratch-url', server.url)
    await commit('ours again')
    await conflict('merge', 'main')
    const before = await bytesOf()
    const { exit, stderr } = await rebase()
    expect([exit, stderr]).toEqual([3, expect.stringMatching(/_ours does not run after .*main: /)])
    expect(await bytesOf()).toEqual(before)
  })
})

test(
  'a squash that both branches have made is on no side of the conflict',
  { tags: 'long' },
  async () => {
    await add(OURS, ADDS('ours'))
    await git('branch', 'feature')
    const squash = async () => {
      const ended = await run('squash', '--until', OURS, '--scratch-url', server.url)
      expect(ended).toMatchObject({ exit: 0 })
      await commit('squash')
    }
    await squash()
    await git('checkout', '-q', 'feature')
    await squash()
    await add(THEIRS, ADDS('theirs'))
    await conflict('merge', 'main')
    expect(await rebase()).toMatchObject({ exit: 0 })
    expect((await run('check')).stderr).toBe('')
    const { migrations } = JSON.parse(await readFile(project.manifest, 'utf8'))
    expect(migrations).toMatchObject([{ name: `${OURS}_squash` }, { name: THEIRS }])
  },
)

describe('a revision that does not fit is refused, and nothing is changed', () => {
  test.each(
    briefly([
      ['none', 'nowhere', /git has no such revision[\s\S]*run: migrate rebase .*--onto REVISION/],
      ['that of nobody', 'main~1', /revision main~1 has neither side of the conflict: HEAD adds/],
      ['an option', '--all', /--onto/],
    ]),
  )('%s', async (_, onto, says) => {
    await branch(ADDS('ours'), ADDS('theirs'))
    await conflict('merge', 'main')
    const before = await bytesOf()
    const { exit, stderr } = await run('rebase', `--onto=${onto}`)
    expect([exit, stderr]).toEqual([2, expect.stringMatching(says)])
    expect(await bytesOf()).toEqual(before)
  })

  test('one that is not merged yet', async () => {
    await branch(ADDS('ours'), ADDS('theirs'))
    const before = await bytesOf()
    const { exit, stderr } = await rebase()
    expect([exit, stderr]).toEqual([
      2,
      expect.stringMatching(/not here:\n  \S+_theirs\n.*Merge it first/),
    ])
    expect(await bytesOf()).toEqual(before)
  })

  test('the default is the branch of the remote', async () => {
    const { exit, stderr } = await run('rebase')
    expect([exit, stderr]).toEqual([2, expect.stringMatching(/revision origin\/HEAD/)])
    await git('update-ref', 'refs/remotes/origin/main', 'main')
    await git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main')
    expect(await run('rebase')).toMatchObject({
      exit: 0,
      stdout: 'The revision origin/HEAD has every migration.\n',
    })
  })

  test('a released migration that was edited', async () => {
    await branch(ADDS('ours'), ADDS('theirs'))
    await conflict('merge', 'main')
    await project.write(THEIRS, ADDS('other'))
    const before = await bytesOf()
    const { exit, stderr } = await rebase()
    expect([exit, stderr]).toEqual([6, expect.stringMatching(/_theirs was edited/)])
    expect(await bytesOf()).toEqual(before)
  })
})

const classOf = (name: string, body: string) => `import { Migration } from '@mikro-orm/migrations'
export class ${name} extends Migration {
  override async up() { ${body} }
}
`

const read = (name: string) => readFile(join(folder(), `migrations/${name}.ts`), 'utf8')

test('a class is renamed with its file, code keeps its text, and reasons move along', async () => {
  await git('checkout', '-q', '-b', 'feature')
  const CODE = 'Migration20260101000002_code'
  await project.writeRaw(
    `${OURS}.ts`,
    classOf(OURS, `this.addSql('alter table book rename title to name')`),
  )
  await project.writeRaw(
    `${CODE}.ts`,
    classOf(CODE, `await this.execute('create table c (n int)')`),
  )
  await project.lock()
  const text = await readFile(project.manifest, 'utf8')
  await writeFile(
    project.manifest,
    text.replace(
      '"migrations": [',
      `"phaseExceptions": { "${OURS}": "nobody reads it" },\n  "migrations": [`,
    ),
  )
  await commit('ours')
  await git('checkout', '-q', 'main')
  await add(THEIRS, ADDS('theirs'))
  await git('checkout', '-q', 'feature')
  await conflict('merge', 'main')
  const { exit, stderr } = await rebase()
  expect([exit, stderr]).toEqual([0, ''])
  const [, , code = '', ours = ''] = await names()
  expect(await read(ours)).toContain(`class ${ours} extends`)
  expect(await read(code)).toContain(`class ${CODE} extends`)
  const { phaseExceptions } = JSON.parse(await readFile(project.manifest, 'utf8'))
  expect(phaseExceptions).toEqual({ [ours]: 'nobody reads it' })
  expect((await run('hash', '--check')).exit).toBe(0)
  await using database = await createTestDatabase()
  expect((await at(database, 'up')).exit).toBe(0)
  expect(await query(database.url, 'select name from book, c')).toEqual([])
})
