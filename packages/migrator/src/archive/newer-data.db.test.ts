import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

interface Newer {
  readonly given: string
  readonly up: string
  readonly down: string
  /** What a user writes while the migration is applied, before it is reverted. */
  readonly before?: string
  /** What a user writes after it was reverted, and before it is applied again. */
  readonly between?: string
  /** The migration says that it keeps rows. */
  readonly keepRows?: number
  /** Asked at the end: after `down`, or after `down` and `up`. */
  readonly query: string
  readonly ends: 'down' | 'up'
  readonly expected: readonly object[]
}

const T = `create table t (id int primary key, v text); insert into t values (1, 'old')`
const TWO = `create table a (id int primary key, v text); insert into a values (1, 'old'), (2, 'two')`
const MAILS = `create table t (id int primary key, mail text); insert into t values (1, 'a@x')`
const TO_MAILS =
  'create table mails (id int primary key, mail text); insert into mails select id, mail from t; alter table t drop mail'
const FROM_MAILS =
  'alter table t add mail text; update t set mail = m.mail from mails m where m.id = t.id; drop table mails'
const JUST = (id: number, v: string) => ({ id, v })

/** What a user has written is not replaced by what the archive has, however the migration writes the same rows. */
const CASES: Readonly<Record<string, Newer>> = {
  'up rewrites the table into which a user inserts': {
    given: T,
    up: 'alter table t alter id type bigint',
    down: 'truncate t; alter table t alter id type int',
    between: `insert into t values (7, 'newer')`,
    query: 'select id::int, v from t order by id',
    ends: 'up',
    expected: [JUST(1, 'old'), JUST(7, 'newer')],
  },
  'up adds a column that rewrites it': {
    given: T,
    up: 'alter table t add u uuid default gen_random_uuid()',
    down: 'delete from t; alter table t drop u',
    between: `insert into t values (7, 'newer')`,
    query: 'select id, v from t order by id',
    ends: 'up',
    expected: [JUST(1, 'old'), JUST(7, 'newer')],
  },
  'up updates all rows': {
    given: T,
    up: 'update t set v = lower(v)',
    down: 'delete from t',
    between: `insert into t values (7, 'newer')`,
    query: 'select id, v from t order by id',
    ends: 'up',
    expected: [JUST(1, 'old'), JUST(7, 'newer')],
  },
  'up updates the row that a user has put in the place of one that was deleted': {
    given: T,
    up: 'update t set v = lower(v)',
    down: 'delete from t where id = 1',
    between: `insert into t values (1, 'newer')`,
    query: 'select id, v from t order by id',
    ends: 'up',
    expected: [JUST(1, 'newer')],
  },
  'rows without a key, of which down deletes some': {
    given: `create table t (id int, v text); insert into t values (1, 'x'), (1, 'x'), (1, 'x')`,
    up: 'update t set v = v',
    down: 'delete from t where ctid <> (select min(ctid) from t)',
    query: 'select id, v from t',
    ends: 'up',
    expected: [JUST(1, 'x'), JUST(1, 'x'), JUST(1, 'x')],
  },
  'up moves rows into another table': {
    given: `${TWO}; create table b (like a including all)`,
    up: 'insert into b select * from a; delete from a',
    down: 'insert into a select * from b; delete from b',
    between: `insert into a values (9, 'newer')`,
    query: 'select id, v from b order by id',
    ends: 'up',
    expected: [JUST(1, 'old'), JUST(2, 'two'), JUST(9, 'newer')],
  },
  'up copies a table into a new one': {
    given: TWO,
    up: 'create table b (id int primary key, v text); insert into b select * from a',
    down: 'drop table b',
    between: `insert into a values (9, 'newer'); update a set v = 'edited' where id = 1; delete from a where id = 2`,
    query: 'select id, v from b order by id',
    ends: 'up',
    expected: [JUST(1, 'edited'), JUST(9, 'newer')],
  },
  'CREATE TABLE AS': {
    given: TWO,
    up: 'create table b as select * from a',
    down: 'drop table b',
    between: `update a set v = 'edited' where id = 1; delete from a where id = 2`,
    query: 'select id, v from b order by id',
    ends: 'up',
    expected: [JUST(1, 'edited')],
  },
  'up fills a table by DO': {
    given: TWO,
    up: 'create table b (id int primary key, v text); do $$ begin insert into b select * from a; end $$',
    down: 'drop table b',
    between: `update a set v = 'edited' where id = 1; delete from a where id = 2`,
    query: 'select id, v from b order by id',
    ends: 'up',
    expected: [JUST(1, 'edited')],
  },
  'up fills a table by a function': {
    given: `${TWO}; create function copy() returns setof a language sql as 'select * from a'`,
    up: 'create table b (id int primary key, v text); insert into b select * from copy()',
    down: 'drop table b',
    between: `update a set v = 'edited' where id = 1; delete from a where id = 2`,
    query: 'select id, v from b order by id',
    ends: 'up',
    expected: [JUST(1, 'edited')],
  },
  'up rebuilds a table': {
    given: TWO,
    up: 'create table n (id int primary key, v text); insert into n select * from a; drop table a; alter table n rename to a',
    down: 'create table n (id int primary key, v text); insert into n select * from a; drop table a; alter table n rename to a',
    between: `insert into a values (9, 'newer'); update a set v = 'edited' where id = 1; delete from a where id = 2`,
    query: 'select id, v from a order by id',
    ends: 'up',
    expected: [JUST(1, 'edited'), JUST(9, 'newer')],
  },
  'up splits a column off': {
    given: MAILS,
    up: TO_MAILS,
    down: FROM_MAILS,
    between: `update t set mail = 'changed@x' where id = 1; insert into t values (2, 'new@x')`,
    query: 'select id, mail as v from mails order by id',
    ends: 'up',
    expected: [JUST(1, 'changed@x'), JUST(2, 'new@x')],
  },
  'up makes a row for each user': {
    given: 'create table users (id int primary key); insert into users values (1), (2)',
    up: `create table b (id int primary key references users, v text default 'light'); insert into b (id) select id from users`,
    down: 'drop table b',
    between: 'insert into users values (3)',
    query: 'select id, v from b order by id',
    ends: 'up',
    expected: [JUST(1, 'light'), JUST(2, 'light'), JUST(3, 'light')],
  },
  'down rewrites the table into which a user inserts': {
    given: T,
    up: 'delete from t; alter table t alter id type bigint',
    down: 'alter table t alter id type int',
    before: `insert into t values (7, 'newer')`,
    keepRows: 2 ** 20,
    query: 'select id, v from t order by id',
    ends: 'down',
    expected: [JUST(1, 'old'), JUST(7, 'newer')],
  },
  'down copies back what up moved': {
    given: TWO,
    up: 'create table b (id int primary key, v text); insert into b select * from a; drop table a',
    down: 'create table a (id int primary key, v text); insert into a select * from b; drop table b',
    before: `insert into b values (9, 'newer'); update b set v = 'edited' where id = 1; delete from b where id = 2`,
    query: 'select id, v from a order by id',
    ends: 'down',
    expected: [JUST(1, 'edited'), JUST(9, 'newer')],
  },
  'down rebuilds a table': {
    given: TWO,
    up: 'create table n (id int primary key, v text); insert into n select * from a; drop table a; alter table n rename to a',
    down: 'create table n (id int primary key, v text); insert into n select * from a; drop table a; alter table n rename to a',
    before: `insert into a values (9, 'newer'); update a set v = 'edited' where id = 1; delete from a where id = 2`,
    query: 'select id, v from a order by id',
    ends: 'down',
    expected: [JUST(1, 'edited'), JUST(9, 'newer')],
  },
  'down brings a column back from another table': {
    given: MAILS,
    up: TO_MAILS,
    down: FROM_MAILS,
    before: `update mails set mail = 'new@x' where id = 1`,
    query: 'select id, mail as v from t order by id',
    ends: 'down',
    expected: [JUST(1, 'new@x')],
  },
}

