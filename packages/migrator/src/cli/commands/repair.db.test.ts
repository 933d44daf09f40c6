import { databaseTarget, run } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../testing/cli.ts'
import { query } from '../../testing/query.ts'
import { scratchProject, type ScratchProject } from '../../testing/scratch-project.ts'

const FIRST = 'Migration1_jobs'

let project: ScratchProject
let database: TestDatabase

beforeAll(async () => {
  project = await scratchProject({
    Migration1_jobs: { up: ['create table jobs (id int)'], down: ['drop table jobs'] },
    Migration2_note: {
      up: ['alter table jobs add note text', `update jobs set note = ''`],
      down: ['alter table jobs drop note'],
    },
    Migration3_more: { up: ['create table more (n int)'], down: ['drop table more'] },
  })
})

afterAll(() => project.drop())

beforeEach(async () => {
  // Another text than in repair.db.test.ts of the engine: templates are told apart by it.
  database = await createTestDatabase({ prepare: (url) => up(url, FIRST) })
})

afterEach(() => database.drop())

async function up(url: string, target: string): Promise<void> {
  await run(mikroOrmProject(project.config), databaseTarget(url), { direction: 'up', target })
}

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)

const repair = (...args: string[]) =>
  migrate(['repair', ...args], { DATABASE_URL: database.url, MIGRATE_CONFIG: project.config })

test('repair records with a reason what another database shows to be expected', async () => {
  await sql('alter table jobs add note text')
  const undecidable = await repair('Migration2_note', '--applied', '--reason', 'at night')
  expect([undecidable.exit, undecidable.stderr]).toEqual([2, expect.stringContaining('--expect')])
  await using model = await createTestDatabase()
  await up(model.url, 'Migration2_note')
  const expected = ['--expect', model.url]
  expect((await repair('Migration2_note', '--applied', ...expected)).exit).toBe(2)
  const twice = await repair('Migration', '--applied', ...expected, '--reason', 'at night')
  expect([twice.exit, twice.stderr]).toEqual([2, expect.stringMatching(/3 migrations begin with/)])
  const none = await repair('Migration4', '--applied', ...expected, '--reason', 'at night')
  expect([none.exit, none.stderr]).toEqual([
    2,
    expect.stringMatching(
      /There is no migration "Migration4". Use a name, or the unique beginning/,
    ),
  ])
  const done = await repair('Migration2', '--applied', ...expected, '--reason', 'at night')
  expect([done.exit, done.stdout]).toEqual([0, 'Recorded: Migration2_note is applied.\n'])
})

test('repair records what the ledger lacks as not applied where the schema lacks it too', async () => {
  await up(database.url, 'head')
  await sql(
    `do $$ begin execute format('alter database %I set "migrator.disposable" = off', current_database()); end $$`,
  )
  await sql(`delete from mikro_orm_migrations where name ~ '3'; drop table more`)
  await using model = await createTestDatabase()
  await up(model.url, 'Migration2_note')
  const args = ['--not-applied', '--expect', model.url, '--reason', 'by hand']
  const done = await repair('Migration3_more', ...args)
  expect([done.exit, done.stdout]).toEqual([0, 'Recorded: Migration3_more is not applied.\n'])
})

test('repair explains what needs a person: who, when, and what to do', async () => {
  expect((await repair()).stdout).toBe('Nothing needs a person.\n')
  await up(database.url, 'Migration2_note')
  await sql(`insert into mikro_orm_migrations (name) values ('Migration8_stock')`)
  await sql(`insert into migrator.history (run, event, migration, direction, segment, segments, mode, statements)
    values (gen_random_uuid(), 'started', 'Migration3_more', 'up', 1, 1, 'outside', '[{"sql": "vacuum", "position": 0}]')`)
  const older = await project.copy()
  try {
    await older.remove('Migration2_note')
    await older.lock()
    const { exit, stdout } = await repair('--config', older.config)
    expect(exit).toBe(6)
    expect(stdout).toMatch(
      /Migration2_note is applied, and this build has no file of it\n {2}Applied \d{4}-.* by postgres/,
    )
    expect(stdout).toMatch(/Migration8_stock[\s\S]*another tool did it/)
    expect(stdout).toMatch(/Migration3_more is in doubt[\s\S]*--not-applied/)
  } finally {
    await older.drop()
  }
})
