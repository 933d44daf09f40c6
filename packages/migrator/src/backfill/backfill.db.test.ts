import { createTestDatabase } from '@techfacts/postgres/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { databaseTarget, run, type TargetSettings } from '../index.ts'
import { listBackfills, pauseBackfills } from '../inspect/backfills.ts'
import type { Backfill } from '../migration.ts'
import { shareBackfills } from '../run/share-backfills.ts'
import { query, withClient } from '../testing/query.ts'
import { sqlProject, type SqlMigration } from '../testing/sql-project.ts'

const SET = { table: 't', set: { c: `a || '!'` }, remains: 'c is null' } as const

const of = (backfill: Backfill): Readonly<Record<string, SqlMigration>> => ({
  M1_backfill: { up: '', backfill, down: '' },
})

async function fill(url: string, backfill: Backfill, settings: TargetSettings = {}) {
  const project = await sqlProject(of(backfill))
  try {
    return await run(project, databaseTarget(url, settings), { direction: 'up', target: 'head' })
  } finally {
    await project.drop()
  }
}

/** Rows of 3000 keys of every kind, and what the backfill is to say of them. */
const TABLES: Readonly<
  Record<string, { readonly prepare: string; readonly backfill: Backfill; readonly wrong: string }>
> = {
  'an integer with gaps': {
    prepare: `create table t (id int primary key, a text, c text); insert into t select n * 7, 'a' || n from generate_series(-1500, 1500) n`,
    backfill: SET,
    wrong: `select count(*)::int as n from t where c is distinct from a || '!'`,
  },
  'a uuid': {
    prepare: `create table t (id uuid primary key default gen_random_uuid(), a text, c text); insert into t (a) select 'a' || n from generate_series(1, 3000) n`,
    backfill: SET,
    wrong: `select count(*)::int as n from t where c is distinct from a || '!'`,
  },
  'a key of several columns, of odd names and types': {
    prepare: `create schema "S.p ""q"; create type "S.p ""q"."Mo od" as enum ('b', 'a');
      create table "S.p ""q"."T ""x.y" ("At" timestamptz, "M""o" "S.p ""q"."Mo od", "te xt" text collate "C", n numeric, "C%s" text, primary key ("M""o", "At", "te xt", n));
      set timezone = 'Asia/Kathmandu';
      insert into "S.p ""q"."T ""x.y" select now() + n * interval '1.000001 second', case n % 2 when 0 then 'a' else 'b' end::"S.p ""q"."Mo od", 'it''s \\ "' || n % 10, n / 3.0 from generate_series(1, 3000) n`,
    backfill: {
      schema: 'S.p "q',
      table: 'T "x.y',
      set: { 'C%s': `"te xt" || (select count(*) from generate_series(1, 2))` },
      remains: '"C%s" is null',
    },
    wrong: `select count(*)::int as n from "S.p ""q"."T ""x.y" where "C%s" is distinct from "te xt" || '2'`,
  },
  'partitions, and a unique key that is named': {
    prepare: `create table t (at date not null, n int not null, a text, c text, unique (n, at)) partition by range (at);
      create table t1 partition of t for values from ('2026-01-01') to ('2026-02-01'); create table t2 partition of t default;
      insert into t select date '2026-01-01' + n % 60, n, 'a' || n from generate_series(1, 3000) n`,
    backfill: { ...SET, key: ['at', 'n'] },
    wrong: `select count(*)::int as n from t where c is distinct from a || '!'`,
  },
  'a statement that puts rows elsewhere': {
    prepare: `create table t (id int primary key, a text); insert into t select n, 'a' || n from generate_series(1, 3000) n; create table other (id int primary key, v text)`,
    backfill: {
      table: 't',
      statement: `insert into other select id, a || '!' from batch where a is not null`,
      remains: 'not exists (select from other where other.id = t.id)',
    },
    wrong: `select abs(count(*) - 3000)::int + (count(*) filter (where v <> a || '!'))::int as n from other join t using (id)`,
  },
  'a type of an extension off the path, and operators of others on it': {
    prepare: `create schema ext; create extension citext schema ext; create table t (id ext.citext primary key, a varchar(9) unique not null, c text);
      insert into t select case n % 3 when 0 then 'F' else 'e' end || n, 'a' || n from generate_series(1, 3000) n;
      create function evil(bigint, int) returns bigint language plpgsql as $$ begin raise 'called'; end $$;
      create operator % (leftarg = bigint, rightarg = int, function = evil)`,
    backfill: SET,
    wrong: `select count(*)::int as n from t where c is distinct from a || '!'`,
  },
  'a type whose operators are those of another': {
    prepare: `create table t (id varchar(9) primary key, a text, c text); insert into t select n, 'a' || n from generate_series(1, 3000) n;
      create function evil(varchar, varchar) returns boolean language plpgsql as $$ begin raise 'called'; end $$;
      create operator > (leftarg = varchar, rightarg = varchar, function = evil)`,
    backfill: SET,
    wrong: `select count(*)::int as n from t where c is distinct from a || '!'`,
  },
  'no row at all': {
    prepare: `create table t (id int primary key, a text, c text)`,
    backfill: SET,
    wrong: `select count(*)::int as n from t`,
  },
}

