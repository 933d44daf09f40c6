import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { parse } from 'libpg-query'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mikroOrmProject } from '../../mikro-orm/project.ts'
import { recordExpectedCatalogs } from '../../testing/expected-catalogs.ts'
import { migrate } from '../../testing/cli.ts'
import { query } from '../../testing/query.ts'
import { scratchProject, type ScratchProject } from '../../testing/scratch-project.ts'

let database: TestDatabase
let project: ScratchProject

beforeEach(async () => {
  database = await createTestDatabase()
  project = await scratchProject({
    Migration1_tables: {
      up: ['create table a (n int)', 'insert into a values (1)'],
      down: ['drop table a'],
      members: `requires() { return [{ query: 'select 0 as "surplus"', says: 'Never shown.' }] }`,
    },
    Migration2_index: {
      up: ['create index concurrently i on a (n)'],
      down: ['drop index concurrently i'],
      members: 'isTransactional() { return false }',
    },
  })
})

afterEach(async () => {
  await Promise.all([database.drop(), project.drop()])
})

const run = (...args: string[]) =>
  migrate([...args, '--config', project.config], {
    DATABASE_URL: database.url,
    MIGRATE_BUILD: 'abc123',
  })

test('up, status, history and down tell the same story, as text and as JSON', async () => {
  expect((await run('status', '--exit-code')).exit).toBe(5)
  const up = JSON.parse((await run('up', '--json')).stdout)
  expect(up).toMatchObject({
    direction: 'up',
    migrations: [
      { name: 'Migration1_tables', segments: 1 },
      { name: 'Migration2_index', segments: 1 },
    ],
  })
  expect((await run('up')).stdout).toBe('Nothing to do.\n')
  const status = JSON.parse((await run('status', '--exit-code', '--json')).stdout)
  expect(status).toMatchObject({
    pending: 0,
    migrations: [{ state: 'applied' }, { state: 'applied' }],
  })
  const history = JSON.parse((await run('history', '--json')).stdout)
  expect(
    history.map(
      (entry: { event: string; migration: string }) => `${entry.event} ${entry.migration}`,
    ),
  ).toEqual([
    'started Migration1_tables',
    'done Migration1_tables',
    'started Migration2_index',
    'done Migration2_index',
    'schema-recorded Migration2_index',
  ])
  expect(history[1]).toMatchObject({ role: 'postgres', build: 'abc123', rows: '1', attempts: 1 })
  const down = await run('down', 'Migration1_tables')
  expect(down.stdout).toMatch(/^reverted Migration2_index \(\d+ ms\)\n1 migration reverted\.\n$/)
})

test('the ledger is MikroORM’s own, row for row', async () => {
  await run('up')
  expect(
    await query(database.url, 'select id, name from mikro_orm_migrations order by id'),
  ).toEqual([
    { id: 1, name: 'Migration1_tables' },
    { id: 2, name: 'Migration2_index' },
  ])
})

test('the journal cannot be rewritten', async () => {
  await run('up')
  await expect(query(database.url, 'delete from migrator.history')).rejects.toThrow('append-only')
  await expect(query(database.url, `update migrator.history set event = 'failed'`)).rejects.toThrow(
    'append-only',
  )
  await expect(query(database.url, 'truncate migrator.history')).rejects.toThrow('append-only')
})

