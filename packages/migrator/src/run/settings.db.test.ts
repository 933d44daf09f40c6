import { briefly, createTestDatabase, inTurn, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Project } from '../project/project.ts'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { run } from './index.ts'

let database: TestDatabase
const projects: { drop(): Promise<void> }[] = []

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(async () => {
  await Promise.all([database.drop(), ...projects.splice(0).map((project) => project.drop())])
})

const sql = <Row extends Record<string, unknown>>(text: string, url = database.url) =>
  query<Row>(url, text)

/** Defaults of the database, or of a role: seen by the next session. What the server does not take is left out. */
const setDefaults = (settings: Readonly<Record<string, string>>, whose?: string) =>
  sql(
    `do $do$ declare one record; begin
       for one in select * from json_each_text($json$${JSON.stringify(settings)}$json$) loop
         begin
           execute format('alter %s set %I = %L', ${whose === undefined ? `format('database %I', current_database())` : `'${whose}'`}, one.key, one.value);
         exception when others then null;
         end;
       end loop;
     end $do$`,
  )

const PROJECT = {
  Migration1: {
    up: `create table t (n int primary key, "E" text default 'a\\b', at timestamptz default '2026-01-02 03:04:05+00',
           d interval default '1 day 02:03:04', b bytea default '\\x00ff', f float8 default 0.1);
         create view v as select n, "E", n / 2.0 as half from t where at > '2026-01-01';
         create function f(x int) returns int language sql stable as 'select x + n from t limit 1';
         insert into t (n) values (1), (2);`,
    down: 'drop function f(int); drop view v; drop table t',
  },
  Migration2: {
    up: `create index concurrently i on t ("E"); alter table t add check (n > 0) not valid; update t set f = f + 1`,
    down: 'drop index concurrently i; alter table t drop constraint t_n_check',
  },
} as const

async function projectOf(migrations: Parameters<typeof sqlProject>[0]): Promise<Project> {
  const project = await sqlProject(migrations)
  projects.push(project)
  return project
}

/** Up, down and up again; returns what was recorded. */
async function roundTrip(project: Project, url: string) {
  const connection = databaseTarget(url)
  await run(project, connection, { direction: 'up', target: 'head' })
  await run(project, connection, { direction: 'down', target: 'base', yes: true })
  await run(project, connection, { direction: 'up', target: 'head' })
  return sql(
    `select event, migration, direction, checksum, fingerprint from migrator.history order by id`,
    url,
  )
}

/** What would strike a migration in the middle, and must not. */
const STRIKING = {
  statement_timeout: '10s',
  lock_timeout: '9s',
  idle_session_timeout: '8s',
  idle_in_transaction_session_timeout: '7s',
  default_transaction_read_only: 'on',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  exit_on_error: 'on',
  standard_conforming_strings: 'off',
  ...((inject('postgresMajor') ?? 18) >= 17 && { transaction_timeout: '6s' }),
}

test('what a database has by default strikes no migration', async () => {
  await setDefaults(STRIKING)
  const names = Object.keys(STRIKING)
  const look = `select name, current_setting(name) as value from unnest('{${names.join()}}'::text[]) as name`
  const project = await projectOf({
    Migration1: {
      up: `create table seen (name text, value text); insert into seen ${look};
           reindex table concurrently seen; create table made as ${look}`,
    },
  })
  await run(project, databaseTarget(database.url), { direction: 'up', target: 'head' })
  const limits = {
    statement_timeout: '1h',
    lock_timeout: '50ms',
    idle_session_timeout: '0',
    idle_in_transaction_session_timeout: '10min',
    default_transaction_read_only: 'off',
    default_transaction_isolation: 'read committed',
    default_transaction_deferrable: 'off',
    exit_on_error: 'off',
    standard_conforming_strings: 'on',
    transaction_timeout: '0',
  }
  const expected = names.map((name) => ({ name, value: limits[name as keyof typeof limits] }))
  expect(await sql(`select name, value from seen`)).toEqual(expected)
  expect(await sql(`select name, value from made`)).toEqual(expected)
})

/** Would keep a session from beginning, or a table from being made, in any program. */
const HOPELESS = [
  'local_preload_libraries',
  'session_preload_libraries',
  'role',
  'session_authorization',
  'client_encoding',
  'default_table_access_method',
  'default_tablespace',
  'max_stack_depth',
  'transaction_isolation',
  'transaction_read_only',
  'transaction_deferrable',
  'seed',
  'dynamic_library_path',
  'restrict_nonsystem_relation_kind',
  'log_min_messages',
  'client_min_messages',
  'ignore_checksum_failure',
  'search_path',
]

/**
 * Some other value of each setting that a session may have. Of the planner's methods, which have two, each
 * sample turns others around: with all of them at once every look at the schema takes seconds.
 */
const OTHERS = `
  select name, case when name like '%timeout' then '2min' when name like 'enable%' and row_number() over (partition by name like 'enable%' order by name) % 4 <> $N then setting else case vartype when 'bool' then case setting when 'on' then 'off' else 'on' end
           when 'enum' then enumvals[1 + ($N % cardinality(enumvals))]
           when 'integer' then case $N % 2 when 0 then greatest(min_val::bigint, least(max_val::bigint, setting::bigint + 1)) else max_val::bigint end::text
           when 'real' then case $N when 0 then least(max_val::float8, 100 * setting::float8)::text when 1 then min_val else setting end
           else setting end end as value
    from pg_settings
   where context in ('user', 'superuser') and name not like 'log%' and name not like 'debug%' and name not like 'trace%'
     and name <> all ('{${HOPELESS.join()}}') order by name`