test.each(Object.entries(TABLES))(
  'every row is right: %s',
  async (_, { prepare, backfill, wrong }) => {
    await using database = await createTestDatabase()
    await query(database.url, prepare)
    const { migrations } = await fill(database.url, backfill)
    expect(migrations).toHaveLength(1)
    expect(await query(database.url, wrong)).toEqual([{ n: 0 }])
    const books = `select (select count(*)::int from migrator.backfill_ranges) as ranges, state, (seen - changed)::int as again from migrator.backfills`
    expect(await query(database.url, books)).toEqual([{ ranges: 0, state: 'done', again: 0 }])
    const journal = `select distinct rows::int from migrator.history where event = 'done' and rows > 0`
    const expected =
      _ === 'no row at all' ? [] : [{ rows: _.startsWith('an integer') ? 3001 : 3000 }]
    expect(await query(database.url, journal)).toEqual(expected)
  },
)

const NAMED_LIKE_A_BATCH = `create table batch (id int primary key, a text, c text, times int not null default 0); insert into batch select n, 'a' || n from generate_series(1, 1000) n`

/** Tables of which another session holds the first row for a while, so that the others are written without it. */
const HELD: Readonly<
  Record<string, { readonly prepare: string; readonly backfill: Backfill; readonly wrong: string }>
> = {
  'a table that has the name of the batch, and is read by its expression': {
    prepare: NAMED_LIKE_A_BATCH,
    backfill: {
      table: 'batch',
      set: {
        c: `(select b.a || '!' from batch b where b.id = batch.id)`,
        times: 'times + 1',
      },
      remains: 'c is null',
    },
    wrong: `select count(*)::int as n from batch where c is distinct from a || '!' or times <> 1`,
  },
  'a child that has done rows with the same keys': {
    prepare: `${NAMED_LIKE_A_BATCH}; alter table batch rename to t; create table child () inherits (t); insert into child select id, a, 'done' from t`,
    backfill: { ...SET, set: { ...SET.set, times: 'times + 1' } },
    wrong: `select count(*)::int as n from t where times <> case tableoid when 't'::regclass then 1 else 0 end`,
  },
}

test.each(Object.entries(HELD))(
  'without a row that another session holds, the others are right, and it is done later: %s',
  async (_, { prepare, backfill, wrong }) => {
    await using database = await createTestDatabase()
    await query(database.url, prepare)
    const left = `select from only ${backfill.table} where ${backfill.remains}`
    await withClient(database.url, async (other) => {
      await other.query(`begin; select from only ${backfill.table} where id = 1 for update`)
      const begun = fill(database.url, backfill)
      const isEnded = begun.then(
        () => true,
        () => true,
      )
      while ((await query(database.url, left)).length > 1)
        if (await Promise.race([isEnded, sleep(10, false)])) break
      await other.query('commit')
      await begun
    })
    expect(await query(database.url, wrong)).toEqual([{ n: 0 }])
  },
)

