import type { Case, Write, Writer } from './case.ts'
import type { Ending } from './play.ts'

/** A fault that was handed over, and how it may end. */
export interface FaultCase extends Case {
  readonly ends: readonly Ending[]
  /** What is to be named before, where that matters. */
  readonly names?: readonly string[]
}

type Given = Partial<Omit<Case, 'name' | 'migrations'>> & {
  readonly up?: string
  readonly down: string
  readonly ends?: readonly Ending[]
  readonly names?: readonly string[]
}

export const ASKED: readonly Ending[] = ['equal', 'asked']

export function fault(name: string, given: Given): FaultCase {
  const { up = 'select 1', down, ends = ['equal'], ...rest } = given
  return {
    name,
    kinds: [name],
    role: 'superuser',
    settings: [],
    given: [],
    rows: [],
    writers: [],
    migrations: [{ up: [up], down: [down] }],
    ...rest,
    ends,
  }
}

export const T = 'create table t (id int primary key, v text)'
export const ROWS = `insert into t select n, 'v' || n from generate_series(1, 101) n`

export const write = (what: Write['what'], sql: string, columns: string[], later = {}): Write => ({
  table: '"public"."t"',
  what,
  sql,
  columns,
  later,
})

/** Somebody who writes between the way down and the way up. */
export const between = (...writes: Write[]): Writer => ({
  at: 'between',
  event: 'segment-done',
  nth: 0,
  kills: false,
  writes,
})

/** The moment at which the column is there again, before anything has been done about its values. */
const AS_SOON_AS_THERE = { at: 'up', event: 'segment-done', nth: 0 } as const
const NEW = write('update', `update t set w = 'new' where id = 1`, ['w'])

const addedColumn = (name: string, writer: Writer) =>
  fault(name, {
    given: [T, ROWS],
    up: 'alter table t add column w text',
    rows: [`update t set w = 'old'`],
    down: 'alter table t drop column w',
    writers: [writer],
    ends: ['equal', 'kept'],
  })

const concurrent: FaultCase[] = [
  addedColumn('A1: a value written as soon as its column is there again', {
    ...AS_SOON_AS_THERE,
    kills: false,
    writes: [NEW],
  }),
  addedColumn('A1: the same, after the run was killed behind its commit', {
    ...AS_SOON_AS_THERE,
    kills: true,
    writes: [NEW],
  }),
  addedColumn(
    'A1: another row has the key now',
    between(
      write('delete', 'delete from t where id = 1', []),
      write('insert', `insert into t (id, v) values (1, 'another')`, ['v'], { w: null }),
    ),
  ),
]

const volatile: FaultCase[] = [
  fault('A2: delete where random()', {
    given: [T, ROWS],
    down: 'delete from t where random() < 0.5',
    ends: ASKED,
  }),
  fault('A2: update where random()', {
    given: [T, ROWS],
    down: `update t set v = 'gone' where random() < 0.5`,
    ends: ASKED,
  }),
]

const settings: FaultCase[] = [
  fault('A3: timestamptz to timestamp in New York', {
    settings: [['timezone', 'America/New_York']],
    given: ['create table t (id int primary key, at timestamp)'],
    up: 'alter table t alter column at type timestamptz',
    rows: [
      `insert into t values (1, '2026-11-01 05:30:00+00'), (2, '2026-11-01 06:30:00+00'), (3, '2026-07-01 12:00:00+00')`,
    ],
    down: 'alter table t alter column at type timestamp',
  }),
  fault('A3: date_trunc in Berlin', {
    settings: [['timezone', 'Europe/Berlin']],
    given: [
      'create table t (id int primary key, at timestamptz)',
      // Midnight in UTC, so a count under UTC finds nothing.
      `insert into t values (1, '2026-01-01 00:00:00+00'), (2, null)`,
    ],
    down: `update t set at = date_trunc('day', at)`,
  }),
  fault('A3: float8 to text with few digits', {
    settings: [['extra_float_digits', '-5']],
    given: ['create table t (id int primary key, x text)'],
    up: 'alter table t alter column x type float8 using x::float8',
    rows: ['insert into t values (1, 0.1234567890123456), (2, 1e100/3)'],
    down: 'alter table t alter column x type text',
  }),
  fault('A4: double precision to real', {
    given: ['create table t (id int primary key, x real)'],
    up: 'alter table t alter column x type double precision',
    rows: ['insert into t values (1, 0.1), (2, 0.5), (3, 1e-30)'],
    down: 'alter table t alter column x type real',
  }),
]

