import { databaseTarget, run } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

let project: ScratchProject
let database: TestDatabase

const NAMES = ['Migration1_jobs', 'Migration2_count', 'Migration3_note']

beforeAll(async () => {
  project = await scratchProject({
    Migration1_jobs: {
      up: ['create table jobs (n int)', 'insert into jobs values (1)'],
      down: ['drop table jobs'],
    },
    Migration2_count: { up: ['update jobs set n = n + 1'], down: ['update jobs set n = n - 1'] },
    Migration3_note: {
      up: ['alter table jobs add note text'],
      down: ['alter table jobs drop note'],
    },
  })
})

afterAll(() => project.drop())

beforeEach(async () => {
  database = await createTestDatabase()
  await query(
    database.url,
    `do $$ begin execute format('alter database %I set "migrator.disposable" = off', current_database()); end $$`,
  )
  await up(database.url, 'head')
})

afterEach(() => database.drop())

async function up(url: string, target: string): Promise<void> {
  await run(mikroOrmProject(project.config), databaseTarget(url), { direction: 'up', target })
}

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)
const cli = (...args: string[]) =>
  migrate(args, { DATABASE_URL: database.url, MIGRATE_CONFIG: project.config })

test('what the ledger lacks is named with what to run', async () => {
  await sql('delete from mikro_orm_migrations')
  const { exit, stdout, stderr } = await cli('up')
  expect([exit, stdout]).toEqual([6, ''])
  for (const name of NAMES) expect(stderr).toContain(`\n  ${name}`)
  expect(stderr).toContain('migrate repair Migration1_jobs --applied')
  expect(stderr).toContain('migrate repair Migration3_note --not-applied')
  expect((await cli('repair')).stdout).toContain(
    'Migration1_jobs is applied by the journal, and the ledger lacks it',
  )
})

test('a ledger that is gone whole begins anew, with one line', async () => {
  await sql('drop table mikro_orm_migrations, jobs')
  const { exit, stderr } = await cli('up')
  expect(exit).toBe(0)
  expect(stderr.match(/The ledger is gone/g)).toHaveLength(1)
  expect(await sql('select n from jobs')).toEqual([{ n: 2 }])
})

test('on a disposable database what the ledger lacks runs again, with one line', async () => {
  await sql(
    `do $$ begin execute format('alter database %I set "migrator.disposable" = on', current_database()); end $$`,
  )
  await sql('delete from mikro_orm_migrations; drop table jobs')
  const { exit, stderr } = await cli('up', '--allow-drift', 'test')
  expect(exit).toBe(0)
  expect(stderr.match(/The ledger lacks what the journal has as applied/g)).toHaveLength(1)
  expect(await sql('select n from jobs')).toEqual([{ n: 2 }])
})