const COUNTED = `create table t (id int primary key, a text not null, c text, times int not null default 0);
  insert into t select n, 'a' || n from generate_series(1, 20000) n;
  create function count_up() returns trigger language plpgsql as $$ begin
    if new.c is distinct from old.c then new.times := old.times + 1; end if; return new; end $$;
  create trigger counted before update on t for each row execute function count_up()`

test('three workers beside writers: every row is done once, rows that others hold are left for later', async () => {
  await using database = await createTestDatabase()
  await query(database.url, COUNTED)
  const project = await sqlProject(of(SET))
  const target = databaseTarget(database.url)
  const untilBegun = async () => {
    while ((await listBackfills(project, target)).length === 0) await sleep(10)
  }
  try {
    await withClient(database.url, async (other) => {
      await other.query('begin; select from t where id in (1, 700, 19999) for update')
      let isHeld = true
      const begun = run(project, target, { direction: 'up', target: 'head' }).finally(() => {
        expect(isHeld).toBe(false)
      })
      const shared = untilBegun().then(() =>
        Promise.all([shareBackfills(project, target), shareBackfills(project, target)]),
      )
      for (let left = -1; left !== 3; await sleep(20)) {
        await query(
          database.url,
          `update t set a = a where id % 97 = ${Math.floor(Math.random() * 97)} and id not in (1, 700, 19999)`,
        )
        const [row] = await query<{ n: number }>(
          database.url,
          'select count(*)::int as n from t where c is null',
        )
        left = row?.n ?? -1
      }
      isHeld = false
      await other.query('commit')
      await begun
      for (const [one] of await shared) expect(one).toMatchObject({ migration: 'M1_backfill' })
    })
    const wrong = `select count(*)::int as n from t where times <> 1 or c is distinct from a || '!'`
    expect(await query(database.url, wrong)).toEqual([{ n: 0 }])
    const [done] = await listBackfills(project, target)
    expect(done).toMatchObject({ state: 'done', changed: 20000, seen: 20000, pass: 1 })
  } finally {
    await project.drop()
  }
})

test('it is paused after its batch, and goes on from there: by a worker, which records it', async () => {
  await using database = await createTestDatabase()
  await query(database.url, COUNTED)
  await query(
    database.url,
    `create table pace (seconds float8); insert into pace values (0.001);
     create function slow(text) returns text language plpgsql as $$ begin perform pg_sleep((select seconds from pace)); return $1 || '!'; end $$`,
  )
  const project = await sqlProject(of({ ...SET, set: { c: 'slow(a)' } }))
  const target = databaseTarget(database.url)
  const pause = (isPaused: boolean) =>
    pauseBackfills(project, target, { migration: undefined, isPaused })
  try {
    expect(await pause(true)).toEqual([])
    const begun = run(project, target, { direction: 'up', target: 'head' })
    const refusal = begun.catch((error: unknown) => error)
    while ((await pause(true)).length === 0) await sleep(10)
    expect(await refusal).toMatchObject({ code: 'BACKFILL_PAUSED', exit: 3 })
    const [before] = await listBackfills(project, target)
    expect(before).toMatchObject({ state: 'paused', migration: 'M1_backfill' })
    // The batch that it was at, and none of the ranges that were found ahead.
    expect(before?.changed).toBeLessThanOrEqual(500)
    await expect(shareBackfills(project, target)).rejects.toMatchObject({ code: 'BACKFILL_PAUSED' })
    // The rest is fast.
    await query(database.url, 'update pace set seconds = 0')
    expect(await pause(false)).toEqual(['M1_backfill'])
    expect(await shareBackfills(project, target)).toEqual([
      { migration: 'M1_backfill', changed: 20000, isRecorded: true },
    ])
    const wrong = `select count(*)::int as n from t where times <> 1 or c is distinct from a || '!'`
    expect(await query(database.url, wrong)).toEqual([{ n: 0 }])
    const ledger = 'select count(*)::int as n from mikro_orm_migrations'
    expect(await query(database.url, ledger)).toEqual([{ n: 1 }])
    expect(await shareBackfills(project, target)).toEqual([])
  } finally {
    await project.drop()
  }
})

