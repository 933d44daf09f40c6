import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** Rows of a partition are its table's, whatever name a statement uses: asked about once, and what was asked is enough. */

const way = useWayBack()

const GIVEN = `create table t (id int primary key, v text) partition by range (id);
  create table t1 (v text, id int not null); alter table t attach partition t1 for values from (0) to (10);
  create table t2 partition of t for values from (10) to (30) partition by range (id);
  create table t3 partition of t2 default;
  insert into t values (1, 'a'), (2, 'b'), (11, 'c')`

const CASES: readonly (readonly [down: string, losses: readonly string[]])[] = [
  ['truncate t1', ['t: 2 rows']],
  ['delete from t1', ['t: 2 rows']],
  ['delete from t1 where id = 1', ['t: 1 rows']],
  ['delete from t3', ['t: 1 rows']],
  ['truncate t1, t2', ['t: 2 rows', 't: 1 rows']],
  ['delete from t1; truncate t3', ['t: 2 rows', 't: 1 rows']],
  ['delete from t1 where id = 1; delete from t where id > 1', ['t: 1 rows', 't: 2 rows']],
  [`update t1 set v = 'x'`, ['t.v: 2 values']],
  [`update t3 set v = 'x'; update t1 set v = 'y'`, ['t.v: 1 values', 't.v: 2 values']],
  ['truncate t1; drop table t1', ['t: 2 rows']],
  ['delete from t1; alter table t detach partition t1; drop table t1', ['t: 2 rows', 't1: 2 rows']],
  ['alter table t detach partition t1; delete from t1; drop table t1', ['t: 2 rows', 't1: 2 rows']],
  ['drop table t1', ['t1: 2 rows']],
]

test.each(inTurn(CASES))('%s', async (down, losses) => {
  const up = down.includes('drop table t1')
    ? `create table if not exists t1 (v text, id int not null);
       do $$ begin if not exists (select from pg_inherits where inhrelid = 't1'::regclass) then
         alter table t attach partition t1 for values from (0) to (10); end if; end $$`
    : ''
  await way.sql(GIVEN)
  const project = await way.project({ M1: { up: '', down: '' }, M2: { up, down } })
  await way.up(project)
  await way.keepForGood()
  const asked = way.down(project, 'M1')
  await expect(asked).rejects.toMatchObject({ code: 'LOSSES_UNCONFIRMED' })
  const said = await way.down(project, 'M1', { yes: true })
  expect(said.losses).toEqual(losses)
  await way.up(project)
  expect(await way.sql('select id, v from t order by id')).toEqual([
    { id: 1, v: 'a' },
    { id: 2, v: 'b' },
    { id: 11, v: 'c' },
  ])
})

test.each(
  inTurn(['delete from t where id = 1', 'delete from t1', `update t set v = 'x'`, 'truncate t']),
)('a trigger on a partition is named: %s', async (down) => {
  await way.sql(
    `${GIVEN}; create function f() returns trigger language plpgsql as 'begin return old; end';
     create trigger f after delete on t3 for each row execute function f()`,
  )
  const project = await way.project({ M1: { up: '', down: '' }, M2: { up: '', down } })
  await way.up(project)
  await way.keepForGood()
  const asked = way.down(project, 'M1')
  await expect(asked).rejects.toThrow(/triggers and rules of t: cannot be counted/)
})

/** What changes its place among tables is not lost. */
const MOVES: Readonly<Record<string, { given?: string; way: string; back: string }>> = {
  ATTACH: {
    given: 'create table n (v text, id int not null)',
    way: 'alter table t attach partition n for values from (40) to (50)',
    back: 'alter table t detach partition n',
  },
  'ATTACH of a table with partitions': {
    given: `create table n (id int not null, v text) partition by range (id);
      create table n1 partition of n for values from (40) to (45); create table n2 partition of n default`,
    way: 'alter table t attach partition n for values from (40) to (50)',
    back: 'alter table t detach partition n',
  },
  'ATTACH in DO': {
    given: 'create table n (id int not null, v text)',
    way: `do $$ begin execute 'alter table t attach partition n for values from (40) to (50)'; end $$`,
    back: `do $$ begin execute 'alter table t detach partition n'; end $$`,
  },
  INHERIT: {
    given: 'create table n (id int not null, v text); create table whole (id int not null, v text)',
    way: 'alter table n inherit whole',
    back: 'alter table n no inherit whole',
  },
}