describe('records the same under odd settings of its role', () => {
  // Those of a database are a part of its schema.
  const role = `odd_${process.pid}`

  beforeAll(async () => {
    await using server = await createTestDatabase()
    const { password } = new URL(server.url)
    await query(server.url, `create role ${role} superuser login password '${password}'`)
  })

  afterAll(async () => {
    await using server = await createTestDatabase()
    await query(server.url, `drop role ${role}`)
  })

  const as = (url: string) => Object.assign(new URL(url), { username: role }).href

  test.each(briefly(inTurn([0, 1, 2, 3])))('sample %i', async (n) => {
    const project = await projectOf(PROJECT)
    await sql(`alter role ${role} reset all`)
    const expected = await roundTrip(project, as(database.url))
    const others = await sql<{ name: string; value: string }>(OTHERS.replaceAll('$N', String(n)))
    expect(others.length).toBeGreaterThan(100)
    await using odd = await createTestDatabase()
    await setDefaults(
      Object.fromEntries(others.map(({ name, value }) => [name, value])),
      `role ${role}`,
    )
    expect(await roundTrip(project, as(odd.url))).toEqual(expected)
  })
})

test('a table with rows for a deferred constraint is altered in the same migration', async () => {
  const project = await projectOf({
    Migration1: {
      up: `create table a (n int primary key);
           create table b (n int primary key, a int references a deferrable initially deferred,
             other int references a deferrable initially immediate);
           insert into b values (1, 1);
           insert into a values (1);
           alter table b add column m int;
           insert into b values (2, 2);
           insert into a values (2);
           alter table a add column m int`,
      down: `delete from a; delete from b; alter table b drop column m; drop table b, a`,
    },
  })
  const connection = databaseTarget(database.url)
  await run(project, connection, { direction: 'up', target: 'head' })
  expect(await sql('select n, a, m from b')).toEqual([
    { n: 1, a: 1, m: null },
    { n: 2, a: 2, m: null },
  ])
  await run(project, connection, { direction: 'down', target: 'base', yes: true })
  expect(await sql(`select to_regclass('b') as b`)).toEqual([{ b: null }])
})

test('what a deferred constraint refuses is said, and nothing stands', async () => {
  const project = await projectOf({
    Migration1: {
      up: `create table a (n int primary key);
           create table b (a int references a deferrable initially deferred);
           insert into b values (1);
           alter table b add column m int`,
    },
  })
  const ended = run(project, databaseTarget(database.url), { direction: 'up', target: 'head' })
  await expect(ended).rejects.toMatchObject({
    code: 'STATEMENT_FAILED',
    message: expect.stringMatching(/violates foreign key constraint/),
  })
  expect(await sql(`select to_regclass('a') as a`)).toEqual([{ a: null }])
})

test('the reason for which the server ended the sessions is said', async () => {
  const project = await projectOf({
    Migration1: {
      up: `set idle_in_transaction_session_timeout = '1min'; select pg_terminate_backend(pg_backend_pid())`,
    },
  })
  const ended = run(project, databaseTarget(database.url), { direction: 'up', target: 'head' })
  await expect(ended).rejects.toMatchObject({
    code: 'SESSION_LOST',
    message: expect.stringMatching(/terminating connection due to administrator command/),
  })
})

test('rows that row security hides from a check are no proof', async () => {
  const role = `settings_${process.pid}`
  const { pathname } = new URL(database.url)
  await sql(`create role ${role} login; grant create on database "${pathname.slice(1)}" to ${role};
    grant create on schema public to ${role}; set role ${role};
    create table hidden (n int); insert into hidden values (1);
    alter table hidden enable row level security; alter table hidden force row level security`)
  try {
    const query = 'select count(*) as bad from hidden'
    for (const checks of ['requires', 'ensures']) {
      const check = { query, says: 'There are bad rows.' }
      const project = await projectOf({ Migration1: { up: 'select 1', [checks]: [check] } })
      const url = new URL(database.url)
      url.searchParams.set('options', `-c role=${role}`)
      const ended = run(project, databaseTarget(url.href), { direction: 'up', target: 'head' })
      await expect(ended).rejects.toMatchObject({
        code: 'ROWS_HIDDEN',
        message: expect.stringMatching(/row-level security[\s\S]*BYPASSRLS/),
      })
    }
  } finally {
    await sql(`drop owned by ${role}; drop role ${role}`)
  }
})

test.each(inTurn(['set transaction read only', 'set transaction_read_only = on']))(
  'a migration that makes its transaction read-only hears that of itself: %s',
  async (up) => {
    const project = await sqlProject({ M1: { up: `${up}; select 1`, down: '' }, M2: { up: '' } })
    projects.push(project)
    const failed = run(project, databaseTarget(database.url), { direction: 'up', target: 'head' })
    await expect(failed).rejects.toMatchObject({
      code: 'STATEMENT_FAILED',
      message: expect.stringMatching(/M1.*makes its transaction read-only/s),
    })
  },
)