test('one that is paused keeps no worker from another one', async () => {
  await using database = await createTestDatabase()
  const project = await sqlProject({
    M0: {
      up: `create table t (id int primary key, a text, c text); create table u (like t including all)`,
    },
    ...of(SET),
    M2_backfill: { up: '', backfill: { ...SET, table: 'u' }, down: '' },
  })
  const target = databaseTarget(database.url)
  try {
    await run(project, target, { direction: 'up', target: 'M0' })
    await run(project, target, { direction: 'up', target: 'head', leavesBackfills: true })
    await pauseBackfills(project, target, { migration: 'M1_backfill', isPaused: true })
    await expect(shareBackfills(project, target)).rejects.toMatchObject({ code: 'BACKFILL_PAUSED' })
    const states = (await listBackfills(project, target)).map(({ state }) => state)
    expect(states).toEqual(['paused', 'done'])
  } finally {
    await project.drop()
  }
})

test('a worker of another build stops where the backfill was begun again with another text', async () => {
  await using database = await createTestDatabase()
  const M0 = {
    up: `create table t (id int primary key, a text, c text); insert into t select n, 'a' || n from generate_series(1, 3000) n;
      create function old(id int) returns text language plpgsql as $$ begin
        if id > 500 then perform pg_advisory_xact_lock_shared(42); end if; return 'old'; end $$`,
  }
  const before = await sqlProject({ M0, ...of({ ...SET, set: { c: 'old(id)' } }) })
  const after = await sqlProject({ M0, ...of(SET) })
  const target = databaseTarget(database.url)
  const old = `select count(*)::int as n from t where c = 'old'`
  try {
    await run(before, target, { direction: 'up', target: 'M0' })
    await run(before, target, { direction: 'up', target: 'head', leavesBackfills: true })
    await withClient(database.url, async (other) => {
      await other.query('select pg_advisory_lock(42)')
      const worker = shareBackfills(before, target).catch((error: unknown) => error)
      while (isDeepStrictEqual(await query(database.url, old), [{ n: 0 }])) await sleep(10)
      await run(after, target, { direction: 'up', target: 'head' })
      expect(await worker).toMatchObject({ code: 'BACKFILL_UNKNOWN' })
    })
    expect(await query(database.url, old)).toEqual([{ n: 500 }])
  } finally {
    await Promise.all([before.drop(), after.drop()])
  }
})

test('after walks in which rows remained, the next run walks again', async () => {
  await using database = await createTestDatabase()
  await query(
    database.url,
    `${COUNTED}; create table skipping (is_on boolean); insert into skipping values (true);
     create function skip() returns trigger language plpgsql as $$ begin
       if new.id % 100 = 0 and (select is_on from skipping) then return null; end if; return new; end $$;
     create trigger skip before update on t for each row execute function skip()`,
  )
  const remaining = {
    code: 'BACKFILL_REMAINS',
    message: expect.stringMatching(/ 5 times/) as string,
  }
  await expect(fill(database.url, SET)).rejects.toMatchObject(remaining)
  await expect(fill(database.url, SET)).rejects.toMatchObject(remaining)
  await query(database.url, 'update skipping set is_on = false')
  await fill(database.url, SET)
  const wrong = `select count(*)::int as n from t where times <> 1 or c is distinct from a || '!'`
  expect(await query(database.url, wrong)).toEqual([{ n: 0 }])
})

test('rows that are written meanwhile without a value are found at the end, and done as well', async () => {
  await using database = await createTestDatabase()
  await query(database.url, COUNTED)
  // The first row that is done puts in one with a lower key.
  await query(
    database.url,
    `create function more() returns trigger language plpgsql as $$ begin
       if new.id = 20000 then insert into t (id, a) values (-1, 'late'); end if; return null; end $$;
     create trigger more after update on t for each row execute function more()`,
  )
  await fill(database.url, SET)
  const text = `select count(*)::int as n, (select pass from migrator.backfills) as pass from t where c is not null`
  expect(await query(database.url, text)).toEqual([{ n: 20001, pass: 2 }])
})

