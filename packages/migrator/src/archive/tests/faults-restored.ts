import { between, fault, T, write, type FaultCase } from './faults.ts'

/** What a hostile tester has found in restoring: each was silent loss, or a way that ended nowhere. */

const rows = (columns: string) => `insert into t select ${columns} from generate_series(1, 5) g`

const backfill: readonly FaultCase[] = [
  fault('backfill: UPDATE and NOT NULL behind ADD COLUMN', {
    given: [T],
    up: 'alter table t add column slug text; update t set slug = lower(v); alter table t alter slug set not null',
    rows: [rows(`g, 'A' || g, 'edited' || g`)],
    down: 'alter table t drop column slug',
  }),
  fault('backfill: over a default', {
    given: [T],
    up: `alter table t add column st text not null default 'new'; update t set st = 'legacy' where id <= 2`,
    rows: [rows(`g, 'a', 'paid'`)],
    down: 'alter table t drop column st',
  }),
  {
    ...fault('backfill: in the next migration', { given: [T], down: '' }),
    rows: [rows(`g, 'a' || g, 'done'`)],
    migrations: [
      { up: ['alter table t add column s text'], down: ['alter table t drop column s'] },
      {
        up: [`update t set s = 'new' where v is not null`, 'alter table t alter s set not null'],
        down: ['alter table t alter s drop not null'],
      },
    ],
  },
  fault('backfill: by a trigger', {
    given: [T],
    up: `alter table t add column s text;
      create function d() returns trigger language plpgsql as $$ begin new.s := 'derived ' || new.v; return new; end $$;
      create trigger d before insert or update of v on t for each row execute function d();
      update t set v = v`,
    rows: [rows(`g, 'a' || g`), `update t set s = 'manual' where id = 2`],
    down: 'drop trigger d on t; drop function d; alter table t drop column s',
  }),
  fault('backfill: DELETE by the column that is made', {
    given: [T],
    up: 'alter table t add column w int; delete from t where w < 3',
    rows: [rows(`g, 'a', g`)],
    down: 'alter table t drop column w',
  }),
  fault('backfill: NOT NULL by DO', {
    given: [T],
    up: 'alter table t add column w int; do $$ begin alter table t alter w set not null; end $$',
    rows: [rows(`g, 'a', g`)],
    down: 'alter table t drop column w',
  }),
]

const TWO = 'create table t (id int primary key, a text, b text)'

const sameName: readonly FaultCase[] = [
  fault('same name: a column, renamed and made again', {
    given: ['create table t (id int primary key)'],
    up: 'alter table t add column x text; alter table t rename x to y; alter table t add column x text',
    rows: [`insert into t (id, x, y) select g, 'x' || g, 'y' || g from generate_series(1, 3) g`],
    down: 'alter table t drop column x; alter table t rename y to x; alter table t drop column x',
  }),
  fault('same name: a table, renamed and made again', {
    up: 'create table u (id int primary key, v text); alter table u rename to v; create table u (id int primary key, v text)',
    rows: [
      `insert into u select g, 'u' || g from generate_series(1, 3) g`,
      `insert into v select g, 'v' || g from generate_series(1, 3) g`,
    ],
    down: 'drop table u; alter table v rename to u; drop table u',
  }),
  fault('same name: the log of the last year', {
    up: 'create table log (id int primary key, v text); alter table log rename to log_2025; create table log (id int primary key, v text, extra text)',
    rows: [
      `insert into log values (1, 'new', 'e'), (2, 'new2', 'e')`,
      `insert into log_2025 values (1, 'old'), (9, 'old9')`,
    ],
    down: 'drop table log; drop table log_2025',
  }),
  fault('same name: tables swapped in a circle', {
    given: [TWO],
    up: 'create table u (id int primary key, v text); alter table t rename to t_tmp; alter table u rename to t; alter table t_tmp rename to u',
    rows: [
      `insert into t select g, 'v' || g from generate_series(1, 4) g`,
      `insert into u values (1, 'a', 'b')`,
    ],
    down: 'drop table t; alter table u rename to t',
  }),
  fault('same name: the old table becomes another', {
    given: [TWO],
    up: 'create table t_new (id int primary key, v text); alter table t rename to t_old; alter table t_new rename to t; alter table t_old rename to legacy',
    rows: [
      `insert into legacy values (100, 'a', 'b')`,
      `insert into t select g, 'v' || g from generate_series(1, 4) g`,
    ],
    down: 'drop table t; alter table legacy rename to t',
  }),
  fault('same name: two sequences of a column', {
    up: 'create table u (id serial primary key, n int); create sequence other owned by u.id',
    rows: ['insert into u (n) values (1), (2)', `select setval('other', 777)`],
    down: 'drop table u',
  }),
]

const written = (name: string, how: string, gone: readonly string[] = []) =>
  fault(`another file: ${name}`, {
    given: ['create table t (id int, v text)', 'create index ti on t (id desc)'],
    up: 'alter table t add column w text',
    rows: [rows(`g, 'v' || g, 'w' || g`), ...gone],
    down: 'alter table t drop column w',
    writers: [between(write('upkeep', how, []))],
    ends: ['kept'],
  })

const PARTS = [
  'create table t (id int, k int) partition by list (k)',
  'create table t1 partition of t for values in (1); create table t2 partition of t for values in (2)',
]

