import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** What a migration computes from rows that were written since stands, by whichever way it gets there. */

const way = useWayBack()

const GIVEN = `create table t (id int primary key, a text); insert into t values (1, 'one'), (2, 'two'), (3, 'three')`
const UP =
  'create table x (id int primary key, b text); insert into x select id, a from t; alter table t drop a'
const SET = (column: string) => `update t set ${column} = x.b from x where x.id = t.id`
const FUNCTION = `create function fx(i int) returns text language sql as 'select b from x where id = i'`

const DOWNS: Readonly<Record<string, string>> = {
  'one UPDATE': `alter table t add a text; ${SET('a')}; drop table x`,
  'a column of help': `alter table t add a text, add b text; ${SET('b')}; update t set a = b; alter table t drop b; drop table x`,
  'a function that it makes': `alter table t add a text; ${FUNCTION}; update t set a = fx(id); drop function fx; drop table x`,
  'a view of the table': `alter table t add a text; create view tv as select * from t; update tv set a = x.b from x where x.id = tv.id; drop view tv; drop table x`,
  'a view of the table and a column of help': `alter table t add h text; create view tv as select * from t; update tv set h = x.b from x where x.id = tv.id; drop view tv; alter table t rename h to a; drop table x`,
  'a view of the table with other names': `alter table t add a text; create view tv as select id, a as aa from t; update tv set aa = x.b from x where x.id = tv.id; drop view tv; drop table x`,
  'a column that is renamed': `alter table t add aa text; ${SET('aa')}; alter table t rename aa to a; drop table x`,
  'a table made anew': `create table t2 (id int primary key, a text); insert into t2 select t.id, x.b from t left join x using (id);
    drop table t; alter table t2 rename to t; drop table x`,
  'a table made anew by CREATE TABLE AS': `create table t2 as select t.id, x.b as a from t left join x using (id);
    drop table t; alter table t2 rename to t; alter table t add primary key (id); drop table x`,
  'USING a function': `alter table t add a int; ${FUNCTION}; alter table t alter a type text using fx(id); drop function fx; drop table x`,
  'a default that calls a function': `create function fd() returns text language sql as 'select max(b) from x'; alter table t add a text default fd();
    alter table t alter a drop default; drop function fd; drop table x`,
  'a query in a text': `alter table t add a text; update t set a = (xpath('//b/text()', query_to_xml('select b from x where id = ' || id, false, false, '')))[1]; drop table x`,
}

const NOW = 'select id, a from t order by id'

test.each(inTurn(Object.keys(DOWNS)))('somebody writes since: %s', async (name) => {
  await way.sql(GIVEN)
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: UP, down: DOWNS[name] ?? '' },
  })
  await way.up(project)
  await way.sql(`update x set b = 'NEW' where id = 2; delete from x where id = 1`)
  await way.down(project, 'M1')
  const [first, second] = await way.sql<{ a: string }>(NOW)
  expect([first?.a, second?.a]).not.toContain('one')
  expect([first?.a, second?.a]).not.toContain('two')
})

const STEPS = {
  M2: {
    up: 'alter table t add b text; update t set b = upper(a); alter table t drop a',
    down: 'alter table t add a text; update t set a = lower(b); alter table t drop b',
  },
  M3: {
    up: 'create table x (id int primary key, b text); insert into x select id, b from t; alter table t drop b',
    down: `alter table t add b text; ${SET('b')}; drop table x`,
  },
}

test.each(
  inTurn([
    ['in one run', ['M1'], true],
    ['in two runs', ['M2', 'M1'], true],
    ['in one run, and nobody writes', ['M1'], false],
    ['in two runs, and nobody writes', ['M2', 'M1'], false],
  ] as const),
)('through two migrations, %s', async (_, targets, isWritten) => {
  await way.sql(GIVEN)
  const project = await way.project({ M1: { up: 'select 1', down: '' }, ...STEPS })
  await way.up(project)
  if (isWritten) await way.sql(`update x set b = 'NEW' where id = 2; delete from x where id = 1`)
  for (const target of targets) await way.down(project, target)
  const values = (await way.sql<{ a: string }>(NOW)).map(({ a }) => a)
  expect(values).toEqual(isWritten ? [null, 'new', 'three'] : ['one', 'two', 'three'])
})

