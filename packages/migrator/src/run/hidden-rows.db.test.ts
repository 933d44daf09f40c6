import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { createRole, type TestRole } from '../testing/roles.ts'
import { sqlProject, type SqlMigration } from '../testing/sql-project.ts'
import { run } from './index.ts'

let database: TestDatabase
let owner: TestRole
const projects: { drop(): Promise<void> }[] = []

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)

beforeEach(async () => {
  database = await createTestDatabase()
  owner = await createRole(database.url)
  await sql(
    `do $$ begin execute format('alter database %I owner to ${owner.name}', current_database()); end $$`,
  )
})

afterEach(async () => {
  await sql(
    `do $$ begin execute format('alter database %I owner to postgres', current_database()); end $$`,
  )
  await owner.drop()
  await Promise.all([database.drop(), ...projects.splice(0).map((project) => project.drop())])
})

/** A table of which its owner sees half. */
const HIDING = `create table t (id int primary key, v text);
  insert into t values (1, 'seen'), (2, null);
  alter table t enable row level security, force row level security;
  create policy p on t using (id = 1)`

async function migrations(more: Readonly<Record<string, SqlMigration>>) {
  const project = await sqlProject({ Migration1: { up: HIDING, down: 'drop table t' }, ...more })
  projects.push(project)
  const go = (direction: 'up' | 'down', target = direction === 'up' ? 'head' : '-1') =>
    run(project, databaseTarget(owner.url), { direction, target, yes: true })
  return { project, go }
}

const HIDDEN = {
  code: 'ROWS_HIDDEN',
  exit: 3,
  message: expect.stringMatching(/"t"[\s\S]*BYPASSRLS/),
}

describe('rows that the role cannot see', () => {
  test('are no unarchivableReason on the way up', async () => {
    const { go } = await migrations({
      Migration2: { up: `update t set v = 'x'; alter table t add w int` },
    })
    await go('up')
    expect(await sql('select v from t order by id')).toEqual([{ v: 'x' }, { v: null }])
  })

  test('stop a backfill, which is to change each of them', async () => {
    const { go } = await migrations({
      Migration2: { up: '', backfill: { table: 't', set: { v: `'x'` }, remains: 'v is null' } },
    })
    await expect(go('up')).rejects.toMatchObject(HIDDEN)
    expect(await sql('select name from mikro_orm_migrations')).toEqual([{ name: 'Migration1' }])
    await sql(`alter role ${owner.name} bypassrls`)
    await go('up')
    expect(await sql('select from t where v is null')).toEqual([])
  })

  test.each(
    briefly([
      ['a column', 'alter table t add w int', 'alter table t drop column w'],
      ['a column that was there', 'select', 'alter table t drop column v'],
      ['rows', 'select', 'delete from t'],
      ['values', 'select', `update t set v = ''`],
      ['a type', 'select', 'alter table t alter v type varchar(3) using left(v, 3)'],
    ]),
  )('stop a way back that takes %s, and nothing is lost', async (_, up, down) => {
    const { go } = await migrations({ Migration2: { up, down } })
    await go('up')
    const before = await sql('select * from t order by id')
    await expect(go('down')).rejects.toMatchObject(HIDDEN)
    expect(await sql('select * from t order by id')).toEqual(before)
    await sql(`alter role ${owner.name} bypassrls`)
    await go('down')
    expect(await sql('select name from mikro_orm_migrations')).toEqual([{ name: 'Migration1' }])
  })

  test.each(briefly(['requires', 'ensures'] as const))(
    'let no %s pass that a hidden row breaks',
    async (which) => {
      const check = {
        query: 'select count(*) as empty from t where v is null',
        says: 'Rows are empty.',
      }
      const { go } = await migrations({
        Migration2: { up: 'alter table t add w int', [which]: [check] },
      })
      await go('up', 'Migration1')
      await expect(go('up')).rejects.toMatchObject(HIDDEN)
      expect(
        await sql(
          `select from information_schema.columns where table_name = 't' and column_name = 'w'`,
        ),
      ).toEqual([])
      await sql(`alter role ${owner.name} bypassrls`)
      const code = which === 'requires' ? 'REQUIRES' : 'ENSURES'
      await expect(go('up')).rejects.toMatchObject({ code })
      await sql(`update t set v = 'x'`)
      await go('up')
      expect(await sql('select w from t')).toHaveLength(2)
    },
  )
})

const values = (columns: string) => sql(`select id, ${columns} from t order by id`)

describe('values of rows that the role cannot see', () => {
  test(
    'are restored while others of the same rows wait, and so are those',
    { tags: 'long' },
    async () => {
      const { go } = await migrations({
        Migration2: { up: 'alter table t add a int', down: 'alter table t drop column a' },
        Migration3: { up: 'alter table t add b int', down: 'alter table t drop column b' },
      })
      await go('up')
      await sql('update t set a = id, b = -id')
      const before = await values('a, b')
      await sql(`alter role ${owner.name} bypassrls`)
      await go('down', 'Migration1')
      await sql(`alter role ${owner.name} nobypassrls`)
      await go('up', 'Migration2')
      expect(await values('a')).toEqual(before.map(({ id, a }) => ({ id, a })))
      await go('up')
      expect(await values('a, b')).toEqual(before)
    },
  )

  test('are found again by the order of the rows where a later statement writes the table anew', async () => {
    const { go } = await migrations({
      Migration2: {
        up: 'alter table t drop constraint t_pkey; alter table t drop column v; alter table t set unlogged',
        down: 'alter table t set logged; alter table t add v text; alter table t add primary key (id)',
      },
    })
    await go('up', 'Migration1')
    const before = await values('v')
    await go('up')
    await sql(`alter role ${owner.name} bypassrls`)
    await go('down')
    expect(await values('v')).toEqual(before)
  })
})
