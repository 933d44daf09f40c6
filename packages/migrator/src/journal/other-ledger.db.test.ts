import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { planAdoption } from '../adopt/index.ts'
import { check } from '../inspect/check.ts'
import { preview } from '../inspect/preview.ts'
import { status } from '../inspect/status.ts'
import { repair } from '../repair/repair.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { query } from '../testing/query.ts'
import { createRole, type TestRole } from '../testing/roles.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { recordMigration } from './record.ts'

/** A ledger whose schema nothing names is where the search path leads, and the search path changes. */

type TestProject = Awaited<ReturnType<typeof sqlProject>>

let project: TestProject
let database: TestDatabase
let other: TestRole

beforeAll(async () => {
  project = await sqlProject({
    M1: {
      up: 'create table public.counted (n int); insert into public.counted values (0)',
      down: 'drop table public.counted',
    },
    M2: { up: 'update public.counted set n = n + 1', down: 'update public.counted set n = n - 1' },
  })
  await recordExpectedCatalogs(project)
})

afterAll(() => project.drop())

beforeEach(async () => {
  database = await createTestDatabase()
  other = await createRole(database.url, 'superuser')
  await ofDatabase('alter database %I set "migrator.disposable" = off')
})

afterEach(async () => {
  await other.drop()
  await database.drop()
})

const sql = (text: string, url = database.url) => query<Record<string, unknown>>(url, text)
const ofDatabase = (text: string) =>
  sql(`do $$ begin execute format('${text}', current_database()); end $$`)
const up = (url = database.url, of: TestProject = project) =>
  run(of, databaseTarget(url), { direction: 'up', target: 'head' })

const commands = (url: string) => {
  const here = databaseTarget(url)
  return {
    up: () => up(url),
    down: () => run(project, here, { direction: 'down', target: 'base', yes: true }),
    adopt: () => planAdoption(project, here, { decisions: new Map() }),
    plan: () => preview(project, here, { direction: 'up', target: 'head' }),
    status: () => status(project, here),
    repair: () => repair(project, here, { migration: 'M1', record: 'applied', reason: 'test' }),
    record: () => recordMigration(project, here, 'M1', 'up'),
  }
}

const isElsewhere = (elsewhere: string) => ({
  code: 'LEDGER_ELSEWHERE',
  exit: 6,
  details: { elsewhere, names: ['M1', 'M2'] },
  message: expect.stringContaining(`The ledger of these migrations is ${elsewhere}`),
})

const ledgers = () =>
  sql(
    `select relnamespace::regnamespace::text as schema from pg_class where relname = 'mikro_orm_migrations' order by 1`,
  )

/** How another ledger comes to be found, or none; and as whom. */
const CHANGES: Readonly<
  Record<string, { before?: string; change: string; by?: () => string; at?: string }>
> = {
  'the search path of the database': {
    change: 'create schema app; DATABASE set search_path = app',
  },
  'the search path of a role': {
    change: 'create schema app; alter role OTHER set search_path = app',
    by: () => other.url,
  },
  'another role, without a schema of its own name': {
    before: 'create schema authorization postgres',
    at: '"postgres"',
    change: 'select 1',
    by: () => other.url,
  },
  'a ledger without rows, which another tool has made': {
    change: `create schema app; create table app.mikro_orm_migrations (like public.mikro_orm_migrations including all);
      DATABASE set search_path = app, public`,
  },
  'another tool’s ledger of the same migrations': {
    change: `create schema app; create table app.mikro_orm_migrations as table public.mikro_orm_migrations;
      DATABASE set search_path = app, public`,
  },
}

describe('a search path that leads to another ledger than the journal’s stops every command', () => {
  test.each(briefly(Object.entries(CHANGES)))(
    '%s',
    async (_, { before = '', change, by, at = '"public"' }) => {
      await sql(before)
      await up()
      const words = {
        OTHER: other.name,
        DATABASE: `alter database ${new URL(database.url).pathname.slice(1)}`,
      }
      await sql(change.replaceAll(/OTHER|DATABASE/g, (word) => words[word as keyof typeof words]))
      const had = await ledgers()
      const url = by?.() ?? database.url
      for (const command of Object.values(commands(url))) {
        await expect(command()).rejects.toMatchObject(isElsewhere(`${at}."mikro_orm_migrations"`))
      }
      expect(await check(project, databaseTarget(url))).toContainEqual(
        expect.objectContaining({ about: 'ledger', exit: 'integrity' }),
      )
      expect(await ledgers()).toEqual(had)
      expect(await sql('select n from public.counted')).toEqual([{ n: 1 }])
      await sql('drop schema if exists postgres cascade')
    },
  )
})

describe('it stops nothing', () => {
  const moved = 'create schema app; DATABASE set search_path = app'
  const move = () =>
    sql(moved.replace('DATABASE', `alter database ${new URL(database.url).pathname.slice(1)}`))

  test('where the other ledger is of other migrations', async () => {
    await up()
    await move()
    const others = await sqlProject({ N1: { up: 'create table public.n (n int)' } })
    expect((await up(database.url, others)).migrations).toHaveLength(1)
    // Both ledgers are known from now on.
    expect((await up(database.url, others)).migrations).toEqual([])
    await others.drop()
  })

  test('where the other ledger is gone with its schema', async () => {
    await up()
    await move()
    await sql('drop table public.mikro_orm_migrations, public.counted')
    expect((await up()).migrations).toHaveLength(2)
  })

  test('where all was reverted there', { tags: 'long' }, async () => {
    await up()
    await run(project, databaseTarget(database.url), {
      direction: 'down',
      target: 'base',
      yes: true,
    })
    await move()
    expect((await up()).migrations).toHaveLength(2)
  })

  test('where the ledger has moved along', async () => {
    await up()
    await move()
    await sql('alter table public.mikro_orm_migrations set schema app')
    await expect(status(project, databaseTarget(database.url))).resolves.toMatchObject({
      pending: 0,
    })
  })

  test('on a disposable database', async () => {
    await up()
    await move()
    await sql('drop table public.counted')
    await ofDatabase('alter database %I set "migrator.disposable" = on')
    expect((await up()).migrations).toHaveLength(2)
  })
})
