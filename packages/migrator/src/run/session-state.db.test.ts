import { createTestDatabase, inTurn, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CodeSession } from '../migration.ts'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { sqlProject, type SqlMigration } from '../testing/sql-project.ts'
import { run } from './index.ts'

let database: TestDatabase
const ROLE = `session_state_${process.pid}`

beforeAll(async () => {
  await using server = await createTestDatabase()
  await query(server.url, `create role ${ROLE} superuser`)
})

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(() => database.drop())

afterAll(async () => {
  await using server = await createTestDatabase()
  await query(server.url, `drop role ${ROLE}`)
})

async function up(migrations: Readonly<Record<string, SqlMigration>>, url = database.url) {
  const project = await sqlProject(migrations)
  try {
    return await run(project, databaseTarget(url), { direction: 'up', target: 'head' })
  } finally {
    await project.drop()
  }
}

/** What a migration may set, how a SET writes it, and how it is read. */
const KINDS = {
  'the search path': ['search_path', 'staging'],
  'the role': ['role', ROLE],
  'the session user': ['session_authorization', ROLE],
  'whether triggers fire': ['session_replication_role', 'replica'],
  'whether functions are checked': ['check_function_bodies', 'off'],
  'a time limit': ['idle_session_timeout', '7min'],
  'read only transactions': ['default_transaction_read_only', 'on'],
  'a setting of its own': ['app.tenant', 'seven'],
  memory: ['work_mem', '5MB'],
} as const

/** How it may be set. */
const WAYS: Readonly<Record<string, (name: string, value: string) => SqlMigration['up']>> = {
  SET: (name, value) =>
    name === 'session_authorization'
      ? `set session authorization ${value};`
      : `set ${name} to '${value}';`,
  'a SELECT': (name, value) => `select set_config('${name}', '${value}', false);`,
  'a DO block': (name, value) =>
    `do $$ begin perform set_config('${name}', '${value}', false); end $$;`,
  'a function': (name, value) => `
    create or replace function public.sets() returns void language sql as $$ select set_config('${name}', '${value}', false) $$;
    select public.sets();`,
  code: (name, value) => async (session) => {
    await session.query('select set_config($1, $2, false)', [name, value])
    await session.query(`insert into public.seen values ('within', $1, $2)`, [name, value])
  },
}

const PREPARE = 'create schema staging; create table public.seen (at text, name text, value text);'

const look = (at: string, name: string) =>
  `insert into public.seen select '${at}', '${name}', nullif(current_setting('${name}', true), '');`

/** Each kind in a migration of its own, with one behind it that looks. */
function chainOf(write: (name: string, value: string) => SqlMigration['up']) {
  const pairs = Object.values(KINDS).flatMap(
    ([name, value], position): [string, SqlMigration][] => {
      const sets = write(name, value)
      // Outside of a transaction, so that it is cut there, and then in another.
      const text = `${String(sets)} reindex table concurrently public.seen; ${look('within', name)}`
      return [
        [`Migration${position + 1}0_sets`, { up: typeof sets === 'string' ? text : sets }],
        [
          `Migration${position + 1}1_looks`,
          { up: `create table "at ${name}" (); ${look('behind', name)}` },
        ],
      ]
    },
  )
  return Object.fromEntries([['Migration00', { up: PREPARE }], ...pairs])
}

test.each(inTurn(Object.entries(WAYS)))(
  '%s sets something for its own migration alone',
  async (_, write) => {
    const names = Object.values(KINDS).map(([name]) => name)
    const before = await query<{ name: string; value: string | null }>(
      database.url,
      `select name, current_setting(name, true) as value from unnest('{${names.join()}}'::text[]) as name`,
    )
    await up(chainOf(write))
    const seen = await query(database.url, 'select * from public.seen')
    expect(seen).toEqual(
      Object.values(KINDS).flatMap(([name, value]) => [
        { at: 'within', name, value },
        { ...before.find((one) => one.name === name), at: 'behind' },
      ]),
    )
    const objects = await query(
      database.url,
      `select distinct relowner::regrole::text = user as ours, relnamespace::regnamespace::text as schema
       from pg_class where relkind = 'r' and relnamespace >= 16384 or relname like 'at %' order by schema`,
    )
    expect(objects).toEqual([
      { ours: true, schema: 'migrator' },
      { ours: true, schema: 'public' },
    ])
  },
)

