import {
  databaseTarget,
  diagnose,
  preview,
  readApplicationCatalog,
  run,
  status,
  withConnection,
} from '@techfacts/migrator'
import { serializeCatalog } from '@techfacts/migrator/catalog'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { printDatabase } from '../testing/database-print.ts'
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
  const folder = join(dirname(project.config), 'catalogs')
  await mkdir(folder)
  await using model = await createTestDatabase()
  for (const name of NAMES) {
    await up(model.url, name)
    await writeFile(join(folder, `${name}.jsonl`), await catalogOf(model.url))
  }
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

async function catalogOf(url: string): Promise<string> {
  return withConnection(databaseTarget(url), async (client) =>
    serializeCatalog(await readApplicationCatalog(client, { table: 'mikro_orm_migrations' })),
  )
}

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)
const cli = (...args: string[]) =>
  migrate(args, { DATABASE_URL: database.url, MIGRATE_CONFIG: project.config })
const say = (name: string, way: string) => cli('repair', name, way, '--reason', 'by hand')

describe('a ledger that lacks what the journal has as applied', () => {
  test.each([
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
  ])('%s, runs nothing twice', async (_, change, names) => {
    await sql(change)
    const before = await printDatabase(database.url)
    const there = [mikroOrmProject(project.config), databaseTarget(database.url)] as const
    for (const command of [
      () => run(...there, { direction: 'up', target: 'head', seed: 'always' }),
      () => run(...there, { direction: 'down', target: 'base', yes: true }),
      () => status(...there),
      () => preview(...there, { direction: 'up', target: 'head' }),
    ]) {
      await expect(command()).rejects.toMatchObject({
        code: 'LEDGER_INCOMPLETE',
        exit: 6,
        details: { names },
      })
    }
    expect(await diagnose(...there)).toMatchObject(
      names.map((migration) => ({ kind: 'unrecorded', migration })),
    )
    expect(await printDatabase(database.url)).toBe(before)
  })

  test('is named with what to run', async () => {
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

  test('is written again, the oldest first, where the work is there', async () => {
    await sql('delete from mikro_orm_migrations')
    expect((await say('Migration2_count', '--applied')).exit).toBe(3)
    for (const name of NAMES) expect(await say(name, '--applied')).toMatchObject({ exit: 0 })
    expect((await cli('up')).stdout).toMatch(/nothing/i)
    expect(await sql('select n from jobs')).toEqual([{ n: 2 }])
  })

  test('is right where the work was taken back by hand, as the catalog proves', async () => {
    await sql(`delete from mikro_orm_migrations where name ~ '3'`)
    const refused = await say('Migration3_note', '--not-applied')
    expect(refused.exit).toBe(6)
    expect(refused.stderr).toMatch(/extra +column public\.jobs\.note/)
    await sql('alter table jobs drop note')
    expect(await say('Migration3_note', '--not-applied')).toMatchObject({
      exit: 0,
      stdout: 'Recorded: Migration3_note is not applied.\n',
    })
    expect((await cli('up')).exit).toBe(0)
    expect(await sql('select note from jobs')).toEqual([{ note: null }])
  })

  test('of a migration of data alone no catalog says that it was taken back', async () => {
    await sql(`delete from mikro_orm_migrations where name ~ '[23]'; alter table jobs drop note`)
    const early = await say('Migration2_count', '--not-applied')
    expect([early.exit, early.stderr]).toEqual([
      3,
      expect.stringContaining('Migration3_note comes after it'),
    ])
    expect((await say('Migration3_note', '--not-applied')).exit).toBe(0)
    const { exit, stderr } = await say('Migration2_count', '--not-applied')
    expect(exit).toBe(3)
    expect(stderr).toContain('changes data alone')
    expect((await say('Migration2_count', '--applied')).exit).toBe(0)
    expect((await cli('up')).exit).toBe(0)
    expect(await sql('select n, note from jobs')).toEqual([{ n: 2, note: null }])
  })

  test('is not said to lack what it has, nor what the journal has as reverted', async () => {
    expect((await say('Migration3_note', '--not-applied')).exit).not.toBe(0)
    expect((await cli('down', '-1', '--yes')).exit).toBe(0)
    expect((await say('Migration3_note', '--not-applied')).exit).not.toBe(0)
    expect((await cli('up')).exit).toBe(0)
  })
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