const P = 'create table p (id int primary key, code text unique)'

const sideEffects: FaultCase[] = [
  fault('A5: keys updated, ON UPDATE SET NULL in a child', {
    given: [
      P,
      'create table c (id int primary key, code text references p (code) on update set null)',
      `insert into p values (1, 'a'), (2, 'b'); insert into c values (1, 'a'), (2, 'b'), (3, null)`,
    ],
    down: `update p set code = code || '!'`,
    ends: ASKED,
  }),
  fault('A5: an AFTER DELETE trigger deletes elsewhere', {
    given: [
      T,
      ROWS,
      'create table u (id int primary key, t int)',
      'insert into u select id, id from t',
      `create function away() returns trigger language plpgsql as $$ begin delete from u where u.t = old.id; return null; end $$`,
      'create trigger away after delete on t for each row execute function away()',
    ],
    down: 'delete from t where id <= 10',
    ends: ASKED,
  }),
  fault('A5: a BEFORE DELETE trigger keeps the rows, without a key', {
    given: [
      'create table t (id int, v text)',
      `insert into t select 1, 'x' from generate_series(1, 100)`,
      `create function soft() returns trigger language plpgsql as $$ begin return null; end $$`,
      'create trigger soft before delete on t for each row execute function soft()',
    ],
    down: 'delete from t',
    ends: ASKED,
  }),
]

export const PURGE = `create function purge() returns int language plpgsql volatile as $$ begin delete from public.t; return 1; end $$`

const unlisted: FaultCase[] = [
  fault('A6: COPY of a DELETE', {
    given: [T, ROWS],
    down: `copy (delete from t returning *) to '/dev/null'`,
    ends: ASKED,
  }),
  fault('A6: CREATE TABLE AS of a function', {
    given: [T, ROWS, PURGE],
    up: 'drop table if exists w',
    down: 'create table w as select purge()',
    ends: ASKED,
  }),
  fault('A6: a default that is a function', {
    given: [T, ROWS, PURGE, 'create table s (id int primary key); insert into s values (1)'],
    up: 'alter table s drop column if exists y',
    down: 'alter table s add column y int default purge()',
    ends: ASKED,
  }),
  fault('A6: DROP VIEW CASCADE takes a column of its row type', {
    given: [T, ROWS, 'create table s (id int primary key)'],
    up: 'create view v as select * from t; alter table s add column x v',
    rows: [`insert into s values (1, row(1, 'a')::v), (2, null)`],
    down: 'drop view v cascade',
    ends: ASKED,
  }),
]

const sequences: FaultCase[] = [
  fault('A7: a sequence used as a default', {
    up: `create sequence order_no; create table t (id int primary key default nextval('order_no'))`,
    rows: ['insert into t select from generate_series(1, 5)'],
    down: 'drop table t; drop sequence order_no',
  }),
  fault('A7: a sequence used as a default of a table that stays', {
    given: ['create table t (id int primary key)'],
    up: `create sequence order_no; alter table t alter id set default nextval('order_no')`,
    rows: ['insert into t select from generate_series(1, 5)'],
    down: 'alter table t alter id drop default; drop sequence order_no',
  }),
  fault('A7: TRUNCATE RESTART IDENTITY', {
    given: [
      'create table t (id int generated always as identity primary key, v text)',
      `insert into t (v) select 'x' from generate_series(1, 5)`,
    ],
    down: 'truncate t restart identity',
  }),
  fault('A7: an identity that counts down', {
    up: 'create table t (id int generated by default as identity (increment by -1) primary key, v text)',
    rows: [`insert into t (v) select 'x' from generate_series(1, 5)`],
    down: 'drop table t',
  }),
  fault('A8: arrays with NULL under array_nulls = off', {
    settings: [['array_nulls', 'off']],
    given: [
      'create table t (id int primary key, a text[])',
      `insert into t values (1, array['x', null, 'y']), (2, array['NULL'])`,
    ],
    down: 'delete from t',
  }),
  fault('A9: rows that the migration inserted, without a key', {
    given: ['create table t (a int, b text)', `insert into t values (9, 'mine')`],
    up: `insert into t values (1, 'a'), (2, 'b'), (3, 'c'), (3, 'c'), (4, null)`,
    down: 'delete from t where a < 9',
  }),
]

