import { afterAll, expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import {
  diffCatalogs,
  fingerprint,
  readCatalog,
  type Catalog,
  type CatalogObject,
} from './index.ts'
import { connect, majorOf } from './tests/database.ts'

const database = await createTestDatabase()
const client = await connect(database.url)

afterAll(async () => {
  await client.end()
  await database.drop()
})

async function identities(kind: CatalogObject['kind'], options?: { exclude?: string[] }) {
  const { objects } = await readCatalog(client, options)
  return objects.filter((object) => object.kind === kind).map(({ identity }) => identity)
}

/** A database of its own, filled by some SQL. */
async function filled(sql: string) {
  const own = await createTestDatabase()
  const session = await connect(own.url)
  await session.query(sql)
  return {
    session,
    [Symbol.asyncDispose]: async () => {
      await session.end()
      await own.drop()
    },
  }
}

test('takes one round trip, however large the schema is', async () => {
  await using large = await filled(
    Array.from({ length: 300 }, (_, i) => `create table t${i} (id int primary key)`).join(';'),
  )
  for (const session of [client, large.session]) {
    for (const begin of ['select 1', 'begin', 'rollback']) {
      await session.query(begin)
      let roundTrips = 0
      const count = () => (roundTrips += 1)
      session.connection.on('readyForQuery', count)
      await readCatalog(session)
      session.connection.off('readyForQuery', count)
      expect(roundTrips).toBe(1)
    }
  }
})

test('no two objects go by one name', async () => {
  await using odd = await filled(`
    create table job (job int constraint job check (job > 0));
    create index job_i on job (job);
    create schema job; create table job."a.b" (c int); create table job.a ("b.c" int);
    create rule job as on delete to job do instead nothing; create policy job on job;
    create function job() returns trigger language plpgsql as 'begin return new; end';
    create function job(int) returns int language sql as 'select 1';
    create trigger job before update on job for each row execute function job()`)
  const { objects } = await readCatalog(odd.session)
  const names = objects.map(({ kind, identity }) => `${kind} ${identity}`)
  expect(new Set(names).size).toBe(names.length)
})

test('leaves the settings of the session as they were', async () => {
  await client.query(`set search_path = public; set timezone = 'Asia/Tokyo'`)
  await readCatalog(client)
  const { rows } = await client.query(
    `select current_setting('search_path') as path, current_setting('timezone') as zone`,
  )
  expect(rows).toEqual([{ path: 'public', zone: 'Asia/Tokyo' }])
})

test('reads the same whatever the session has set', async () => {
  await using odd = await filled(`
    create table job (at timestamptz default '2026-01-01 00:00+01', lasts interval default '90 min',
      rate float8 default 0.1, price money default 1.5, raw bytea default '\\x00ff', "select" text default 'a\\b',
      check (at > '2026-01-01'), check ("select" <> 'x'));
    create rule "a""b" as on delete to job do instead nothing`)
  const before = await readCatalog(odd.session)
  await odd.session.query(`
    set timezone = 'Asia/Tokyo'; set datestyle = 'SQL, DMY'; set intervalstyle = 'iso_8601';
    set extra_float_digits = -10; set bytea_output = 'escape'; set quote_all_identifiers = on;
    set standard_conforming_strings = off; set search_path = public, pg_catalog`)
  expect(fingerprint(await readCatalog(odd.session))).toBe(fingerprint(before))
})

test('reads the same as an ordinary role', async () => {
  await using odd = await filled(`
    create foreign data wrapper w; create server s foreign data wrapper w;
    create user mapping for public server s options (password 'secret');
    create subscription techfacts connection 'host=nowhere' publication p with (connect = false, slot_name = none);
    create table job (id int primary key, n int); create policy p on job; revoke all on job from public;
    create function f() returns int language sql as 'select 1'; create statistics st on id, n from job;
    create view v as select id from job; select lo_create(1)`)
  const all = await readCatalog(odd.session)
  await odd.session.query('set role pg_monitor')
  expect(diffCatalogs(await readCatalog(odd.session), all)).toEqual([])
  await odd.session.query(`reset role; alter subscription techfacts disable;
    alter subscription techfacts set (slot_name = none)`)
  await odd.session.query('drop subscription techfacts')
})

test('never reads a password', async () => {
  await using odd = await filled(`
    create foreign data wrapper w; create server s foreign data wrapper w options (password 'secret');
    create user mapping for public server s options (password 'secret')`)
  expect(JSON.stringify(await readCatalog(odd.session))).not.toContain('secret')
})

test('writes nothing, and sees only what is committed', async () => {
  await using other = await connect(database.url)
  await other.query('begin; create table uncommitted (id int)')
  expect(await identities('table')).not.toContain('public.uncommitted')
  await other.query('rollback')
})

test('inside a transaction it sees the changes of that transaction, and lets it live', async () => {
  await client.query('begin; set local search_path = public; create table mine (id int)')
  expect(await identities('table')).toContain('public.mine')
  const { rows } = await client.query(
    `select current_setting('search_path') as path, to_regclass('public.mine') is not null as here`,
  )
  expect(rows).toEqual([{ path: 'public', here: true }])
  await client.query('rollback')
  expect(await identities('table')).not.toContain('public.mine')
})

test('leaves out schemas that are not ours, and settings of their name', async () => {
  await using odd = await filled(`
    create schema theirs; create table theirs.job (id serial primary key, t text check (t <> ''));
    create index on theirs.job (t); create view theirs.v as select id from theirs.job;
    create type theirs.mood as enum ('good'); create domain theirs.word as text check (value <> '');
    create function theirs.f() returns trigger language plpgsql as 'begin return new; end';
    create trigger t before update on theirs.job for each row execute function theirs.f();
    create policy p on theirs.job; create rule r as on delete to theirs.job do instead nothing;
    create statistics theirs.s on id, t from theirs.job; create collation theirs.c from "C";
    create operator theirs.=== (leftarg = int, rightarg = int, function = int4eq);
    alter default privileges in schema theirs grant select on tables to pg_monitor;
    comment on schema theirs is 's'; comment on table theirs.job is 't'; comment on column theirs.job.t is 'c';
    comment on constraint job_t_check on theirs.job is 'k'; comment on trigger t on theirs.job is 'tg';
    comment on policy p on theirs.job is 'p'; comment on function theirs.f is 'f'; comment on type theirs.mood is 'm';
    comment on rule r on theirs.job is 'r'; comment on constraint word_check on domain theirs.word is 'd';
    do 'begin execute format(''alter database %I set "theirs.on" = ''''1'''''', current_database()); end'`)
  await using empty = await filled('select 1')
  const ours = await readCatalog(odd.session, { exclude: ['theirs'] })
  expect(diffCatalogs(ours, await readCatalog(empty.session))).toEqual([])
  expect(diffCatalogs(await readCatalog(odd.session), ours).length).toBeGreaterThan(10)
})

test('leaves out temporary objects and what belongs to an extension', async () => {
  await using plain = await filled('create extension hstore')
  await using used =
    await filled(`create extension hstore; comment on function hstore_in is 'changed';
    create temp table t (id serial primary key check (id > 0), h hstore); create index on t (h);
    create temp view v as select id from t;
    create function pg_temp.f() returns int language sql as 'select 1'; comment on table t is 't'`)
  expect(diffCatalogs(await readCatalog(used.session), await readCatalog(plain.session))).toEqual(
    [],
  )
})

test('names the tablespace of what is in another than the database', async () => {
  await using odd = await filled('create table job (id int, name text)')
  const { session } = odd
  const before = await readCatalog(session)
  await session.query('set allow_in_place_tablespaces = on')
  await session.query(`create tablespace techfacts_test location ''`)
  await session.query(`alter table job set tablespace techfacts_test;
    create index i on job (name) tablespace techfacts_test;
    create materialized view v tablespace techfacts_test as select id from job`)
  const difference = diffCatalogs(await readCatalog(session), before)
  await session.query('drop materialized view v; drop table job')
  await session.query('drop tablespace techfacts_test')
  expect(difference).toMatchObject([
    { kind: 'materialized-view', here: { tablespace: 'techfacts_test' } },
    { kind: 'index', here: { tablespace: 'techfacts_test' } },
    { kind: 'table', what: 'changed', changes: [{ property: 'tablespace', severity: 'storage' }] },
  ])
})

test('sees a setting of the database change', async () => {
  await using odd = await filled('create table job (id int)')
  const { session } = odd
  const set = (value: string) =>
    session.query(`do $do$ begin execute format(
      'alter database %I set maintenance_work_mem = ''${value}''', current_database()); end $do$`)
  await set('5MB')
  const before = await readCatalog(session)
  await set('6MB')
  expect(diffCatalogs(await readCatalog(session), before)).toMatchObject([
    { kind: 'setting', what: 'changed', changes: [{ property: 'value' }] },
  ])
})

test('notes the version of an extension without comparing it', async () => {
  await using odd = await filled('create extension hstore')
  const { objects } = await readCatalog(odd.session)
  const hstore = objects.find(({ identity }) => identity === 'hstore')
  expect(hstore?.noted).toEqual({ version: expect.stringMatching(/^\d/) })
})

test('can do without the schema public', async () => {
  await using odd = await filled('drop schema public')
  await using empty = await filled('select 1')
  expect(
    diffCatalogs(await readCatalog(odd.session), await readCatalog(empty.session)),
  ).toMatchObject([{ what: 'missing', kind: 'schema', identity: 'public' }])
})

test('whoever owns the database, its owner is the same', async () => {
  const sql = 'create table job (id int); grant select on job to public; create policy p on job'
  await using one = await filled(sql)
  await using two = await filled(`
    do 'begin execute format(''alter database %I owner to pg_monitor'', current_database()); end';
    grant create on schema public to pg_monitor; set role pg_monitor; ${sql}; reset role;
    revoke create on schema public from pg_monitor`)
  expect(diffCatalogs(await readCatalog(one.session), await readCatalog(two.session))).toEqual([])
})

test('reads again when names change meanwhile, and never a mixture of before and after', async () => {
  await using busy = await filled('create table job (id int); create view v as select id from job')
  const { rows } = await busy.session.query('select current_database() as name')
  const url = new URL(database.url)
  url.pathname = `/${rows[0].name}`
  await using other = await connect(url.href)
  const done = new AbortController()
  // Most readings are to come to an end between two names, on a busy machine too.
  const start = performance.now()
  await readCatalog(busy.session)
  const pause = 8 * (performance.now() - start)
  const renaming = (async () => {
    for (let i = 0; !done.signal.aborted; i += 1) {
      await other.query(`alter table ${i === 0 ? 'job' : `job_${i - 1}`} rename to job_${i}`)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * pause))
    }
  })()
  const seen = new Set<string>()
  for (let i = 0; i < 15; i += 1) {
    const { objects } = await readCatalog(busy.session).catch(
      (error: { code?: string }): Catalog => {
        seen.add(error.code ?? 'an error without a code')
        return { objects: [] }
      },
    )
    const table = objects.find(({ kind }) => kind === 'table')?.identity ?? ''
    const view = objects.find((object) => object.kind === 'view')
    if (view) seen.add(view.definition.includes(`FROM ${table};`) ? 'agrees' : 'disagrees')
  }
  done.abort()
  await renaming
  expect(seen).toContain('agrees')
  seen.delete('CHANGED_WHILE_READ')
  expect([...seen]).toEqual(['agrees'])
})

test('waits no longer for a lock than the session does', async () => {
  await using busy = await filled('create table job (id int); create view v as select id from job')
  const { rows } = await busy.session.query('select current_database() as name')
  const url = new URL(database.url)
  url.pathname = `/${rows[0].name}`
  await using other = await connect(url.href)
  await other.query('begin; lock table job in access exclusive mode')
  await busy.session.query(`set lock_timeout = '50ms'`)
  await expect(readCatalog(busy.session)).rejects.toMatchObject({ code: '55P03' })
  await other.query('rollback')
  expect((await readCatalog(busy.session)).objects.length).toBeGreaterThan(0)
})

test('a failure inside it leaves the session usable', async () => {
  await using broken = await filled('select 1')
  await broken.session.query('begin')
  await expect(broken.session.query('select 1/0')).rejects.toThrow('division')
  await expect(readCatalog(broken.session)).rejects.toMatchObject({ code: '25P02' })
  await broken.session.query('rollback')
  expect(await majorOf(broken.session)).toBeGreaterThanOrEqual(15)
  expect((await readCatalog(broken.session)).objects.length).toBeGreaterThan(0)
})
