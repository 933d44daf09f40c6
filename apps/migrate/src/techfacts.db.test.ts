import { migrationNames } from '@techfacts/db'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from './testing/cli.ts'
import { query } from './testing/query.ts'

let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(() => database.drop())

const run = (...args: string[]) => migrate(args, { DATABASE_URL: database.url })

test('four containers that start at once apply and seed everything once', async () => {
  const ended = await Promise.all([run('start'), run('start'), run('start'), run('start')])
  expect(ended.map(({ exit }) => exit)).toEqual([0, 0, 0, 0])
  const ledger = await query<{ name: string }>(
    database.url,
    'select name from mikro_orm_migrations order by id',
  )
  expect(ledger.map(({ name }) => name)).toEqual(migrationNames)
  expect(await query(database.url, 'select count(*)::int as n from profiles')).toEqual([{ n: 5 }])
  expect(
    await query(
      database.url,
      `select count(*)::int as n from migrator.journal where event = 'seeded'`,
    ),
  ).toEqual([{ n: 1 }])
  const again = await run('start')
  expect([again.exit, again.stdout]).toEqual([0, 'Nothing to do.\n'])
})

test('what the way back throws away is counted before it is taken', async () => {
  expect((await run('start')).exit).toBe(0)
  await query(
    database.url,
    `insert into jobs (type, payload) values ('extract', '{}'), ('report', '{}')`,
  )
  const ended = await run('down', migrationNames[0] ?? '')
  expect(ended.exit).toBe(0)
  const [said = '', done = ''] = ended.stderr.split(`${migrationNames.at(-1)}: reverting`)
  expect(said).toMatch(
    /This takes away, and keeps in the archive:[\s\S]*jobs\.attempt_count: 2 values[\s\S]*jobs\.max_attempts: 2 values/,
  )
  expect(done).not.toBe('')
  expect(await query(database.url, 'select count(*)::int as n from jobs')).toEqual([{ n: 2 }])
})

test('seeds come back with their table', async () => {
  expect((await run('start')).exit).toBe(0)
  expect((await run('down', 'base')).exit).toBe(0)
  expect((await run('start')).exit).toBe(0)
  expect(await query(database.url, 'select count(*)::int as n from profiles')).toEqual([{ n: 5 }])
})