describe('plan', () => {
  test('shows segments and statements, and changes nothing', async () => {
    const { stdout } = await run('plan')
    expect(stdout.replace(/[0-9a-f]{64}/, 'HASH')).toBe(`Migration1_tables (up, expand)
  segment 1 of 1, one transaction
    create table a (n int)
    insert into a values (1)

Migration2_index (up, expand)
  segment 1 of 1, outside a transaction
    create index concurrently i on a (n)

To run this and nothing else: migrate up --plan-hash HASH
`)
    expect(
      await query(database.url, `select to_regclass('mikro_orm_migrations') as ledger`),
    ).toEqual([{ ledger: null }])
  })

  test('--sql needs no database; run by hand, its script keeps the ledger', async () => {
    const { exit, stdout } = await migrate(['plan', '--sql', '--config', project.config])
    expect(exit).toBe(0)
    await runScript(stdout)
    expect((await run('up')).stdout).toBe('Nothing to do.\n')
    await expect(runScript(stdout)).rejects.toThrow(/already has some of these migrations/)
    const down = await run('plan', '--down', '--sql')
    await runScript(down.stdout)
    expect((await run('status')).stdout).toMatch(/2 of 2 migrations are to be applied/)
  })

  test('--sql stops at a check that does not hold', async () => {
    await project.write('Migration3_never', {
      up: ['select 1'],
      members: `requires() { return [{ query: 'select count(*) as "rows" from a', says: 'a has rows.' }] }`,
    })
    await project.lock()
    const { stdout } = await migrate(['plan', '--sql', '--config', project.config])
    await expect(runScript(stdout)).rejects.toThrow('a has rows.')
  })
})

/** As psql does: each statement by itself, the first error ends it. */
async function runScript(script: string): Promise<void> {
  const sql = script.replace('\\set ON_ERROR_STOP on', '')
  const bytes = Buffer.from(sql)
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    for (const { stmt_location: start = 0, stmt_len: length } of (await parse(sql)).stmts ?? []) {
      await client.query(bytes.toString('utf8', start, length && start + length))
    }
  } finally {
    await client.end()
  }
}

describe('create', () => {
  const config = `
import { defineConfig, defineEntity, p } from '@mikro-orm/postgresql'
const entity = defineEntity({ name: 'A', tableName: 'a', properties: { id: p.integer().primary(), COLUMNS } })
export default defineConfig({
  clientUrl: 'postgres://nobody@localhost/none', entities: [entity], baseDir: import.meta.dirname, preferTs: false,
  migrations: { path: 'migrations', snapshotName: '.snapshot', emit: 'ts' },
})`

  test('writes what changed in the entities, recorded and ready to run; says so where nothing did', async () => {
    const empty = await scratchProject({})
    try {
      const create = (...args: string[]) =>
        migrate(['create', ...args, '--config', empty.config], {
          DATABASE_URL: database.url,
        })
      await writeFile(empty.config, config.replace('COLUMNS', ''))
      const first = await create('table-a')
      expect([first.exit, first.stdout]).toEqual([
        0,
        expect.stringMatching(/Wrote .*Migration\d+_table_a\.ts/),
      ])
      expect((await create()).stdout).toMatch(/Nothing has changed/)
      await writeFile(empty.config, config.replace('COLUMNS', 'name: p.text()'))
      const checked = await migrate(['check', '--json', '--config', empty.config])
      const [finding, ...others] = JSON.parse(checked.stdout).findings
      expect(finding).toMatchObject({ about: 'entities', exit: 'integrity' })
      // No server was there to find out what the migration changes.
      expect(others).toMatchObject([{ about: 'schema', exit: 'done' }])
      expect(finding?.says).toMatch(/alter table "a" add "name"/)
      expect(finding?.next).toMatchObject([{ command: 'create' }])
      expect((await create('name')).exit).toBe(0)
      const folder = join(dirname(empty.config), 'migrations')
      const files = (await readdir(folder)).filter((file) => file.endsWith('.ts'))
      expect(files).toHaveLength(2)
      // The repository's formatter writes single quotes and no semicolons.
      expect(await readFile(join(folder, files[1] ?? ''), 'utf8')).toMatch(
        /from '@mikro-orm\/migrations'\n/,
      )
      const up = await migrate(['up', '--config', empty.config], {
        DATABASE_URL: database.url,
      })
      expect([up.exit, up.stdout]).toEqual([0, expect.stringMatching(/2 migrations applied/)])
      expect(
        await query(
          database.url,
          `select column_name from information_schema.columns where table_name = 'a' order by 1`,
        ),
      ).toEqual([{ column_name: 'id' }, { column_name: 'name' }])
    } finally {
      await empty.drop()
    }
  })
})

