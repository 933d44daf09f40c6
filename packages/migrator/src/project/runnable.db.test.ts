import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Migration } from '../migration.ts'
import { mikroOrmProject } from '../mikro-orm/project.ts'
import { migrate, migrateProcess } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'
import { loadVerified, openProject } from './open.ts'
import { readRunnable } from './runnable.ts'

const COLUMN = `import { column } from '../column.ts'`
const CODE = 'Migration2_code'
const NAMES = ['Migration1_table', CODE, 'Migration3_index']

const sourceOf = (up: string, down: string) =>
  `import { Migration } from '@mikro-orm/migrations'\n${COLUMN}\n` +
  `export class M extends Migration { async up() { ${up} } async down() { ${down} } }\n`

let original: ScratchProject
let database: TestDatabase
let project: ScratchProject

beforeAll(async () => {
  original = await scratchProject({})
  await writeFile(join(dirname(original.config), 'column.ts'), `export const column = 'n int'`)
  await original.writeRaw(
    'Migration1_table.ts',
    sourceOf('this.addSql(`create table a (${column})`)', `this.addSql('drop table a')`),
  )
  const insert = `await this.execute('insert into a values (1)')`
  await original.writeRaw(`${CODE}.ts`, sourceOf(insert, `await this.execute('delete from a')`))
  await original.writeRaw(
    'Migration3_index.ts',
    sourceOf(`this.addSql('create index a_n on a (n)')`, `this.addSql('drop index a_n')`),
  )
  await original.lock()
})

afterAll(() => original.drop())

beforeEach(async () => {
  database = await createTestDatabase()
  project = await original.copy()
})

afterEach(async () => {
  await Promise.all([database.drop(), project.drop()])
})

const run = (...args: string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: database.url })

/** With NODE_ENV. */
const runIn = (environment: string, ...args: string[]) =>
  migrate([...args, '--config', project.config], {
    DATABASE_URL: database.url,
    NODE_ENV: environment,
  })

const compiled = (name: string) => join(dirname(project.config), 'migrations', `${name}.json`)

async function edit(name: string, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(compiled(name), 'utf8')
  expect(text).toMatch(from)
  await writeFile(compiled(name), text.replace(from, to))
}

async function editSource(name: string, from: string, to: string): Promise<void> {
  const path = compiled(name).replace(/json$/, 'ts')
  const text = await readFile(path, 'utf8')
  expect(text).toContain(from)
  await writeFile(path, text.replace(from, to))
}

const editHelper = () =>
  writeFile(join(dirname(project.config), 'column.ts'), `export const column = 'other text'`)

const columns = () =>
  query(
    database.url,
    `select attname from pg_attribute where attrelid = 'a'::regclass and attnum > 0`,
  )