const NAMES = Object.keys(CASES)

async function play({ given, up, down, before, between, keepRows, query, ends }: Newer) {
  await way.sql(given)
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up, down, ...(keepRows !== undefined && { keepRows }) },
  })
  await way.up(project)
  if (before) await way.sql(before)
  await way.down(project, 'M1')
  if (ends === 'up') {
    if (between) await way.sql(between)
    await way.up(project)
  }
  return way.sql(query)
}

test.each(inTurn(NAMES))('what is newer than the archive stays: %s', async (name) => {
  const one = CASES[name] as Newer
  expect(await play(one)).toEqual(one.expected)
})

/** The same migrations, where nobody writes but while they are applied. */
const QUIET = NAMES.filter(
  (name) => CASES[name]?.ends === 'up' && CASES[name]?.query.includes('from b'),
)

test.each(inTurn(QUIET))('where nobody writes in between, all is as it was: %s', async (name) => {
  const { between: _, ...one } = CASES[name] as Newer
  await way.sql(one.given)
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: one.up, down: one.down },
  })
  await way.up(project)
  await way.sql(`update b set v = 'edited' where id = 1; delete from b where id = 2`)
  const before = await way.sql(one.query)
  await way.down(project, 'M1')
  await way.up(project)
  expect(await way.sql(one.query)).toEqual(before)
})

