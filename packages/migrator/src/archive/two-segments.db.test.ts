import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { openSession, until } from '../testing/sessions.ts'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

interface Seeding {
  readonly given: string
  /** What `up` writes before a statement that may cut it in two. */
  readonly writes: string
  readonly down: string
  readonly work: string
  /** After down and up. */
  readonly rows: readonly string[]
}

const SEED = `insert into t values (1, 'seed'), (2, 'seed')`
const EDIT = `update t set v = 'edited' where id = 1; insert into t values (3, 'user')`
const EDITED = ['1 edited', '2 seed', '3 user']
const KEYED = { given: 'create table t (id int primary key, v text)', work: EDIT, rows: EDITED }
const KEYLESS = { ...KEYED, given: 'create table t (id int, v text)' }
const UNDO = 'delete from t'

/** Rows that a migration adds itself, in the ways in which they can be written. */
const SEEDINGS: Readonly<Record<string, Seeding>> = {
  insert: { ...KEYED, writes: SEED, down: UNDO },
  'insert, without a key': { ...KEYLESS, writes: SEED, down: UNDO },
  DO: { ...KEYED, writes: `do $$ begin ${SEED}; end $$`, down: UNDO },
  'DO with EXCEPTION': {
    ...KEYED,
    writes: `do $$ begin begin ${SEED}; exception when others then null; end; end $$`,
    down: UNDO,
  },
  'DO with EXCEPTION, without a key': {
    ...KEYLESS,
    writes: `do $$ begin begin ${SEED}; exception when others then null; end; end $$`,
    down: UNDO,
  },
  'in a savepoint': {
    ...KEYED,
    writes: `savepoint s; ${SEED}; release savepoint s`,
    down: UNDO,
  },
  'two inserts': {
    ...KEYED,
    writes: `insert into t values (1, 'seed'); insert into t values (2, 'seed')`,
    down: UNDO,
  },
  truncate: { ...KEYED, writes: SEED, down: 'truncate t' },
  'a table of its own': {
    ...KEYED,
    given: 'select 1',
    writes: `create table t (id int primary key, v text); ${SEED}`,
    down: 'drop table t',
  },
  'a table of its own, without a key': {
    ...KEYED,
    given: 'select 1',
    writes: `create table t (id int, v text); ${SEED}`,
    down: 'drop table t',
  },
}

const CASES = Object.keys(SEEDINGS).flatMap((name) =>
  ['one segment', 'two segments'].map((segments) => ({ name, segments })),
)

test.each(inTurn(CASES))(
  'what a migration adds itself gives way to what the archive has of it: $name, $segments',
  async ({ name, segments }) => {
    const { given = '', writes, down, work = '', rows } = SEEDINGS[name] ?? {}
    await way.sql(`${given}; create table other (n int)`)
    const index = segments === 'two segments' ? 'index concurrently' : 'index'
    const project = await way.project({
      M1: { up: 'select 1', down: '' },
      M2: { up: `${writes}; create ${index} o on other (n)`, down: `drop index o; ${down}` },
    })
    await way.up(project)
    await way.sql(work)
    await way.down(project, 'M1')
    expect(await way.sql(`select to_regclass('o') as o`)).toEqual([{ o: null }])
    const { returned } = await way.up(project)
    expect(returned.filter(({ note }) => note !== undefined)).toEqual([])
    const now = await way.sql(`select concat_ws(' ', id, v) as row from t order by 1`)
    expect(now.map(({ row }) => row)).toEqual(rows)
  },
)

const DOCUMENTS = `create table l (id int primary key, v text); insert into l values (1, 'one'), (2, 'two');
  create table c (id int primary key, l int references l); insert into c values (1, 1), (2, 2); create table other (n int)`

/** What is lost in one segment and made room for in another. */
const HALVES = {
  'a reference is not restored to a row that an earlier segment has added': {
    given: DOCUMENTS,
    up: ['alter table c drop l', 'delete from l'],
    down: [`insert into l values (1, 'OTHER'), (2, 'two')`, 'alter table c add l int references l'],
    read: 'select c.id, l.v from c left join l on l.id = c.l where c.id = 1',
    now: [{ id: 1, v: null }],
  },
  'values of a column that another segment rewrites': {
    given: `create table t (id int primary key, a text, b text); insert into t values (1, 'aaa', 'bbb'); create table other (n int)`,
    up: [
      'alter table t alter a type varchar(1) using left(a, 1)',
      'alter table t alter b type varchar(1) using left(b, 1)',
    ],
    down: ['alter table t alter a type text', 'alter table t alter b type text'],
    read: 'select * from t',
    now: [{ id: 1, a: 'aaa', b: 'bbb' }],
  },
  'a column that is dropped before another segment rewrites the table': {
    given: `create table t (id int primary key, a text, b text); insert into t values (1, 'aaa', 'bbb'); create table other (n int)`,
    up: ['alter table t drop a', 'alter table t alter b type varchar(1) using left(b, 1)'],
    down: ['alter table t alter b type text', 'alter table t add a text'],
    read: 'select a, b from t',
    now: [{ a: 'aaa', b: 'bbb' }],
  },
  'a column that is dropped before another segment rewrites the table, and takes nothing': {
    given: `create table t (id int primary key, a text); insert into t values (1, 'aaa'); create table other (n int)`,
    up: ['alter table t drop a', 'alter table t add b float default random()'],
    down: ['alter table t drop b', 'alter table t add a text'],
    read: 'select id, a from t',
    now: [{ id: 1, a: 'aaa' }],
  },
  'rows that a function has filled again from others': {
    given: `create table s (id int primary key, v text); insert into s values (1, 'one'), (2, 'two'); create table l as table s; alter table l add primary key (id); create table other (n int)`,
    up: ['select 1', 'delete from l'],
    between: 'delete from s where id = 1',
    keepRows: 2 ** 20,
    down: [
      `do $$ begin begin insert into l select * from s; exception when others then null; end; end $$`,
      'select 1',
    ],
    read: 'select id from l order by id',
    now: [{ id: 2 }],
  },
} as const