test('reverted and applied again, it does again what was reverted', async () => {
  await using database = await createTestDatabase()
  const project = await sqlProject({
    M0: {
      up: `create table t (id int primary key, a text); insert into t select n, 'a' || n from generate_series(1, 1000) n; alter table t add column c text`,
      down: 'drop table t',
    },
    ...of(SET),
  })
  const target = databaseTarget(database.url)
  try {
    await run(project, target, { direction: 'up', target: 'head' })
    await run(project, target, { direction: 'down', target: 'M0' })
    await query(database.url, 'update t set c = null where id > 10')
    await run(project, target, { direction: 'up', target: 'head' })
    const wrong = `select count(*)::int as n from t where c is distinct from a || '!'`
    expect(await query(database.url, wrong)).toEqual([{ n: 0 }])
    expect(await listBackfills(project, target)).toMatchObject([{ changed: 990, pass: 1 }])
  } finally {
    await project.drop()
  }
})

const REFUSED: Readonly<
  Record<string, readonly [prepare: string, backfill: Backfill, code: string, says: RegExp]>
> = {
  'no primary key': [
    'create table t (id int, a text, c text)',
    SET,
    'BACKFILL_KEY',
    /no primary key/,
  ],
  'a key that may be null': [
    'create table t (id int unique, a text, c text)',
    { ...SET, key: ['id'] },
    'BACKFILL_KEY',
    /no unique index over id/,
  ],
  'a key of an array, which has no text of its own': [
    'create table t (id int[] primary key, a text, c text)',
    SET,
    'BACKFILL_KEY',
    /no primary key.*\n.*arrays/,
  ],
  'a key of a document: a text of JSON is not the text of its value': [
    'create domain doc as jsonb; create table t (n int, id doc, a text, c text, primary key (n, id))',
    SET,
    'BACKFILL_KEY',
    /no primary key.*\n.*documents/,
  ],
  'a key whose columns no one operator compares': [
    'create schema ext; create extension citext schema ext; create table t (n int, id ext.citext, a text, c text, primary key (n, id))',
    SET,
    'BACKFILL_KEY',
    /no primary key.*\n.*operators of one schema/,
  ],
  'no table': ['', SET, 'BACKFILL_KEY', /there is no such table/],
  'a row that still remains': [
    `create table t (id int primary key, a text, c text); insert into t values (1, 'a'), (5, null), (9, 'c')`,
    SET,
    'BACKFILL_FAILED',
    /keys above \(1\) up to \(5\): a row still remains/,
  ],
  'a row that a constraint refuses': [
    `create table t (id int primary key, a text, c text check (c <> 'b!')); insert into t values (1, 'a'), (5, 'b')`,
    SET,
    'BACKFILL_FAILED',
    /keys above \(1\) up to \(5\): .*violates check constraint/,
  ],
  'one row of many for which an expression fails': [
    `create table t (id text collate "C" primary key, a text, c int); insert into t select lpad(n::text, 4, '0'), case n when 1777 then 'no' else n::text end from generate_series(1, 3000) n`,
    { ...SET, set: { c: 'a::int' } },
    'BACKFILL_FAILED',
    /keys above \(1776\) up to \(1777\): invalid input syntax for type integer: "no"/,
  ],
  'one row of many for which a statement fails': [
    `create table t (id int primary key, a text, c text); insert into t select n, n from generate_series(1, 600) n; create table u (id int primary key check (id <> 601 - 44))`,
    {
      table: 't',
      statement: 'insert into u select id from batch on conflict do nothing',
      remains: 'not exists (select from u where u.id = t.id)',
    },
    'BACKFILL_FAILED',
    /keys above \(556\) up to \(557\): .*violates check constraint/,
  ],
  'rows that put in others, without end': [
    `create table t (id serial primary key, a text, c text); insert into t (a) select 'a' from generate_series(1, 100);
      create function more() returns trigger language plpgsql as $$ begin insert into t (a) values ('late'); return new; end $$;
      create trigger more before update on t for each row execute function more()`,
    SET,
    'BACKFILL_REMAINS',
    /gone through its table 5 times, and rows still remain/,
  ],
  'rows of which the statement makes nothing': [
    `create table t (id int primary key, a text, c text); insert into t values (1, 'a');
     create table u (id int primary key);`,
    {
      table: 't',
      statement: 'insert into u select id from batch on conflict do nothing',
      remains: 'c is null',
    },
    'BACKFILL_REMAINS',
    /rows still remain/,
  ],
}

