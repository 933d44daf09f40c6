import { migrationNames } from '@techfacts/db'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate, migrateProcess } from './testing/cli.ts'
import { query } from '@techfacts/migrator/testing'

let database: TestDatabase

/** As the container's job leaves a new database. */
async function started(url: string): Promise<void> {
  const { exit, stderr } = await migrate(['start'], { DATABASE_URL: url })
  if (exit !== 0) throw new Error(stderr)
}

beforeEach(async () => {
  database = await createTestDatabase({ prepare: started })
})

afterEach(() => database.drop())

const run = (...args: string[]) => migrate(args, { DATABASE_URL: database.url })

test(
  'four containers that start at once apply and seed everything once',
  { tags: 'long' },
  async () => {
    await database.drop()
    database = await createTestDatabase()
    const start = () => migrateProcess(['start'], { DATABASE_URL: database.url })
    const ended = await Promise.all([start(), start(), start(), start()])
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
        `select count(*)::int as n from migrator.history where event = 'seeded'`,
      ),
    ).toEqual([{ n: 1 }])
    const again = await run('start')
    expect([again.exit, again.stdout]).toEqual([0, 'Nothing to do.\n'])
  },
)

test('what the way back throws away is counted before it is taken', { tags: 'long' }, async () => {
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

test('seeds come back with their table', { tags: 'long' }, async () => {
  expect((await run('down', 'base')).exit).toBe(0)
  expect((await run('start')).exit).toBe(0)
  expect(await query(database.url, 'select count(*)::int as n from profiles')).toEqual([{ n: 5 }])
})

test(
  'production is asked before anything is taken away, and gets it back',
  { tags: 'long' },
  async () => {
    const [{ name } = { name: '' }] = await query<{ name: string }>(
      database.url,
      'select current_database() as name',
    )
    await query(database.url, `alter database "${name}" set "migrator.disposable" = off`)
    await query(
      database.url,
      `insert into jobs (type, payload, attempt_count) values ('extract', '{}', 3)`,
    )
    const [first = ''] = migrationNames
    const refused = await run('down', first)
    expect([refused.exit, refused.stderr]).toEqual([
      3,
      expect.stringMatching(/jobs\.attempt_count: 1 values[\s\S]*migrate down Migration\w+ --yes/),
    ])
    expect((await run('down', first, '--yes', '--lose', 'jobs.max_attempts')).exit).toBe(0)
    const listed = await run('archive', 'list')
    expect(listed.stdout).toMatch(/values of jobs \(attempt_count\): 1 rows/)
    expect(listed.stdout).not.toMatch(/max_attempts/)
    expect((await run('archive', 'purge', '--all')).exit).toBe(3)

    const again = await run('start')
    expect(again.stderr).toMatch(/restored 1 of jobs\.attempt_count from the archive/)
    expect(await query(database.url, 'select attempt_count as n from jobs')).toEqual([{ n: 3 }])
    expect((await run('archive', 'list')).stdout).toBe('The archive is empty.\n')
  },
)

test('TechFacts’ own entities are wholly migrated', { tags: 'long' }, async () => {
  const { exit, stdout } = await migrate(['create'])
  expect([exit, stdout]).toEqual([0, expect.stringMatching(/Nothing has changed in the entities/)])
})

test('TechFacts’ own entities, migrations and manifest fit', async () => {
  const { exit, stdout } = await migrate(['check'])
  expect([exit, stdout]).toEqual([0, expect.stringMatching(/^Whole: entities and migrations fit/)])
  const hashed = await migrate(['hash', '--check'])
  expect([hashed.exit, hashed.stdout]).toEqual([
    0,
    expect.stringMatching(/matches every migration/),
  ])
})