describe('is gone behind its migration', () => {
  test.each([
    ['a temporary table', 'create temp table t (n int)', `to_regclass('pg_temp.t') is null`],
    [
      'a channel that is listened to',
      'listen c',
      'not exists (select from pg_listening_channels())',
    ],
    [
      'a cursor',
      'declare c cursor with hold for select 1',
      'not exists (select from pg_cursors where is_holdable)',
    ],
    [
      'a prepared statement',
      'prepare p as select 1',
      'not exists (select from pg_prepared_statements where from_sql)',
    ],
    ['what a sequence gave', `create sequence s; select nextval('s')`, 'says_nothing()'],
    [
      'advisory locks',
      'select pg_advisory_lock(7), pg_advisory_lock(7), pg_advisory_lock_shared(-5, -6), pg_advisory_lock(-1)',
      `(select count(*) = 1 from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())`,
    ],
  ])('%s', async (_, text, isGone) => {
    await up({
      Migration1_a: {
        up: `create function says_nothing() returns boolean language plpgsql as
          $$ begin perform currval('s'); return false; exception when others then return true; end $$`,
      },
      Migration2_b: { up: text },
      Migration3_c: { up: `create table found as select ${isGone} as gone` },
    })
    expect(await query(database.url, 'select gone from found')).toEqual([{ gone: true }])
  })
})

test('what a temporary table hides is there for the next migration', async () => {
  await up({
    Migration1_a: { up: 'create table t (n int)' },
    Migration2_b: { up: 'create temp table t (n int); insert into t values (1)' },
    Migration3_c: { up: 'alter table t add column m int; insert into t values (2, 3)' },
  })
  expect(await query(database.url, 'select * from t')).toEqual([{ n: 2, m: 3 }])
})

test('a setting of one transaction ends with it', async () => {
  await up({
    Migration1_a: { up: PREPARE },
    Migration2_b: {
      up: `set local search_path to staging; set local role ${ROLE}; create table one ();
        reindex table concurrently public.seen;
        create table two ()`,
    },
  })
  const tables = await query(
    database.url,
    `select relnamespace::regnamespace::text as schema, relname as name, relowner::regrole::text = user as ours
       from pg_class where relname in ('one', 'two')`,
  )
  expect(tables).toEqual([
    { schema: 'staging', name: 'one', ours: false },
    { schema: 'public', name: 'two', ours: true },
  ])
})

test('the role of a migration may be one that has no right to the bookkeeping', async () => {
  const role = `${ROLE}_poor`
  await query(database.url, `create role ${role}; grant all on schema public to ${role}`)
  const sets = async (session: CodeSession) => {
    await session.query(`set role ${role}`)
    await session.query('create table two ()')
  }
  try {
    await up({
      Migration1_a: { up: `set role ${role}; create table one ()` },
      Migration2_b: { up: sets },
      Migration3_c: { up: `set session authorization ${role}; create table three ()` },
      Migration4_d: {
        up: `set role ${role}; create index concurrently one_index on one ((1)); create table four ()`,
      },
    })
    const owners = await query(
      database.url,
      `select relname as name from pg_class where relowner = '${role}'::regrole and relkind = 'r' order by 1`,
    )
    expect(owners.map(({ name }) => name)).toEqual(['four', 'one', 'three', 'two'])
  } finally {
    await query(database.url, `drop owned by ${role}; drop role ${role}`)
  }
})

test('the role that a login is given by default is the one that everything belongs to', async () => {
  const login = `${ROLE}_login`
  const url = Object.assign(new URL(database.url), { username: login })
  await query(
    database.url,
    `create role ${login} login superuser password '${url.password}'; alter role ${login} set role = ${ROLE}`,
  )
  try {
    await up(
      {
        Migration1_a: { up: 'set role none; create table one ()' },
        Migration2_b: { up: 'create table two ()' },
        Migration3_c: { up: 'reset role; create table three ()' },
      },
      url.href,
    )
    const owners = await query(
      database.url,
      `select relname as name, relowner::regrole::text as owner from pg_class
        where relkind = 'r' and relnamespace in ('public'::regnamespace, 'migrator'::regnamespace) order by 1`,
    )
    expect(Object.fromEntries(owners.map(({ name, owner }) => [name, owner]))).toEqual({
      catalogs: ROLE,
      history: ROLE,
      instances: ROLE,
      mikro_orm_migrations: ROLE,
      one: login,
      three: ROLE,
      two: ROLE,
    })
  } finally {
    await query(database.url, `drop owned by ${login}, ${ROLE}; drop role ${login}`)
  }
})