test.each(Object.entries(REFUSED))(
  '%s: one clear sentence, and what was done stays',
  async (_, [prepare, backfill, code, says]) => {
    await using database = await createTestDatabase()
    await query(database.url, prepare)
    await expect(fill(database.url, backfill)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(says) as string,
    })
    expect(await query(database.url, 'select from mikro_orm_migrations')).toEqual([])
  },
)

test('a row that another session never lets go ends it with exit 7, and the next run goes on', async () => {
  await using database = await createTestDatabase()
  await query(database.url, COUNTED)
  await withClient(database.url, async (other) => {
    await other.query('begin; select from t where id = 5 for update')
    await expect(fill(database.url, SET, { limits: { lockBudget: 500 } })).rejects.toMatchObject({
      code: 'BACKFILL_BLOCKED',
      exit: 7,
    })
    const left = 'select id from t where c is null'
    expect(await query(database.url, left)).toEqual([{ id: 5 }])
    await other.query('rollback')
  })
  await fill(database.url, SET)
  expect(await query(database.url, 'select count(*)::int as n from t where times <> 1')).toEqual([
    { n: 0 },
  ])
})

test('left to workers, it waits with what shares objects with it; a worker fills and records it, and the rest runs', async () => {
  await using database = await createTestDatabase()
  const project = await sqlProject({
    M0: {
      up: `create table t (id int primary key, a text); create table other (id int);
        create function mark(text) returns text language sql as $$ select $1 || '!' $$`,
      down: 'drop table t',
    },
    M1: { up: 'alter table t add column c text', down: '' },
    ...of({ ...SET, set: { c: 'mark(a)' } }),
    M2: { up: 'alter table t add constraint set check (c is not null) not valid', down: '' },
    M3: { up: 'alter table other add column a int', down: '' },
    M4: {
      up: `create or replace function mark(text) returns text language sql as $$ select $1 || '?' $$`,
      down: '',
    },
  })
  const target = databaseTarget(database.url)
  try {
    await run(project, target, { direction: 'up', target: 'M0' })
    await query(database.url, `insert into t select n, 'a' || n from generate_series(1, 3000) n`)
    const left = { direction: 'up', target: 'head', leavesBackfills: true } as const
    const first = await run(project, target, left)
    expect(first.migrations.map(({ name }) => name)).toEqual(['M1', 'M3'])
    expect(first.waiting).toMatchObject([
      { migration: 'M1_backfill', says: 'waits for workers to fill its rows' },
      { migration: 'M2', after: 'M1_backfill', says: 'waits for M1_backfill, which waits too' },
      { migration: 'M4', after: 'M1_backfill', says: 'waits for M1_backfill, which waits too' },
    ])
    expect((await run(project, target, left)).waiting).toHaveLength(3)
    expect(await listBackfills(project, target)).toMatchObject([{ state: 'running', changed: 0 }])
    const [one] = await shareBackfills(project, target)
    expect(one).toEqual({ migration: 'M1_backfill', changed: 3000, isRecorded: true })
    const last = await run(project, target, left)
    expect(last.migrations.map(({ name }) => name)).toEqual(['M2', 'M4'])
    expect(last.waiting).toBeUndefined()
    const wrong = `select count(*)::int as n from t where c is distinct from a || '!'`
    expect(await query(database.url, wrong)).toEqual([{ n: 0 }])
  } finally {
    await project.drop()
  }
})