const moved: readonly FaultCase[] = [
  fault('no key: what comes back is told as restored', {
    given: ['create table t (v text)'],
    up: 'alter table t add column w text',
    rows: [rows(`'v' || g, 'w' || g`)],
    down: 'alter table t drop column w',
  }),
  fault('no key: a backfill moves the rows, so their values stay in the archive', {
    given: ['create table t (v text)'],
    up: `alter table t add column w text; update t set w = 'new'`,
    rows: [rows(`'v' || g, 'w' || g`)],
    down: 'alter table t drop column w',
    ends: ['not restored'],
  }),
  written('VACUUM FULL', 'vacuum full t', ['delete from t where id = 1']),
  written('CLUSTER', 'cluster t using ti'),
  ...['primary key (id, k)', 'check (id > 0)'].map((key) =>
    fault(`a row changes its partition: ${key}`, {
      given: [PARTS[0]?.replace('k int)', `k int, ${key})`) ?? '', PARTS[1] ?? ''],
      rows: [rows('g, 1 + g % 2')],
      down: 'update t set k = 1 where k = 2; delete from t where id = 99 and random() < 2',
      ends: ['equal', 'kept'],
    }),
  ),
  fault('a column is made anew both ways', {
    given: [T],
    up: 'alter table t rename v to v1; alter table t add column v text; update t set v = v1; alter table t drop column v1',
    rows: [rows(`g, 'long' || g`)],
    down: 'alter table t rename v to v1; alter table t add column v text; update t set v = left(v1, 2) where random() < 2; alter table t drop column v1',
  }),
]

const confirmed: readonly FaultCase[] = [
  fault('confirmed: a column is split', {
    given: [
      'create table t (id int primary key, name text)',
      `insert into t values (1, 'A B'), (2, 'Ludwig van Beethoven'), (3, null)`,
    ],
    up: `alter table t add column first text, add column last text;
      update t set first = split_part(name, ' ', 1), last = split_part(name, ' ', 2);
      alter table t drop column name`,
    down: `alter table t add column name text; update t set name = first || ' ' || last; alter table t drop column first, drop column last`,
  }),
  fault('confirmed: tables that inherit', {
    given: [
      'create table p (id int primary key, v text); create table c (extra text) inherits (p)',
    ],
    up: 'alter table p add column w text',
    rows: [`insert into p values (1, 'p', 'a'); insert into c values (3, 'c', 'x', 'y')`],
    down: 'alter table p drop column w',
    ends: ['equal', 'kept'],
  }),
  fault('confirmed: a row changes its partition', {
    given: [PARTS[0]?.replace('k int)', 'k int, primary key (id, k))') ?? '', PARTS[1] ?? ''],
    rows: [rows('g, 1 + g % 2')],
    down: 'update t set k = 1 where k = 2',
    ends: ['equal', 'kept'],
  }),
  fault('confirmed: TRUNCATE, and the same keys again', {
    given: ['create table t (id int generated always as identity primary key, v text)'],
    rows: [`insert into t (v) values ('a'), ('b')`],
    down: `truncate t restart identity; insert into t (v) values ('new')`,
    ends: ['equal', 'kept'],
  }),
]

/** What is not found for certain stays in the archive, and is told; nothing fails for it. */
const blocked: readonly FaultCase[] = [
  fault('blocked: the key is what up makes', {
    given: ['create table t (a text, b text)'],
    up: 'alter table t add column id bigint generated by default as identity primary key; alter table t add column w text',
    rows: [
      `insert into t (id, a, b, w) select g * 100, 'a' || g, 'b' || g, 'w' || g from generate_series(1, 3) g`,
    ],
    down: 'alter table t drop column w; alter table t drop column id',
    ends: ['equal', 'not restored'],
  }),
  fault('blocked: another key', {
    given: [T],
    up: 'alter table t add column uid uuid not null default gen_random_uuid(); alter table t drop constraint t_pkey; alter table t add primary key (uid)',
    rows: [rows(`g, 'a' || g`)],
    down: `update t set v = 'q' where id = 1; alter table t drop column uid; alter table t add primary key (id)`,
    ends: ['equal', 'not restored'],
  }),
  fault('blocked: the type of the key, behind DROP COLUMN', {
    given: [T],
    up: `alter table t alter id type text using 'x' || id; alter table t add column w text`,
    rows: [rows(`'x' || g, 'a' || g, 'w' || g`)],
    down: 'alter table t drop column w; alter table t alter id type int using substr(id, 2)::int',
    ends: ['equal', 'not restored'],
  }),
  fault('blocked: the type of the key, before DELETE', {
    given: [T],
    up: `alter table t alter id type text using 'x' || id`,
    rows: [rows(`'x' || g, 'a' || g`)],
    down: 'alter table t alter id type int using substr(id, 2)::int; delete from t where id = 2',
    ends: ['equal', 'asked'],
  }),
  fault('blocked: a partition of partitions', {
    given: ['create table t (id int, k int, primary key (id, k)) partition by list (k)'],
    up: `create table t3 partition of t for values in (3) partition by range (id);
      create table t3a partition of t3 for values from (0) to (3); create table t3b partition of t3 for values from (3) to (20)`,
    rows: [rows('g, 3')],
    down: 'drop table t3',
  }),
  {
    ...fault('blocked: two kinds of loss in one table', { given: [], down: '' }),
    given: [TWO, `insert into t select g, 'a' || g, 'b' || g from generate_series(1, 2) g`],
    migrations: [
      {
        up: ['alter table t alter b type text'],
        down: [
          `update t set a = 'm2' || a`,
          'alter table t alter b type varchar(1) using left(b, 1)',
        ],
      },
      {
        up: ['select 1'],
        down: [`update t set a = 'm3' || a`, `update t set b = 'other' || id`],
      },
    ],
    ends: ['equal', 'asked', 'not restored'],
  },
]

export const restored: readonly FaultCase[] = [
  ...backfill,
  ...sameName,
  ...moved,
  ...confirmed,
  ...blocked,
]
