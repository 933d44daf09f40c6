import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { preview } from '../inspect/preview.ts'
import type { Check } from '../migration.ts'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { openSession } from '../testing/sessions.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { run } from './index.ts'

/*
 * What a migration requires is counted before it takes a lock; `plan` and the refusal name some of the rows.
 */

const UP = { direction: 'up', target: 'head' } as const

let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase()
  await query(
    database.url,
    `create schema "odd one";
     create table t (id int primary key, a text, b int);
     insert into t values (1, 'x', 1), (2, null, 1), (3, 'x', 2), (4, null, 3), (5, 'y', 3);
     create table pair (a int, b text, n int, primary key (a, b));
     insert into pair values (1, 'one', 7), (1, 'two', null), (2, 'one', null);
     create table keyless (n int);
     insert into keyless values (null);
     create table "odd one"."Select" ("The Key" uuid primary key, "from" int);
     insert into "odd one"."Select" values ('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 1);
     create view v as select * from t;
     create table many (id text primary key);
     insert into many select repeat('k', 200) || i from generate_series(1, 9) i`,
  )
})

afterEach(() => database.drop())

/** What `up` and `plan` say where this is required of an empty migration, after the sentence of the check. */
async function refusal(checked: string): Promise<string | undefined> {
  const requires: Check[] = [{ query: checked, says: 'No.' }]
  const project = await sqlProject({ Migration1: { up: 'select 1', requires } })
  try {
    const target = databaseTarget(database.url)
    const { facts } = await preview(project, target, UP)
    const [unmet] = facts?.unmet ?? []
    const error = await run(project, target, UP).then(
      () => undefined,
      (one: unknown) => (one instanceof Error ? one : undefined),
    )
    if (unmet === undefined) return error?.message
    expect(error).toMatchObject({ code: 'REQUIRES' })
    expect(error?.message).toContain(`Migration1 cannot run: ${unmet.says}\n`)
    return unmet.says.replace('No. ', '')
  } finally {
    await project.drop()
  }
}

const K = 'k'.repeat(100)

describe('rows in the way are named by their primary keys, in the plan and by up', () => {
  test.each([
    ['select count(*) as nulls from t where a is null', '(nulls: 2, such as id 2, 4)'],
    ['select count(*) from t x where x.a is null', '(count: 2, such as id 2, 4)'],
    [
      'select count(*) as nulls from pair where n is null',
      '(nulls: 2, such as (a, b) 1, two, 2, one)',
    ],
    [
      'select count(*) as duplicates from (select from t where a is not null group by a having count(*) > 1) d',
      '(duplicates: 1, such as id 1 and 3)',
    ],
    [
      'select count(*) as orphans from t t where not exists (select from t r where r.id = t.b and r.id < 3)',
      '(orphans: 2, such as id 4, 5)',
    ],
    [
      `select count(*) as rows from "odd one"."Select" where "from" = 1`,
      '(rows: 1, such as The Key 6ba7b810-9dad-11d1-80b4-00c04fd430c8)',
    ],
    ['select count(*) as rows from many', `(rows: 9, such as id ${Array(5).fill(K).join(', ')})`],
    ['select count(*) as rows from keyless', '(rows: 1)'],
    ['select count(*) as rows from v where a is null', '(rows: 2)'],
    ['select count(*) as rows from t join pair on n = 7', '(rows: 5)'],
    ['select count(*) as rows from (select from t limit 1) one', '(rows: 1)'],
    ['select count(*) filter (where a is null) as nulls from t', '(nulls: 2)'],
    ['select count(distinct b) as kinds from t', '(kinds: 3)'],
    ['select count(*) as one, 2 as two from t', '(one: 5, two: 2)'],
    ['with x as (select 1) select count(*) as n from t', '(n: 5)'],
    ['select false as holds', '(holds: false)'],
  ])('%s', async (checked, expected) => {
    expect(await refusal(checked)).toBe(expected)
  })
})

test('what holds is not told, and leaves the plan as it was', async () => {
  expect(await refusal('select count(*) as rows from t where id > 9')).toBeUndefined()
})

test('what an earlier migration of the plan makes is not read yet', async () => {
  const project = await sqlProject({
    Migration1: { up: 'create table later (n int)' },
    Migration2: {
      up: 'select 1',
      requires: [
        { query: 'select count(*) as rows from later', says: 'Never.' },
        { query: 'select count(*) as nulls from t where a is null', says: 'No.' },
      ],
    },
  })
  const { facts } = await preview(project, databaseTarget(database.url), UP)
  await project.drop()
  expect(facts?.unmet).toEqual([
    { migration: 'Migration2', says: 'No. (nulls: 2, such as id 2, 4)' },
  ])
})

test('a check of the next migration that cannot be read is told', async () => {
  expect(await refusal('select count(*) as rows from nowhere')).toMatch(
    /^a check of it cannot be read \(relation "nowhere" does not exist\)/,
  )
})

test('a plan waits for nobody who holds the table', async () => {
  const other = await openSession(database.url, 'other', 'begin; lock table t')
  const requires = [{ query: 'select count(*) as rows from t', says: 'No.' }]
  const project = await sqlProject({ Migration1: { up: 'select 1', requires } })
  const { facts } = await preview(project, databaseTarget(database.url), UP)
  await Promise.all([other.end(), project.drop()])
  expect(facts?.segments).toHaveLength(1)
  expect(facts?.unmet).toBeUndefined()
})