const names: FaultCase[] = [
  fault('A10: renamed, then dropped', {
    given: [T, ROWS],
    up: 'alter table t add column b text',
    rows: [`update t set b = 'b' || id`],
    down: 'alter table t rename b to a; alter table t drop a',
  }),
  fault('A10: dropped behind a SET search_path', {
    given: ['create table t (id int primary key)'],
    up: 'create schema s; create table s.t (id int primary key, v text)',
    rows: [`insert into s.t values (1, 'x')`],
    down: 'set search_path to s; drop table t; drop schema s',
    names: ['s.t: 1 rows'],
  }),
  fault('A10: dropped behind a SET search_path, both full', {
    given: ['create table t (id int primary key); insert into t values (1), (2), (3)'],
    up: 'create schema s; create table s.t (id int primary key, v text)',
    rows: [`insert into s.t values (1, 'x')`],
    down: 'set search_path to s; drop table t; drop schema s',
    names: ['s.t: 1 rows'],
  }),
  fault('A10: counting calls no function of the author', {
    given: [
      T,
      ROWS,
      'create table u (id int primary key); insert into u select generate_series(1, 5)',
      `create function purge() returns int language plpgsql volatile as $$ begin delete from u; return 1; end $$`,
    ],
    down: 'delete from t where purge() = 1',
    ends: ASKED,
  }),
]

const conversion = (from: string, to: string, values: string, using = '') =>
  fault(`untouched: ${from} to ${to}`, {
    given: [`create table t (id int primary key, x ${to})`],
    up: `alter table t alter x type ${from} using x::text::${from}`,
    rows: [
      `insert into t select row_number() over (), v::${from} from (values ${values}) as q (v)`,
    ],
    down: `alter table t alter x type ${to}${using}`,
  })

const conversions: FaultCase[] = [
  conversion('numeric(20,6)', 'numeric(10,2)', `('1.500000'), ('2.123456'), (null)`),
  conversion('timestamptz', 'date', `('2026-01-02 03:04:05.678+00'), (null)`),
  conversion('text', 'boolean', `('yes'), ('f'), ('TRUE'), (null)`, ' using x::boolean'),
  conversion('double precision', 'real', `('0.1'), ('NaN'), ('-0'), ('1e-40')`),
  conversion('jsonb', 'text', `('{"b":1,"a":[null]}')`),
  conversion('timestamptz', 'timestamp', `('2026-01-02 03:04:05.678+00'), ('infinity')`),
  conversion('text', 'char(5)', `('ab'), ('ab '), ('abcde')`),
]

const bound: FaultCase[] = [
  fault('untouched: rows that are older than constraints which are NOT VALID', {
    given: [
      T,
      ROWS,
      'create domain d as int; create table c (id int primary key, t int, n d)',
      `create table heir () inherits (t); insert into heir values (40, 'older')`,
    ],
    up: 'alter table t add column w text',
    rows: [
      `update t set w = 'w' || id; insert into c values (1, 999, -5), (2, 1, 5)`,
      `alter table t add constraint late check (id > 50) not valid; comment on constraint late on t is 'it''s later'`,
      'alter table c add constraint late foreign key (t) references t (id) on delete cascade not valid',
      `alter domain d add constraint late check (value > 0) not valid; comment on constraint late on domain d is 'it too'`,
    ],
    down: `alter table t drop column w; delete from t where id < 9; delete from c`,
  }),
  fault('untouched: foreign keys in a circle', {
    up: `create table a (id int primary key, b int); create table b (id int primary key, a int references a (id));
      alter table a add constraint a_b foreign key (b) references b (id)`,
    rows: [
      'insert into a values (1, null); insert into b values (1, 1); update a set b = 1; insert into a values (2, 1)',
    ],
    down: 'drop table a, b cascade',
  }),
  fault('untouched: several deferred foreign keys', {
    up: `create table a (id int primary key, b int); create table b (id int primary key, a int references a (id) deferrable initially deferred);
      create table c (id int primary key, b int references b (id) deferrable initially deferred, a int references a (id) deferrable);
      alter table a add constraint a_b foreign key (b) references b (id) deferrable initially deferred`,
    rows: [
      'begin; insert into a values (1, 1); insert into c values (1, 1, 1); insert into b values (1, 1); commit',
    ],
    down: 'alter table a drop constraint a_b; drop table c; drop table b; drop table a',
  }),
  fault('untouched: two columns of one foreign key', {
    given: [
      `create table p (a int, b int, primary key (a, b)); insert into p values (1, 2)`,
      'create table t (id int primary key); insert into t values (1), (2)',
    ],
    up: 'alter table t add column a int, add column b int, add foreign key (a, b) references p match full',
    rows: ['update t set a = 1, b = 2 where id = 1'],
    down: 'alter table t drop column a, drop column b',
  }),
]

