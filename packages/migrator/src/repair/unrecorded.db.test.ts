import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { preview } from '../inspect/preview.ts'
import { status } from '../inspect/status.ts'
import { run } from '../run/index.ts'
import { databaseTarget, type DatabaseTarget } from '../session/database-target.ts'
import { readEverything } from '../testing/database.ts'
import { query } from '../testing/query.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { sqlProject, type SqlMigration } from '../testing/sql-project.ts'
import { findBookkeepingIssues } from './bookkeeping-issues.ts'
import { repair, type RepairRequest } from './repair.ts'

/** The ledger lacks migrations that the journal has as applied. */

const MIGRATIONS: Readonly<Record<string, SqlMigration>> = {
  Migration1_jobs: {
    up: 'create table jobs (n int); insert into jobs values (1)',
    down: 'drop table jobs',
  },
  Migration2_count: { up: 'update jobs set n = n + 1', down: 'update jobs set n = n - 1' },
  Migration3_note: {
    up: 'alter table jobs add note text',
    down: 'alter table jobs drop note',
  },
}
const NAMES = Object.keys(MIGRATIONS)

let project: Awaited<ReturnType<typeof sqlProject>>
let database: TestDatabase
let here: DatabaseTarget

beforeAll(async () => {
  project = await sqlProject(MIGRATIONS)
  await recordExpectedCatalogs(project)
})

afterAll(() => project.drop())

beforeEach(async () => {
  database = await createTestDatabase()
  here = databaseTarget(database.url)
  await sql(
    `do $$ begin execute format('alter database %I set "migrator.disposable" = off', current_database()); end $$`,
  )
  await up()
})

afterEach(() => database.drop())

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)
const up = () => run(project, here, { direction: 'up', target: 'head' })
const down = (target: string) => run(project, here, { direction: 'down', target, yes: true })
const record = (migration: string, as: RepairRequest['record']) =>
  repair(project, here, { migration, record: as, reason: 'by hand' })

test.each(
  briefly([
    ['emptied', 'delete from mikro_orm_migrations', NAMES],
    ['truncated', 'truncate mikro_orm_migrations restart identity', NAMES],
    [
      'without its last row',
      `delete from mikro_orm_migrations where name ~ '3'`,
      ['Migration3_note'],
    ],
    [
      'without one in the middle',
      `delete from mikro_orm_migrations where name ~ '2'`,
      ['Migration2_count'],
    ],
  ]),
)(
  'a ledger %s stops every run, and each migration it lacks is an issue',
  async (_, change, names) => {
    await sql(change)
    const before = await readEverything(database.url)
    for (const command of [
      () => run(project, here, { direction: 'up', target: 'head', seed: 'always' }),
      () => down('base'),
      () => status(project, here),
      () => preview(project, here, { direction: 'up', target: 'head' }),
    ]) {
      await expect(command()).rejects.toMatchObject({
        code: 'LEDGER_INCOMPLETE',
        exit: 6,
        details: { names },
      })
    }
    expect(await findBookkeepingIssues(project, here)).toMatchObject(
      names.map((migration) => ({ kind: 'unrecorded', migration })),
    )
    expect(await readEverything(database.url)).toEqual(before)
  },
)

test('what the schema has is recorded again, the oldest first', async () => {
  await sql('delete from mikro_orm_migrations')
  await expect(record('Migration2_count', 'applied')).rejects.toMatchObject({
    code: 'REPAIR_REFUSED',
    exit: 3,
  })
  for (const name of NAMES) await record(name, 'applied')
  expect((await up()).migrations).toEqual([])
  expect(await sql('select n from jobs')).toEqual([{ n: 2 }])
})

test('what the schema lacks is recorded as not applied, and runs again', async () => {
  await sql(`delete from mikro_orm_migrations where name ~ '3'`)
  await expect(record('Migration3_note', 'not-applied')).rejects.toMatchObject({
    code: 'REPAIR_DIFFERS',
    exit: 6,
    message: expect.stringMatching(/extra +column public\.jobs\.note/),
  })
  await sql('alter table jobs drop note')
  await record('Migration3_note', 'not-applied')
  await up()
  expect(await sql('select note from jobs')).toEqual([{ note: null }])
})

test('no schema shows that a migration of data alone is not applied', async () => {
  await sql(`delete from mikro_orm_migrations where name ~ '[23]'; alter table jobs drop note`)
  await expect(record('Migration2_count', 'not-applied')).rejects.toMatchObject({
    code: 'REPAIR_REFUSED',
    message: expect.stringContaining('Migration3_note comes after it'),
  })
  await record('Migration3_note', 'not-applied')
  await expect(record('Migration2_count', 'not-applied')).rejects.toMatchObject({
    code: 'REPAIR_REFUSED',
    message: expect.stringContaining('changes only data'),
  })
  await record('Migration2_count', 'applied')
  await up()
  expect(await sql('select n, note from jobs')).toEqual([{ n: 2, note: null }])
})

test('what the ledger has, and what was reverted, cannot be recorded as not applied', async () => {
  const refused = { code: 'REPAIR_REFUSED' }
  await expect(record('Migration3_note', 'not-applied')).rejects.toMatchObject(refused)
  await down('-1')
  await expect(record('Migration3_note', 'not-applied')).rejects.toMatchObject(refused)
  expect((await up()).migrations).toHaveLength(1)
})