const CUTS = ['', 'create index concurrently x on other (n); drop index x;'] as const
const HALVED = Object.entries(HALVES).flatMap(([name, one]) =>
  CUTS.flatMap((up) => CUTS.map((down) => ({ name, one, cut: { up, down } }))),
)

test.each(inTurn(HALVED))('$name: $cut', async ({ one, cut }) => {
  await way.sql(one.given)
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: {
      up: one.up.join(`; ${cut.up}`),
      down: one.down.join(`; ${cut.down}`),
      ...('keepRows' in one && { keepRows: one.keepRows }),
    },
  })
  await way.up(project)
  if ('between' in one) await way.sql(one.between)
  await way.down(project, 'M1')
  expect(await way.sql(one.read)).toEqual(one.now)
})

/** Besides the column that goes and comes back: what else the migration does, and undoes. */
const BESIDES = [
  ['select 1', 'select 1'],
  ['alter table t rename c to d', 'alter table t rename d to c'],
  ['alter table t rename to u', 'alter table u rename to t'],
] as const

test.each(BESIDES)(
  'a column has its values again where an index of it is built last: %s',
  async (up, down) => {
    await way.sql(
      `create table t (id int primary key, b text, c text); create index b on t (lower(b)); insert into t values (1, 'b', 'c')`,
    )
    const project = await way.project({
      M1: { up: 'select 1', down: '' },
      M2: {
        up: `alter table t drop b; ${up}`,
        down: `${down}; alter table t add b text; create index concurrently b on t (lower(b))`,
      },
    })
    await way.up(project)
    await way.down(project, 'M1')
    expect(await way.sql('select b, c from t')).toEqual([{ b: 'b', c: 'c' }])
  },
)

const RESUMED = `create table t (id int primary key, v text); create table k (v text); create table other (n int); create table ctl (n int); insert into ctl values (1)`

test.each(inTurn(['t (id, v)', 'k (v)']))(
  'a run that stopped between two segments knows what it has added: %s',
  async (where) => {
    await way.sql(RESUMED)
    const [table = ''] = where.split(' ')
    const values = table === 't' ? `(11, 's'), (12, 's')` : `('s'), ('s')`
    const project = await way.project({
      M1: { up: 'select 1', down: '' },
      M2: {
        up: `insert into ${where} values ${values}; create index concurrently x on other (n); select 1 / n from ctl`,
        down: `delete from ${table}; drop index x`,
      },
    })
    await way.up(project)
    await way.sql(`update ${table} set v = 'edited'`)
    await way.down(project, 'M1')
    await way.sql('update ctl set n = 0')
    await expect(way.up(project)).rejects.toThrow(/division by zero/)
    await way.sql('update ctl set n = 1')
    await way.up(project)
    expect(await way.sql(`select v from ${table}`)).toEqual([{ v: 'edited' }, { v: 'edited' }])
  },
)

const AT_WORK = `select from pg_stat_activity where query like '%pg_sleep(1)%' and wait_event = 'PgSleep'`
const FIRST_DONE = `select from migrator.history where event = 'done' and segment = 1 and migration = 'M2' and direction = 'up'
  and id > (select max(id) from migrator.history where direction = 'down')`

test('what another session writes meanwhile, in a savepoint that it has released, is its own', async () => {
  await way.sql(
    `create table t (id int primary key, v text); insert into t values (1, 'a'); create table other (n int)`,
  )
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: {
      up: `insert into t values (101, 's'); select pg_sleep(1); create index concurrently x on other (n)`,
      down: 'delete from t; drop index x',
    },
  })
  await way.up(project)
  await way.down(project, 'M1')
  const up = way.up(project)
  await until(way.url(), AT_WORK)
  const write = `begin; savepoint s; insert into t values (1, 'USER'), (7, 'USER'); release savepoint s`
  const other = await openSession(way.url(), 'user', write)
  await until(way.url(), FIRST_DONE)
  await other.client.query('commit')
  await other.end()
  await up
  expect(await way.sql('select * from t order by id')).toEqual([
    { id: 1, v: 'USER' },
    { id: 7, v: 'USER' },
    { id: 101, v: 's' },
  ])
})
