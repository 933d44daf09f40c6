import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mikroOrmProject } from '../mikro-orm/project.ts'
import { migrate } from '../testing/cli.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { query } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

/** Prisma, Rails and others make a unique index where MikroORM makes a constraint. */

let project: ScratchProject
let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase()
  project = await scratchProject({
    Migration1: {
      up: [
        'create table "User" (id int primary key, email text, "Nick" text, n int)',
        'alter table "User" add constraint "User_email_key" unique (email)',
        'alter table "User" add constraint user_nick_unique unique ("Nick", n)',
      ],
      down: ['drop table "User"'],
    },
    Migration2: { up: ['create table b (id int)'], down: ['drop table b'] },
  })
  await recordExpectedCatalogs(mikroOrmProject(project.config))
})

afterEach(() => Promise.all([project.drop(), database.drop()]))

const adopt = (...args: string[]) =>
  migrate(['adopt', ...args, '--config', project.config], { DATABASE_URL: database.url })

const TABLE = 'create table "User" (id int primary key, email text, "Nick" text, n int)'

test('a unique index in the place of its constraint becomes that, under whatever name it has', async () => {
  await query(
    database.url,
    `${TABLE};
     create unique index "User_email_key" on "User" (email);
     create unique index "Odd "" name" on "User" ("Nick", n);
     insert into "User" values (1, 'a@b.c')`,
  )
  const files = () =>
    query(
      database.url,
      `select relfilenode from pg_index join pg_class on oid = indexrelid
       where indrelid = '"User"'::regclass order by 1`,
    )
  const before = await files()
  const plan = await adopt('--plan')
  expect([plan.exit, plan.stdout]).toEqual([
    0,
    expect.stringMatching(/This database is the schema after Migration1/),
  ])
  const done = await adopt('--yes')
  expect([done.exit, done.stderr.includes('failed')]).toEqual([0, false])
  expect(
    await query(
      database.url,
      `select conname from pg_constraint where conrelid = '"User"'::regclass and contype = 'u' order by 1`,
    ),
  ).toEqual([{ conname: 'User_email_key' }, { conname: 'user_nick_unique' }])
  // No index was built again.
  expect(await files()).toEqual(before)
})

test.each([
  ['of other columns', 'create unique index "User_email_key" on "User" (email, n)'],
  ['of some rows', 'create unique index "User_email_key" on "User" (email) where n > 1'],
  ['in another order', 'create unique index "User_email_key" on "User" (email desc)'],
  ['that is not unique', 'create index "User_email_key" on "User" (email)'],
])('an index %s does not', async (_, index) => {
  await query(
    database.url,
    `${TABLE}; ${index}; alter table "User" add constraint user_nick_unique unique ("Nick", n)`,
  )
  expect((await adopt('--plan')).exit).toBe(6)
})