test.each(
  inTurn(
    Object.keys(MOVES).flatMap((what) => [
      [what, 'forwards'],
      [what, 'backwards'],
    ]),
  ),
)('%s, %s, takes nothing', async (what, direction) => {
  const { given = '', way: forth, back } = MOVES[what] ?? { way: '', back: '' }
  await way.sql(`${GIVEN}; ${given}; insert into n (id, v) values (41, 'x'), (46, 'y')`)
  if (direction === 'backwards') await way.sql(forth)
  const [up, down] = direction === 'forwards' ? [back, forth] : [forth, back]
  const asIs = direction === 'forwards' ? `${forth}; ${up}` : `${back}; ${up}`
  const project = await way.project({
    M1: { up: '', down: '' },
    M2: { up: asIs, down, keepRows: 2 ** 20 },
  })
  await way.up(project)
  await way.keepForGood()
  // Of DO nobody can tell before.
  const { losses } = await way.down(project, 'M1', { yes: true })
  expect(losses.filter((loss) => !loss.endsWith('unknown'))).toEqual([])
  expect(await way.sql('select id, v from n order by id')).toEqual([
    { id: 41, v: 'x' },
    { id: 46, v: 'y' },
  ])
  expect(await way.sql(`select to_regnamespace('migrator_archive') as there`)).toEqual([
    { there: null },
  ])
})

test('a column that DO drops before it attaches the table is a loss', async () => {
  await way.sql(`${GIVEN}; create table n (id int not null, v text, w text);
    insert into n values (41, 'x', 'secret'), (46, 'y', null)`)
  const down = `do $$ begin alter table n drop w; alter table t attach partition n for values from (40) to (50); end $$`
  const up = `do $$ begin if exists (select from pg_inherits where inhrelid = 'n'::regclass) then
    alter table t detach partition n; alter table n add w text; end if; end $$`
  const project = await way.project({ M1: { up: '', down: '' }, M2: { up, down } })
  await way.up(project)
  await way.down(project, 'M1', { yes: true })
  expect(await way.archived()).toHaveLength(1)
  await way.up(project)
  expect(await way.sql('select id, w from n order by id')).toEqual([
    { id: 41, w: 'secret' },
    { id: 46, w: null },
  ])
})

/** Each after `create table p (id int, v text) partition by list (id)`; rows 1 and 2 are of the partition that comes last. */
const REMADE: Readonly<Record<string, string>> = {
  CREATE: `create table d partition of p default; create table p1 partition of p for values in (1, 2)`,
  'CREATE, the default one last': `create table p1 partition of p for values in (1, 2); create table d partition of p default`,
  ATTACH: `create table d partition of p default; create table p1 (id int, v text); alter table p attach partition p1 for values in (1, 2)`,
  'ATTACH of the default one': `create table d (id int, v text); alter table p attach partition d default;
    create table p1 partition of p for values in (1, 2)`,
  'after an index': `create table d partition of p default; create index on p (v); create table p1 partition of p for values in (1, 2)`,
  'after a key': `create table d partition of p default; alter table p add primary key (id); create table p1 partition of p for values in (1, 2)`,
  'after a foreign key': `create table d partition of p default; alter table p add unique (id); create table r (id int references p (id));
    create table p1 partition of p for values in (1, 2)`,
  'after a foreign key of its own': `create table d partition of p default; alter table p add foreign key (id) references o;
    create table p1 partition of p for values in (1, 2)`,
  'in a later segment': `create table d partition of p default; create index concurrently later on o (v);
    create table p1 partition of p for values in (1, 2)`,
  'within a partition': `create table p1 partition of p for values in (1, 2, 3) partition by list (id); create table d partition of p1 default;
    create table p2 partition of p1 for values in (1, 2); create table p3 partition of p default`,
  'in another schema': `create schema s; create table s.d partition of p default; create table s.p1 partition of p for values in (1, 2)`,
  'in DO': `create table d partition of p default; do 'begin create table p1 partition of p for values in (1, 2); end'`,
}

test.each(inTurn(Object.entries(REMADE)))(
  'a table is made with a default partition and others: %s',
  async (_, partitions) => {
    await way.sql(
      'create table o (id int primary key, v text); insert into o select generate_series(1, 9)',
    )
    const up = `create table p (id int, v text) partition by list (id); ${partitions}`
    const down =
      'drop table p cascade; drop table if exists r; drop schema if exists s; drop index if exists later'
    const project = await way.project({ M1: { up: '', down: '' }, M2: { up, down } })
    await way.up(project)
    await way.keepForGood()
    const ROWS = [
      { id: 1, v: 'a', at: expect.not.stringMatching(/^(s\.)?d$/) },
      { id: 2, v: 'b', at: expect.not.stringMatching(/^(s\.)?d$/) },
      { id: 3, v: 'c', at: expect.any(String) },
    ]
    await way.sql(`insert into p values (1, 'a'), (2, 'b'), (3, 'c')`)
    const read = () => way.sql('select id, v, tableoid::regclass::text as at from p order by id')
    expect(await read()).toEqual(ROWS)
    const before = await read()
    await way.down(project, 'M1', { yes: true })
    await way.up(project)
    expect(await read()).toEqual(before)
  },
)