const SRC = `create table src (id int primary key, v text); insert into src values (1, 'one'), (2, 'two')`
const MADE = 'create table d (id int primary key, v text)'

/** Rows that an INSERT has from its own text, or so it looks. */
const FILLS: Readonly<Record<string, string>> = {
  'a function that it makes': `create function fv(i int) returns text language sql as 'select v from src where id = i'; ${MADE}; insert into d values (1, fv(1)), (2, fv(2)); drop function fv`,
  'a default': `create or replace function fv() returns text language sql as 'select max(v) from src'; ${MADE}; alter table d alter v set default fv(); insert into d (id) values (1), (2)`,
  'a trigger': `create or replace function tv() returns trigger language plpgsql as 'begin new.v := (select v from src where id = new.id); return new; end';
    ${MADE}; create trigger tv before insert on d for each row execute function tv(); insert into d values (1), (2)`,
  'a query in a text': `${MADE}; insert into d values (1, query_to_xml('select v from src where id = 1', false, false, '')::text), (2, 'x')`,
}

test.each(inTurn(Object.entries(FILLS)))('rows by %s', async (_, up) => {
  await way.sql(SRC)
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up, down: 'drop table d' },
  })
  await way.up(project)
  await way.sql(`update d set v = v || '!'`)
  await way.down(project, 'M1')
  await way.sql(`update src set v = 'NEW'`)
  const { returned } = await way.up(project)
  const [first] = await way.sql<{ v: string }>('select v from d order by id')
  expect(first?.v).toContain('NEW')
  expect(returned.map(({ note }) => note).join()).toMatch(/written since/)
})

const N = 'create table n (id int primary key, v text)'
const REPLACE = 'drop table t; alter table n rename to t'

/** A table that is replaced by one with the same rows. */
const MOVES: Readonly<Record<string, string>> = {
  'INSERT of a SELECT': `${N}; insert into n select * from t; ${REPLACE}`,
  'INSERT of a TABLE': `${N}; insert into n table t; ${REPLACE}`,
  'what a DELETE returns': `${N}; with moved as (delete from t returning *) insert into n select * from moved; ${REPLACE}`,
  'what an UPDATE returns': `${N}; with moved as (update t set v = v returning *) insert into n select * from moved; ${REPLACE}`,
  'what a DELETE of the same table returns': `with moved as (delete from t returning *), n as (select id + 0 as id, v from moved) insert into t select * from n on conflict (id) do nothing`,
  MERGE: `${N}; merge into n using t on n.id = t.id when not matched then insert values (t.id, t.v); ${REPLACE}`,
  'CREATE TABLE AS': `create table n as select * from t; alter table n add primary key (id); ${REPLACE}`,
  'SELECT INTO': `select * into n from t; alter table n add primary key (id); ${REPLACE}`,
  DO: `${N}; do $$ begin insert into n select * from t; end $$; ${REPLACE}`,
  'a table beside it': `create table tmp as table t; truncate t; insert into t table tmp; drop table tmp`,
  'its old name': `alter table t rename to old; create table t (id int, v text); insert into t select * from old; drop table old; alter table t add primary key (id)`,
  'two names that are swapped': `${N}; insert into n select * from t; alter table t rename to old; alter table n rename to t; drop table old`,
  'a view': `${N}; create view w as select * from t; insert into n select * from w; drop view w; ${REPLACE}`,
  'a view that is written': `${N}; create view w as select * from n; insert into w select * from t; drop view w; ${REPLACE}`,
}

test.each(inTurn(Object.entries(MOVES)))('rows that are moved by %s', async (_, moves) => {
  await way.sql(
    `create table t (id int primary key, v text); insert into t values (1, 'a'), (2, 'b'), (3, 'c')`,
  )
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: moves, down: moves },
  })
  await way.up(project)
  await way.sql(`update t set v = 'USER' where id = 1`)
  await way.down(project, 'M1')
  await way.sql(
    `update t set v = 'NEW' where id = 1; update t set v = null where id = 2; delete from t where id = 3; insert into t values (4, 'd')`,
  )
  await way.up(project)
  expect(await way.sql('select id, v from t order by id')).toEqual([
    { id: 1, v: 'NEW' },
    { id: 2, v: null },
    { id: 4, v: 'd' },
  ])
})

