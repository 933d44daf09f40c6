import { createTestDatabase } from '@techfacts/postgres/testing'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { migrate } from '../../testing/cli.ts'
import { query } from '../../testing/query.ts'
import { scratchProject } from '../../testing/scratch-project.ts'

const FILL = `{ table: 'users', set: { full_name: "first || ' ' || last" }, remains: 'full_name is null' }`

const project = await scratchProject({
  Migration1_users: {
    up: [
      'create table users (id int primary key, first text, last text, full_name text)',
      `insert into users select n, 'f' || n, 'l' || n from generate_series(1, 2000) n`,
    ],
    down: ['drop table users'],
  },
  Migration2_backfill: { up: [], members: `  backfill() { return ${FILL} }` },
})
afterAll(() => project.drop())

const pending = ['Migration2_backfill']

test('a backfill is compiled, planned, run, shown, paused and resumed', async () => {
  await using database = await createTestDatabase()
  const run = async (...args: string[]) =>
    migrate([...args, '--config', project.config], { DATABASE_URL: database.url })
  const text = await readFile(
    join(dirname(project.config), 'migrations', `${pending[0]}.json`),
    'utf8',
  )
  expect(JSON.parse(text)).toMatchObject({
    migration: { up: [{ backfill: { table: 'users', remains: 'full_name is null' } }], down: [] },
  })
  expect((await run('plan')).stdout).toContain('segment 1 of 1, in batches')
  expect((await run('backfill', 'status')).stdout).toBe('No backfill was begun.\n')
  // It writes over nothing, so that nothing is said to go.
  expect(await run('up')).toMatchObject({
    exit: 0,
    stderr: expect.stringMatching(
      /^Migration1_users: applying\nMigration2_backfill: applying\n(.* segment 1 of 1 done in .*\n)?$/,
    ),
  })
  expect((await run('backfill', 'status')).stdout).toBe(
    'Migration2_backfill  done: 2,000 rows changed\n',
  )
  expect(JSON.parse((await run('backfill', 'status', '--json')).stdout)).toMatchObject([
    { migration: 'Migration2_backfill', state: 'done', changed: 2000, pass: 1 },
  ])
  expect(JSON.parse((await run('backfill', 'run', '--json')).stdout)).toEqual([])
  // As a run leaves it that is killed.
  expect((await run('down', 'Migration1_users')).exit).toBe(0)
  await query(
    database.url,
    `update migrator.backfills set state = 'running', is_walked = false, reached = null, seen = 500, estimate = 2000;
     update users set full_name = null`,
  )
  expect((await run('backfill', 'status')).stdout).toMatch(
    /^Migration2_backfill {2}running: 25 %, 2,000 rows changed, about .* left\n {2}pace {13}full speed\n {2}batch {12}\d/,
  )
  expect(JSON.parse((await run('backfill', 'pause', 'Migration2', '--json')).stdout)).toEqual(
    pending,
  )
  expect((await run('backfill', 'status')).stdout).toBe(
    'Migration2_backfill  paused: 25 %, 2,000 rows changed\n',
  )
  const { stdout } = await run('status')
  expect(stdout).toMatch(/^paused {4}Migration2_backfill$/m)
  expect(stdout).toMatch(
    /^1 of 2 migrations is to be applied: .* backfill resume Migration2_backfill$/m,
  )
  const refused = await run('backfill', 'run')
  expect(refused).toMatchObject({ exit: 3, stdout: '' })
  expect(refused.stderr).toMatch(
    /The backfill Migration2_backfill is paused\..*\n.*run: .* backfill resume Migration2_backfill/,
  )
  expect((await run('backfill', 'resume')).stdout).toMatch(
    /^Resumed: Migration2_backfill\. To go on, run: .* up\n$/,
  )
  expect((await run('status')).stdout).toMatch(/^1 of 2 migrations is to be applied: .* up$/m)
  expect((await run('backfill', 'pause')).stdout).toMatch(
    /^Paused: Migration2_backfill\. To go on, run: .* backfill resume\n$/,
  )
  expect((await run('backfill', 'resume')).exit).toBe(0)
  expect((await run('up', '--leave-backfills')).stdout).toMatch(
    /^Migration2_backfill waits .*\nTo fill .*, run: .* backfill run\n/,
  )
  const shared = await run('backfill', 'run', '--json')
  expect(JSON.parse(shared.stdout)).toMatchObject([
    { migration: 'Migration2_backfill', isRecorded: true },
  ])
  const left = 'select count(*)::int as n from users where full_name is null'
  expect(await query(database.url, left)).toEqual([{ n: 0 }])
})

const WRONG: Readonly<Record<string, readonly [members: string, says: RegExp]>> = {
  'no object': ['backfill() { return 1 }', /its backfill is no object/],
  'an unknown key': [
    `backfill() { return { ...${FILL}, sets: {} } }`,
    /its backfill has sets, which means nothing/,
  ],
  'no condition': [
    `backfill() { return { ...${FILL}, remains: '' } }`,
    /does not say which rows remain/,
  ],
  'both forms': [
    `backfill() { return { ...${FILL}, statement: 'delete from batch' } }`,
    /has either/,
  ],
  'text that is more than an expression': [
    `backfill() { return { ...${FILL}, remains: 'true) returning (1' } }`,
    /not valid|has an expression that is not one|syntax error/,
  ],
  'text that closes its parenthesis and is one expression all the same': [
    `backfill() { return { ...${FILL}, remains: 'full_name is null) or (true' } }`,
    /has an expression that is not one/,
  ],
  'several expressions': [
    `backfill() { return { ...${FILL}, set: { full_name: 'first, last' } } }`,
    /has an expression that is not one/,
  ],
  'another one elsewhere': [
    `backfill() { return { ...${FILL}, schema: process.env.TENANT ?? 'public' } }`,
    /another one in another environment/,
  ],
  'a statement that reads': [
    `backfill() { return { table: 'users', statement: 'select 1', remains: 'true' } }`,
    /is one INSERT, UPDATE, DELETE or MERGE/,
  ],
}

test.each(Object.entries(WRONG))(
  'a backfill that cannot be used is refused: %s',
  async (_, [members, says]) => {
    const copy = await project.copy()
    try {
      await copy.write('Migration2_backfill', { up: [], members: `  ${members}` })
      const ended = await migrate(['hash', '--config', copy.config])
      expect(ended.exit).not.toBe(0)
      expect(ended.stderr).toMatch(says)
    } finally {
      await copy.drop()
    }
  },
)

test('without a down, values that were there are not said to come back', async () => {
  const copy = await project.copy()
  try {
    await copy.write('Migration2_backfill', {
      up: [],
      members: `  backfill() { return { ...${FILL}, remains: "full_name is null or full_name = ''" } }`,
    })
    await migrate(['hash', '--config', copy.config])
    await using database = await createTestDatabase()
    const env = { DATABASE_URL: database.url }
    expect(await migrate(['up', '--config', copy.config], env)).toMatchObject({ exit: 0 })
    const down = await migrate(['down', 'Migration1_users', '--config', copy.config], env)
    expect(down.exit).toBe(3)
    expect(down.stderr).toContain('It may write over values, and states no down().')
  } finally {
    await copy.drop()
  }
})