const changed: FaultCase[] = [
  fault('untouched: a table that up renames after making it', {
    up: 'create table a (id int primary key, v text); alter table a rename to b',
    rows: [`insert into b values (1, 'x')`],
    down: 'drop table b',
  }),
  fault('untouched: a table that up moves after making it', {
    given: ['create schema s'],
    up: 'create table a (id int primary key, v text); alter table a set schema s',
    rows: [`insert into s.a values (1, 'x')`],
    down: 'drop table s.a',
  }),
  fault('untouched: a column that up renames after making it', {
    given: [T, ROWS],
    up: 'alter table t add column a text; alter table t rename a to b',
    rows: ['update t set b = v'],
    down: 'alter table t drop column b',
  }),
  fault('untouched: a table that up renames, and down renames back before it drops it', {
    given: [],
    up: `create table a (id int primary key, v text); alter table a rename to b`,
    rows: [`insert into b values (1, 'x')`],
    down: `alter table b rename to a; drop table a`,
  }),
  fault('untouched: a table that up moves, and down moves back before it drops it', {
    given: ['create schema s'],
    up: `create table a (id int primary key, v text); alter table a set schema s`,
    rows: [`insert into s.a values (1, 'x')`],
    down: `alter table s.a set schema public; drop table a`,
  }),
  fault('untouched: a column that up renames, and down renames back before it drops it', {
    given: [T, ROWS],
    up: `alter table t add column a text; alter table t rename a to b`,
    rows: [`update t set b = v`],
    down: `alter table t rename b to a; alter table t drop a`,
  }),
  fault('untouched: rows of a table that up renames', {
    given: [T, ROWS],
    up: `alter table t rename to u`,
    rows: [`insert into u values (200, 'x')`],
    down: `alter table u rename to t; delete from t`,
  }),
  fault('untouched: an identity ALWAYS column', {
    given: ['create table t (v text); insert into t values (1), (2)'],
    up: 'alter table t add column id int generated always as identity primary key',
    rows: ['insert into t (v) values (3); delete from t where id = 1'],
    // Its values take places of each other, and each must be unique at every moment.
    down: 'alter table t drop column id',
    ends: ['equal'],
  }),
  fault('untouched: an identity ALWAYS column beside a key', {
    given: ['create table t (k text primary key); insert into t values (1), (2)'],
    up: 'alter table t add column id int generated always as identity',
    rows: ['insert into t (k) values (3), (4); delete from t where id = 3'],
    down: 'alter table t drop column id',
  }),
  fault('untouched: a table with rules', {
    given: [T, ROWS, 'create table log (n int)'],
    up: 'alter table t add column w text; create rule r as on update to t do instead insert into log values (1)',
    rows: [`alter table t disable rule r; update t set w = 'w'; alter table t enable rule r`],
    down: 'drop rule r on t; alter table t drop column w',
  }),
  fault('untouched: rows deleted from a table with an insert rule', {
    given: [T, ROWS, 'create rule r as on insert to t do instead nothing'],
    down: 'delete from t where id < 5',
    ends: ASKED,
  }),
  fault('untouched: seeded rows that a user edited', {
    given: ['create table t (id int primary key, v text)'],
    up: `insert into t values (1, 'seed'), (2, 'seed')`,
    rows: [`update t set v = 'edited' where id = 1`],
    down: 'delete from t where id in (1, 2)',
  }),
  fault('untouched: a table without columns', {
    up: 'create table t ()',
    rows: ['insert into t default values; insert into t default values'],
    down: 'drop table t',
  }),
  fault('untouched: rows without columns', {
    given: ['create table t (); insert into t default values; insert into t default values'],
    down: 'delete from t',
  }),
]

const notNull: FaultCase = {
  ...fault('untouched: a column that becomes NOT NULL without a default', { down: '' }),
  given: ['create table t (id int primary key)'],
  rows: ['insert into t values (1, 10), (2, 20)'],
  migrations: [
    {
      up: ['alter table t add column n int', 'alter table t alter n set not null'],
      down: ['alter table t drop column n'],
    },
  ],
}

export const faults: readonly FaultCase[] = [
  ...concurrent,
  ...volatile,
  ...settings,
  ...sideEffects,
  ...unlisted,
  ...sequences,
  ...names,
  ...conversions,
  ...bound,
  ...changed,
  notNull,
]