test('rows that are deleted from a table under its other name stay deleted', async () => {
  await way.sql(
    `create table old (id int primary key, v text); insert into old values (1, 'a'), (2, 'b')`,
  )
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: {
      up: 'alter table old rename to t',
      down: 'create table old (id int primary key, v text); insert into old select * from t; drop table t',
    },
  })
  await way.up(project)
  await way.down(project, 'M1')
  await way.sql('delete from old where id = 1')
  await way.up(project)
  expect(await way.sql('select id from t')).toEqual([{ id: 2 }])
})

test('of rows that nothing tells apart none is lost', async () => {
  await way.sql(SRC)
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: {
      up: 'create table d (v text); insert into d select v from src where id = 1',
      down: 'drop table d',
    },
  })
  await way.up(project)
  await way.sql(`insert into d values ('one'), ('one'), ('b')`)
  await way.down(project, 'M1')
  await way.sql(`insert into src values (3, 'three')`)
  await way.up(project)
  const [{ there } = { there: 0 }] = await way.sql<{ there: number }>(
    'select count(*)::int as there from d',
  )
  const [{ kept } = { kept: 0 }] = await way.sql<{ kept: number }>(
    'select rows::int as kept from migrator_archive.entries',
  )
  expect(there + kept).toBe(4)
})

test('a NULL that was overwritten, in a row that was written since, is reported', async () => {
  await way.sql(
    `create table t (id int primary key, status text, v text); insert into t values (1, null, 'a')`,
  )
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: 'select 1', down: `update t set status = 'none' where status is null` },
  })
  await way.up(project)
  await way.down(project, 'M1')
  await way.sql(`update t set v = 'edited'`)
  const { returned } = await way.up(project)
  expect(returned).toMatchObject([
    { restoredRows: 0, note: expect.stringMatching(/changed or deleted since/) },
  ])
})

const READ = `update t set a = x.b from x where x.id = t.id`

/** A source that is another one by now, although no row of it has a new version. */
const SOURCES = {
  'rows of a table that inherits': {
    given: `create table x (id int primary key, b text); create table k () inherits (x); insert into k values (2, 'two')`,
    changes: `update x set b = 'NEW' where id = 2`,
  },
  'a column of the name': {
    given: `create table x (id int primary key, b text, o text); insert into x values (2, 'two', 'NEW')`,
    changes: 'alter table x rename b to p; alter table x rename o to b',
  },
  'a table of the name': {
    given: `create table x (id int primary key, b text); insert into x values (2, 'two'); create table y as select 2 as id, text 'NEW' as b`,
    changes: 'alter table x rename to z; alter table y rename to x; alter table z rename to y',
  },
  'a partition': {
    given: `create table x (id int, b text) partition by list (id); create table p partition of x for values in (2); insert into x values (2, 'two');
      create table q (id int, b text); insert into q values (2, 'NEW')`,
    changes: 'alter table x detach partition p; alter table x attach partition q for values in (2)',
  },
}

test.each(inTurn(Object.entries(SOURCES)))(
  'what is set from %s stands',
  async (_, { given, changes }) => {
    await way.sql(
      `create table t (id int primary key, a text); insert into t values (2, 'a2'); ${given}`,
    )
    const project = await way.project({
      M1: { up: 'select 1', down: '' },
      M2: { up: `update t set a = 'm'`, down: READ, keepRows: 2 ** 20 },
    })
    await way.up(project)
    await way.sql(changes)
    await way.down(project, 'M1')
    expect(await way.sql('select a from t')).toEqual([{ a: 'NEW' }])
  },
)

test('a WITH that changes rows is no reason to refuse a migration', async () => {
  await way.sql(
    `create table l (id int, v text); insert into l values (1, 'a'); create table m as table l`,
  )
  const up = `with i as (update l set v = 's') update m set v = 'm'`
  const project = await way.project({ M1: { up, down: '' } })
  await way.up(project)
  expect(await way.sql('select l.v as l, m.v as m from l, m')).toEqual([{ l: 's', m: 'm' }])
})
