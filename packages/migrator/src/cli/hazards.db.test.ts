import { Migration } from '@mikro-orm/migrations'
import { MikroORM } from '@mikro-orm/postgresql'
import { briefly, createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Migrator } from '../mikro-orm/migrator.ts'
import { mikroOrmProject } from '../mikro-orm/project.ts'
import { run as runProject } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { migrate, migrateProcess } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { openSession } from '../testing/sessions.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

const TABLE = 'Migration1_table'
const INDEX = 'Migration2_index'
const CREATE_INDEX = 'create index "t_a" on t (a)'
const ROWS = 'insert into t select n, n from generate_series(1, 2000) n'

let original: ScratchProject
let project: ScratchProject
let database: TestDatabase

beforeAll(async () => {
  original = await scratchProject({
    [TABLE]: { up: ['create table t (id bigint primary key, a int)'] },
    [INDEX]: { up: [CREATE_INDEX], down: ['drop index "t_a"'] },
  })
})

afterAll(() => original.drop())

beforeEach(async () => {
  database = await createTestDatabase()
  project = await original.copy()
  await mark('off')
})

afterEach(async () => {
  await Promise.all([database.drop(), project.drop()])
})

/** Test databases are disposable. */
const mark = (isDisposable: string) =>
  query(
    database.url,
    `alter database "${new URL(database.url).pathname.slice(1)}" set "migrator.disposable" = ${isDisposable}`,
  )

const migrateHere = (...args: string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: database.url })

const print = async (...args: string[]) => {
  const { exit, stdout } = await migrateHere(...args, '--json')
  return { exit, json: JSON.parse(stdout) }
}

/** The table is there, with these rows. */
async function fill(rows: string): Promise<void> {
  expect(await migrateHere('up', TABLE)).toMatchObject({ exit: 0 })
  await query(database.url, rows)
}

const journalled = async () =>
  (await query(database.url, 'select count(*)::int as entries from migrator.history'))[0]

describe('a large table', () => {
  test('up refuses before it changes anything, and says what, where and how to go on', async () => {
    await fill(ROWS)
    const before = await journalled()
    const { exit, stdout, stderr } = await migrateHere('up')
    expect([exit, stdout]).toEqual([3, ''])
    expect(stderr).toContain(
      `\n  ${INDEX}: index t_a of t: CREATE INDEX keeps everybody from writing to the table until the index is built. [index-blocks-writes] ${CREATE_INDEX}\n`,
    )
    expect(stderr).toMatch(
      new RegExp(`run: migrate lint ${INDEX}\n[^]*run: migrate up .* --yes\n$`),
    )
    expect(await journalled()).toEqual(before)
    const { json } = await print('start')
    expect(json.error).toMatchObject({ code: 'LINT_REFUSED', exit: 3 })
    expect(json.error.details.findings).toMatchObject([
      { migration: INDEX, rule: 'index-blocks-writes', statement: CREATE_INDEX },
    ])
  })

  test('plan shows the same, in the words of lint, and ends in the same way', async () => {
    await fill(ROWS)
    const planned = await print('plan')
    const linted = await print('lint', INDEX)
    expect([planned.exit, linted.exit]).toEqual([3, 3])
    expect(planned.json.findings).toHaveLength(1)
    expect(linted.json.findings).toMatchObject(planned.json.findings)
    const refused = await print('up')
    expect(refused.json.error.details.findings).toEqual(planned.json.findings)
    const { exit, stdout } = await migrateHere('plan')
    const text = (await migrateHere('lint', INDEX)).stdout.replace(/^\S+: error/, `${INDEX}: error`)
    expect([exit, stdout]).toEqual([3, expect.stringContaining(text.replace(/1 error.*\n$/, ''))])
    expect(await migrateHere('plan', '--sql')).toMatchObject({
      exit: 3,
      stdout: expect.stringContaining(CREATE_INDEX),
      stderr: expect.stringContaining('[index-blocks-writes]'),
    })
  })

  test('--yes applies it all the same, reports what it was, and the journal keeps it', async () => {
    await fill(ROWS)
    const finding = { migration: INDEX, rule: 'index-blocks-writes', statement: CREATE_INDEX }
    const { exit, json } = await print('up', '--yes')
    expect([exit, json.hazards]).toMatchObject([0, [finding]])
    const facts = await query(
      database.url,
      `select facts from migrator.history where event = 'hazards-allowed'`,
    )
    expect(facts).toMatchObject([{ facts: [finding] }])
    expect(await migrateHere('up', '--yes')).toMatchObject({ exit: 0, stderr: '' })
  })

  test('a migration that says why it is right is applied, and the journal keeps the reason', async () => {
    await project.write(INDEX, {
      up: [CREATE_INDEX],
      members: `  allow = { 'index-blocks-writes': 'nobody writes at night' }\n`,
    })
    await project.lock()
    await fill(ROWS)
    expect(await print('plan')).toMatchObject({ exit: 0, json: { findings: [] } })
    expect(await migrateHere('up')).toMatchObject({ exit: 0 })
    const { json } = await print('history')
    const reasons = json.flatMap(({ migration, allow }: Record<string, unknown>) =>
      allow ? [[migration, allow]] : [],
    )
    expect(reasons).toEqual([[INDEX, { 'index-blocks-writes': 'nobody writes at night' }]])
  })

  test('goes by another name by then, or is behind a lock', async () => {
    await project.write(INDEX, {
      up: ['alter table t rename to u', 'create index "u_a" on u (a)'],
    })
    await project.lock()
    await fill(`${ROWS}; analyze t`)
    const holder = await openSession(database.url, 'holder', 'begin; lock table t')
    const { exit, json } = await print('up')
    await holder.end()
    const rules = json.error.details.findings.map(({ rule }: { rule: string }) => rule)
    expect([exit, rules]).toEqual([3, ['index-blocks-writes', 'work-under-held-lock']])
  })

  test('nobody has analyzed it: the size of its file tells', async () => {
    await fill(`${ROWS}; alter table t set (autovacuum_enabled = off)`)
    expect(await query(database.url, `select reltuples from pg_class where relname = 't'`)).toEqual(
      [{ reltuples: -1 }],
    )
    expect(await migrateHere('up')).toMatchObject({ exit: 3 })
    await query(database.url, 'delete from t where id > 10')
    await query(database.url, 'vacuum full analyze t')
    expect(await migrateHere('up')).toMatchObject({ exit: 0 })
  })
})