test('grant makes a role that may change rows, and nothing else', async () => {
  const role = `app_${process.pid}`
  try {
    await run('up', 'Migration1_tables')
    const granted = await migrate(['grant', role], {
      DATABASE_URL: database.url,
      MIGRATE_ROLE_PASSWORD: 's3cret',
    })
    expect([granted.exit, granted.stdout + granted.stderr]).toEqual([
      0,
      expect.not.stringContaining('s3cret'),
    ])
    await query(database.url, 'create table later (n int)')
    const url = new URL(database.url)
    url.username = role
    url.password = 's3cret'
    const app = new Client({ connectionString: url.href })
    await app.connect()
    await app.query(
      'insert into a values (2); update a set n = 3; delete from a; insert into later values (1)',
    )
    await expect(app.query('create table mine (n int)')).rejects.toThrow('permission denied')
    await expect(app.query('alter table a add column m int')).rejects.toThrow('must be owner')
    await expect(
      app.query('insert into migrator.history (run, event) values (gen_random_uuid(), $$done$$)'),
    ).rejects.toThrow('permission denied')
    await app.end()
  } finally {
    await query(database.url, `drop owned by ${role}; drop role ${role}`)
  }
})

test('diff compares a database with the schema that is recorded after a migration', async () => {
  await run('up', '+1')
  const unrecorded = await run('diff', database.url, 'Migration1')
  expect([unrecorded.exit, unrecorded.stderr]).toEqual([
    2,
    expect.stringMatching(/do not record the schema after Migration1_tables[\s\S]*--scratch-url/),
  ])
  await recordExpectedCatalogs(mikroOrmProject(project.config))
  const same = await run('diff', database.url, 'Migration1')
  expect([same.exit, same.stdout]).toEqual([0, expect.stringMatching(/are equal/)])
  const ended = await run('diff', 'Migration2_index', database.url)
  expect([ended.exit, ended.stdout]).toEqual([6, expect.stringMatching(/extra +index public\.i/)])
  expect((await run('diff', database.url, 'catalog.json')).stderr).toMatch(/no migration "catalog/)
})

test('diff judges as check does: what grant gives is listed, and is no fault', async () => {
  await run('up', '+1')
  await recordExpectedCatalogs(mikroOrmProject(project.config))
  const role = `diff_${process.pid}`
  try {
    await run('grant', role)
    // The second migration is pending.
    expect((await run('check')).exit).toBe(5)
    const { exit, stdout } = await run('diff', database.url, 'Migration1')
    expect([exit, stdout]).toEqual([
      0,
      expect.stringMatching(
        /changed +table public\.a\n +grants[\s\S]*No migration depends on what differs\.\n$/,
      ),
    ])
    await query(database.url, 'alter table a add by_hand int')
    expect((await run('diff', database.url, 'Migration1')).exit).toBe(6)
    expect((await run('check')).exit).toBe(6)
  } finally {
    await query(database.url, `drop owned by ${role}; drop role ${role}`)
  }
})

test('diff says what differs between two databases, and between a database and nothing', async () => {
  await run('up')
  const other = await createTestDatabase()
  try {
    const same = await run('diff', database.url, database.url)
    expect([same.exit, same.stdout]).toEqual([0, expect.stringMatching(/are equal/)])
    const ended = await run('diff', database.url, other.url)
    expect([ended.exit, ended.stdout]).toEqual([
      6,
      expect.stringMatching(/extra +table public\.a with 1 column, 1 index/),
    ])
    expect(ended.stdout).not.toContain(new URL(database.url).password)
    expect(ended.stdout).not.toMatch(/mikro_orm_migrations|journal/)
  } finally {
    await other.drop()
  }
})