describe('what runs is what was compiled', () => {
  test('also when a helper that it imports was edited since; check says what differs', async () => {
    await editHelper()
    expect((await run('up')).exit).toBe(0)
    expect(await columns()).toEqual([{ attname: 'n' }])
    const { exit, stdout } = await run('check')
    expect([exit, stdout]).toEqual([6, expect.stringMatching(/Migration1_table/)])
  })

  test('an edited statement is refused before anything is done', async () => {
    await edit('Migration3_index', 'create index a_n', 'create index a_m')
    const { exit, stderr } = await run('up')
    expect([exit, stderr]).toEqual([
      6,
      expect.stringMatching(
        /Migration3_index\.json is not what[\s\S]*edited after it was recorded/,
      ),
    ])
    expect(await query(database.url, `select to_regclass('a') as a`)).toEqual([{ a: null }])
  })

  test('every edited file is named, compiled or source', async () => {
    const names = ['Migration1_table', 'Migration3_index']
    const all = new RegExp(names.join('[\\s\\S]*'))
    for (const name of names) await edit(name, /"sql":"/, '"sql":" ')
    for (const command of ['up', 'check']) {
      const { exit, stdout, stderr } = await run(command)
      expect([exit, stdout + stderr]).toEqual([6, expect.stringMatching(all)])
    }
    await project.drop()
    project = await original.copy()
    for (const name of names) {
      const source = compiled(name).replace(/json$/, 'ts')
      await writeFile(source, (await readFile(source, 'utf8')).replace(/\(`?'?create/, '$& '))
    }
    const { exit, stdout } = await run('check')
    expect([exit, stdout]).toEqual([6, expect.stringMatching(all)])
  })

  test('a file that is no JSON is refused, and says how to mend it', async () => {
    await writeFile(compiled('Migration3_index'), '<<<<<<< HEAD')
    const { exit, stderr } = await run('up')
    expect([exit, stderr]).toEqual([6, expect.stringMatching(/not JSON[\s\S]*migrate hash/)])
  })

  test('a file that is missing beside others is refused', async () => {
    await rm(compiled('Migration1_table'))
    await edit('Migration3_index', 'create index a_n', 'create index a_m')
    const { exit, stderr } = await run('up')
    expect([exit, stderr]).toEqual([6, expect.stringMatching(/there is no such file/)])
  })

  test('where a build has left the files behind, the sources run', async () => {
    for (const name of NAMES) await rm(compiled(name))
    const { exit, stdout } = await run('up')
    expect([exit, stdout]).toEqual([0, expect.stringContaining('Migration3_index')])
  })
})

const WARNING =
  'Warning: the source of Migration1_table was edited after it was compiled. What was compiled runs; to compile the edit: migrate hash'
const warningsIn = (stderr: string) =>
  stderr.split('\n').filter((line) => line.startsWith('Warning'))
const editTable = () => editSource('Migration1_table', '(${column})', '(other text)')

describe('a source that was edited after it was compiled', () => {
  test.each(['', 'production', 'test'])('is refused with NODE_ENV=%s', async (environment) => {
    await editTable()
    for (const command of ['plan', 'status', 'up']) {
      const { exit, stderr } = await runIn(environment, command)
      expect([exit, stderr]).toEqual([
        6,
        expect.stringMatching(/Migration1_table was edited after it was recorded/),
      ])
    }
    expect(await query(database.url, `select to_regclass('a') as a`)).toEqual([{ a: null }])
  })

  test('is a warning in development, and what was compiled runs; check fails', async () => {
    await editTable()
    for (const command of ['plan', 'up', 'up', 'status']) {
      const { exit, stderr } = await runIn('development', command)
      expect([command, exit, ...warningsIn(stderr)]).toEqual([command, 0, WARNING])
    }
    expect(await columns()).toEqual([{ attname: 'n' }])
    const { exit, stdout } = await runIn('development', 'check')
    expect([exit, stdout]).toEqual([6, expect.stringMatching(/Migration1_table was edited/)])
  })

  test('is a warning in development also where only a helper was edited', async () => {
    await editHelper()
    const { exit, stderr } = await runIn('development', 'up')
    expect([exit, ...warningsIn(stderr)]).toEqual([0, WARNING])
    expect(await columns()).toEqual([{ attname: 'n' }])
  })

  test('is none where only its form was edited', async () => {
    await editSource('Migration1_table', 'create table a (', 'create  table a ( ')
    const { exit, stderr } = await runIn('development', 'up')
    expect([exit, ...warningsIn(stderr)]).toEqual([0])
  })

  test.each([
    ['the compiled file was edited too', () => edit('Migration1_table', 'table a', 'table b')],
    ['code was edited too', () => editSource(CODE, 'values (1)', 'values (2)')],
    [
      'there is another file',
      () => writeFile(compiled('Migration4').replace(/json$/, 'ts'), sourceOf('', '')),
    ],
  ])('is refused in development where %s', async (_, also) => {
    await editTable()
    await also()
    const { exit, stderr } = await runIn('development', 'up')
    expect([exit, stderr]).toEqual([6, expect.not.stringContaining('Warning')])
    expect(await query(database.url, `select to_regclass('a') as a`)).toEqual([{ a: null }])
  })
})

describe('an analysis that is not believed is done anew, and is no reason to refuse', () => {
  test.each(
    briefly([
      ['of another version', /"version": \d+/, '"version": 999'],
      ['edited', /"boundary":"shared"/, '"boundary":"outside"'],
      [
        'with another statement',
        /"boundary":"shared"/,
        '"boundary":"shared","sql":"create table evil ()"',
      ],
      ['without its losses', /"dataLosses"/, '"none"'],
    ]),
  )('%s', async (of, from, to) => {
    const plan = (await run('plan')).stdout
    await edit('Migration1_table', from, to)
    const isOlder = of === 'of another version'
    const { exit, stdout } = await run('check')
    expect([exit, stdout]).toEqual([
      isOlder ? 5 : 6,
      expect.stringMatching(isOlder ? /analyzed Migration1_table/ : /its analysis is another one/),
    ])
    expect((await run('plan')).stdout).toBe(plan)
    expect((await run('up', '+1')).exit).toBe(0)
    await query(database.url, 'insert into a values (2)')
    expect((await run('down', 'base')).exit).toBe(0)
    expect((await run('archive', 'list')).stdout).toMatch(/\ba\b.* 1 row/)
  })
})

/** Of what can be done without: a package, or a file. */
const nameOf = (line: string) =>
  /(@mikro-orm\/core|libpg-query)\//.exec(line)?.[1] ?? line.replace(/^.*\//, '')

describe('what is loaded', () => {
  const RECORDER = `import { registerHooks } from 'node:module'
    registerHooks({ load: (url, context, next) => (process.stderr.write('load ' + url + '\\n'), next(url, context)) })`

  /** What a process loads, of what can be done without. */
  async function loadedBy(...args: string[]): Promise<string[]> {
    const env = {
      DATABASE_URL: database.url,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(RECORDER)}`,
    }
    const { exit, stderr } = await migrateProcess([...args, '--config', project.config], env)
    expect([exit, stderr]).toEqual([0, expect.stringContaining('cli/main.ts')])
    const home = dirname(project.config)
    const avoidable = [
      /^load \S*\/(@mikro-orm\/core|libpg-query)\//,
      new RegExp(`^load file://${home}`),
    ]
    const lines = stderr.split('\n').filter((line) => avoidable.some((one) => one.test(line)))
    return [...new Set(lines.map(nameOf))].toSorted()
  }

  test(
    'plan, up, status and down of statements load no ORM, no source of the project and no parser',
    { tags: 'long' },
    async () => {
      expect(await loadedBy('plan', '+1')).toEqual([])
      expect(await loadedBy('up', '+1')).toEqual([])
      expect(await loadedBy('status')).toEqual([])
      expect(await loadedBy('plan', '--down')).toEqual([])
      expect(await loadedBy('down', '-1', '--yes')).toEqual([])
    },
  )

  test('code loads the project, and of its migrations only that one', async () => {
    const loaded = await loadedBy('up')
    expect(loaded).toEqual(expect.arrayContaining(['@mikro-orm/core', `${CODE}.ts`]))
    expect(loaded.filter((name) => name.startsWith('Migration'))).toEqual([`${CODE}.ts`])
  })
})

/** As data, without what only its source tells. */
const plain = (all: readonly { readonly migration: Migration }[]) =>
  all.map(({ migration }) =>
    JSON.parse(JSON.stringify({ ...migration, equivalents: undefined, statesExpand: undefined })),
  )

test('each migration of TechFacts is, compiled, what its source says', async () => {
  const config = fileURLToPath(new URL('../../../db/src/mikro-orm.config.ts', import.meta.url))
  const techfacts = mikroOrmProject(config)
  const opened = await openProject(techfacts)
  const loaded = await loadVerified(techfacts, opened)
  expect(plain((await readRunnable(techfacts, opened)).migrations)).toEqual(
    plain(loaded.migrations),
  )
  await loaded.close()
})