describe('nothing is refused', () => {
  test.each(
    briefly([
      ['in a new database', undefined, 'off'],
      ['where the table is small', 'insert into t values (1, 1)', 'off'],
      ['where the database is disposable', ROWS, 'on'],
    ]),
  )('%s', async (_, rows, isDisposable) => {
    if (rows !== undefined) await fill(rows)
    await mark(isDisposable)
    expect(await print('plan')).toMatchObject({ exit: 0, json: { findings: [] } })
    const { exit, json } = await print('up')
    expect([exit, json.hazards]).toEqual([0, undefined])
  })

  test('of a table that the same run makes and fills', async () => {
    await project.write(TABLE, {
      up: ['create table t (id bigint primary key, a int)', ROWS],
    })
    await project.lock()
    expect(await migrateHere('up')).toMatchObject({ exit: 0 })
  })

  test('of what an earlier run has begun: it has to be completed', async () => {
    await project.write(INDEX, {
      up: ['create index concurrently first on t (a)', CREATE_INDEX, 'select 1 / (select 0)'],
    })
    await project.lock()
    await fill(ROWS)
    expect(await migrateHere('up')).toMatchObject({ exit: 3 })
    expect(await migrateHere('up', '--yes')).toMatchObject({ exit: 1 })
    expect(await migrateHere('up')).toMatchObject({ exit: 1 })
  })

  test('on the way back, and without a database', async () => {
    await fill(ROWS)
    expect(await migrateHere('up', '--yes')).toMatchObject({ exit: 0 })
    expect(await print('plan', '--down', TABLE)).toMatchObject({ exit: 0 })
    const { exit, stdout } = await migrate(['plan', '--json', '--config', project.config])
    expect([exit, JSON.parse(stdout).findings]).toEqual([0, undefined])
  })
})

async function configure(lint: string): Promise<void> {
  const home = dirname(project.config)
  const imported = `import config from './mikro-orm.config.ts'\n`
  const path = join(home, 'lint.config.ts')
  await writeFile(path, `${imported}export default { ...config, lint: ${lint} }\n`)
  project = { ...project, config: path }
}

describe('the configuration', () => {
  test.each([
    `{ smallTable: 3000 }`,
    `{ rules: { 'index-blocks-writes': 'warning' } }`,
    `{ ignoredSchemas: ['public'] }`,
  ])('%s counts once it is recorded', async (lint) => {
    await configure(lint)
    expect(await migrateHere('hash', '--check')).toMatchObject({
      exit: 6,
      stderr: expect.stringContaining('run: migrate hash'),
    })
    await fill(ROWS)
    expect(await migrateHere('up')).toMatchObject({ exit: 3 })
    expect(await migrateHere('hash')).toMatchObject({ exit: 0 })
    expect(await migrateHere('hash', '--check')).toMatchObject({ exit: 0 })
    expect(await migrateHere('up')).toMatchObject({ exit: 0 })
  })
})

describe('the doors', () => {
  test('run refuses as the command line does', async () => {
    await fill(ROWS)
    const up = { direction: 'up', target: 'head' } as const
    const go = (yes: boolean) =>
      runProject(mikroOrmProject(project.config), databaseTarget(database.url), { ...up, yes })
    await expect(go(false)).rejects.toMatchObject({ code: 'LINT_REFUSED' })
    expect(await go(true)).toMatchObject({ hazards: [{ migration: INDEX }] })
  })

  test('the Migrator of MikroORM refuses nothing', async () => {
    await query(database.url, `create table t (id bigint primary key, a int); ${ROWS}`)
    class Listed extends Migration {
      override up() {
        this.addSql(CREATE_INDEX)
      }
    }
    const orm = await MikroORM.init({
      clientUrl: database.url,
      entities: [],
      discovery: { warnWhenNoEntities: false },
      extensions: [Migrator],
      migrations: {
        silent: true,
        snapshot: false,
        migrationsList: [{ name: 'Listed', class: Listed }],
      },
    })
    expect(await orm.migrator.up()).toMatchObject([{ name: 'Listed' }])
    await orm.close(true)
  })
})

const RECORDER = `import { registerHooks } from 'node:module'
  registerHooks({ load: (url, context, next) => (process.stderr.write('load ' + url + '\\n'), next(url, context)) })`

test('neither parser nor rules are loaded where nothing is refused', { tags: 'long' }, async () => {
  await fill('insert into t values (1, 1)')
  const load = async () => {
    const { exit, stderr } = await migrateProcess(['up', '--config', project.config], {
      DATABASE_URL: database.url,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(RECORDER)}`,
    })
    const heavy = [/\/libpg-query\//, /\/lint\/rules\//].filter((one) => one.test(stderr))
    return [exit, heavy.length, stderr.includes('/run/hazards.ts')]
  }
  expect(await load()).toEqual([0, 0, true])
  await migrateHere('down', '-1', '--yes')
  await query(database.url, 'truncate t')
  await query(database.url, ROWS)
  expect(await load()).toEqual([3, 2, true])
})
