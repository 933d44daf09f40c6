import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

let project: ScratchProject
let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
  project = await scratchProject({
    Migration1_role: {
      up: [`alter role nobody_has_made_this password 'hunter2'`],
      down: [`alter role nobody_has_made_this password 'hunter2'`],
    },
  })
})

afterAll(() => Promise.all([project.drop(), database.drop()]))

const run = (...args: string[]) =>
  migrate(args, { DATABASE_URL: database.url, MIGRATE_CONFIG: project.config })

test.each(briefly([['up'], ['up', '--json'], ['plan'], ['plan', '--json']]))(
  'a password in a statement is not shown by %j %s',
  async (...args) => {
    const { stdout, stderr } = await run(...args)
    expect(stdout + stderr).toContain(`password '***'`)
    expect(stdout + stderr).not.toContain('hunter2')
  },
)

test('nor is it in what the journal notes of a failure, which history shows', async () => {
  await run('up')
  const rows = await query<{ note: string }>(
    database.url,
    `select note from migrator.history where event = 'failed'`,
  )
  expect(rows[0]?.note).toContain(`password '***'`)
  expect(JSON.stringify(rows)).not.toContain('hunter2')
  expect((await run('history')).stdout).not.toContain('hunter2')
})

test.each([
  'postgres://user:hunter2@127.0.0.1:1/db',
  'postgres://user:hunter2@/db?host=127.0.0.1&port=1',
  'postgres://user@127.0.0.1:1/db?password=hunter2',
  'postgres://user:hun#ter2/hunter2@127.0.0.1:1/db',
  'host=127.0.0.1 port=1 password=hunter2',
])('a password in a URL is not shown: %s', async (url) => {
  const { exit, stdout, stderr } = await migrate(['status', '--json'], {
    DATABASE_URL: url,
    MIGRATE_CONFIG: project.config,
  })
  expect(exit).not.toBe(0)
  expect(stdout + stderr).not.toMatch(/hunter2|hun#|ter2/)
})

/** Of the row that a constraint refuses: by a table that has a column of that name, or none. */
async function failingRow(column: string): Promise<string> {
  await using own = await createTestDatabase()
  const of = await scratchProject({
    Migration1_account: {
      up: [
        `create table account (id int primary key, ${column} text, n int not null)`,
        `insert into account select 1, reverse('2retnuh'), 3`,
      ],
      down: ['drop table account'],
    },
    Migration2_null: { up: ['update account set n = null'], down: ['select 1'] },
  })
  const env = { DATABASE_URL: own.url, MIGRATE_CONFIG: of.config }
  const up = await migrate(['up', '--json'], env)
  const again = await migrate(['up'], env)
  const notes = await query<{ note: string }>(own.url, 'select note from migrator.history')
  await of.drop()
  const said = [up, again].flatMap(({ stdout, stderr }) => [stdout, stderr])
  return [...said, ...notes.map(({ note }) => note)].join('\n')
}

test.each(briefly(['password', 'api_token', '"signing-key"']))(
  'a row that is refused is not shown where its table has a column %s',
  async (column) => {
    const said = await failingRow(column)
    expect(said).toContain('Failing row contains (***)')
    expect(said).not.toContain('hunter2')
  },
)

test('a row that is refused is shown where no column of its table is called like a secret', async () => {
  expect(await failingRow('v')).toContain('Failing row contains (1, hunter2, null)')
})

/** All of them are in a column that the statement does not name. */
test.each(
  briefly([
    ['a check of another column', 'password text, pin int check (pin > 10)', `1, 'hunter2', 4`],
    ['a value of another type', 'password int', `1, 'hunter2'`],
    ['a value of a range', 'password int', `1, 'hunter2'::text::int`],
    ['a number that is too large', 'password smallint', `1, '777777777777'`],
    ['an array', 'passwords int[]', `1, '{"hunter2"'`],
  ]),
)(
  'a literal of an INSERT without columns is not shown where it fails by %s',
  async (_, columns, values) => {
    await using own = await createTestDatabase()
    const of = await scratchProject({
      Migration1: {
        up: [
          `create table users (id int primary key, ${columns})`,
          `insert into users values (${values})`,
        ],
      },
    })
    const env = { DATABASE_URL: own.url, MIGRATE_CONFIG: of.config }
    const ended = []
    for (const args of [
      ['plan'],
      ['plan', '--json'],
      ['up'],
      ['up', '--json'],
      ['history', '--json'],
    ])
      ended.push(await migrate(args, env))
    const notes = await query(own.url, 'select note from migrator.history')
    await of.drop()
    expect(ended.map(({ exit }) => exit)).toEqual([0, 0, 1, 1, 0])
    const said = JSON.stringify([ended, notes])
    expect(said).toContain('insert into users values (1, ')
    expect(said).not.toMatch(/hunter2|7777777/)
  },
)