/** What a text does not tell may fill any table; where it has put no row, nothing is newer. */
const UNTOLD: Readonly<Record<string, string>> = {
  'a type, unless it is there': `do $$ begin create type mood as enum ('good'); exception when duplicate_object then null; end $$`,
  'an extension': 'create extension if not exists citext',
  'a function': 'select prepare_all()',
  'code that fills another table': 'do $$ begin insert into elsewhere values (1); end $$',
}

const TAKEN: Readonly<Record<string, { up: string; down: string }>> = {
  'a table': { up: 'create table n (id int primary key, v text)', down: 'drop table n' },
  rows: {
    up: 'alter table n add k text',
    down: `delete from n where v = 'x'; alter table n drop k`,
  },
}

const UNTOLD_CASES = Object.keys(UNTOLD).flatMap((what) =>
  Object.keys(TAKEN).map((taken) => [taken, what] as const),
)

test.each(inTurn(UNTOLD_CASES))('%s comes back beside %s', async (taken, what) => {
  const { up = '', down = '' } = TAKEN[taken] ?? {}
  await way.sql(`create table elsewhere (id int);
    create function prepare_all() returns void language sql as 'insert into elsewhere values (2)'`)
  if (taken === 'rows') await way.sql('create table n (id int primary key, v text)')
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: `${UNTOLD[what]}; ${up}`, down },
  })
  await way.up(project)
  await way.sql(`insert into n (id, v) values (1, 'x')`)
  await way.down(project, 'M1')
  await way.sql('insert into elsewhere values (3)')
  await way.up(project)
  expect(await way.sql('select id, v from n')).toEqual([JUST(1, 'x')])
  expect(await way.archived()).toEqual([])
})

test.each(
  inTurn([
    ['in place of the dropped one', `alter table t add column w text default 'NEW'`],
    [
      'and the table is written again',
      `alter table t add column w text default 'NEW'; cluster t using t_pkey`,
    ],
    [
      'under another name first',
      `alter table t add column x text default 'NEW'; alter table t rename x to w`,
    ],
  ]),
)('the default of a column that a user adds stands: %s', async (_, added) => {
  await way.sql('create table t (id int primary key); insert into t values (1), (2)')
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: 'alter table t add column if not exists w text', down: 'alter table t drop w' },
  })
  await way.up(project)
  await way.sql(`update t set w = 'old'`)
  await way.down(project, 'M1')
  await way.sql(added)
  const { returned } = await way.up(project)
  expect(await way.sql('select distinct w from t')).toEqual([{ w: 'NEW' }])
  expect(returned.map(({ note }) => note)).toEqual([
    '2 rows have what was in a column that was added since',
  ])
})

test('the default that a migration gives to a column is older than what users wrote there', async () => {
  await way.sql('create table t (id int primary key); insert into t values (1), (2)')
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: `alter table t add column w text default 'text'`, down: 'alter table t drop w' },
  })
  await way.up(project)
  await way.sql(`update t set w = 'old'`)
  await way.down(project, 'M1')
  await way.up(project)
  expect(await way.sql('select distinct w from t')).toEqual([{ w: 'old' }])
})
