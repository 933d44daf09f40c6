import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { diffCatalogs } from '../catalog/index.ts'
import { readRows, readSchema } from '../testing/database.ts'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

interface Lifecycle {
  /** What is there before the migration, with its rows. */
  readonly given: string
  readonly up: string
  /** Rows that the migration has not made: the application's. */
  readonly rows?: string
  readonly down: string
  readonly counts: readonly string[]
  /** What the archive holds between down and up: kind, table, rows. */
  readonly kept: readonly string[]
}

const lifecycles: Record<string, Lifecycle> = {
  'a table': {
    given: '',
    up: `create table "Order Items" (id int generated always as identity primary key, "Note" text, at timestamptz default now())`,
    rows: `insert into "Order Items" ("Note") values (repeat('x', 100000)), (null), ('it''s "q", \\n')`,
    down: `drop table "Order Items"`,
    counts: ['Order Items: 3 rows'],
    kept: ['sequence Order Items 1', 'table Order Items 3'],
  },
  'a table that the migration fills': {
    given: '',
    up: `create table kinds (name text primary key, label text, at timestamptz default clock_timestamp());
      insert into kinds values ('a', 'A'), ('b', 'B')`,
    rows: `update kinds set label = 'mine' where name = 'a'; insert into kinds values ('c', null, null)`,
    down: 'drop table kinds',
    counts: ['kinds: 3 rows'],
    kept: ['table kinds 3'],
  },
  'a table between others, with keys of both directions, an index, a trigger, a view, a policy': {
    given: `create table parent (id int primary key); insert into parent values (1), (2);
      create table child (id int primary key, mid int); insert into child values (1, 10), (2, null);
      create function noop() returns trigger language plpgsql as $$ begin return new; end $$`,
    up: `create table middle (id serial primary key, parent int references parent (id) on delete cascade, self int references middle (id), label text unique check (label <> ''));
      create index middle_parent on middle (parent) where parent is not null;
      create trigger noop before insert or update on middle for each row execute function noop();
      alter table middle enable row level security;
      create policy all_rows on middle using (true);
      create statistics middle_stats on parent, self from middle;
      grant select on middle to public;
      alter table child add column middle int references middle (id);
      create view labels as select label from middle`,
    rows: `insert into middle (id, parent, self, label) values (10, 1, 10, 'ten'), (11, 2, 10, 'eleven'); select nextval('middle_id_seq') from generate_series(1, 20);
      update child set middle = mid where mid is not null`,
    down: `drop view labels; alter table child drop column middle; drop table middle`,
    counts: ['child.middle: 1 values', 'middle: 2 rows'],
    kept: ['sequence middle 1', 'values child 2', 'table middle 2'],
  },
  'tables that CASCADE takes, through a schema with a type': {
    given: '',
    up: `create schema s; create type s.mood as enum ('sad', 'glad');
      create table s.t (id int primary key, mood s.mood, moods s.mood[]); create table s.u (id int primary key, t int references s.t (id))`,
    rows: `insert into s.t values (1, 'sad', '{sad,glad}'), (2, null, null); insert into s.u values (1, 1)`,
    down: `drop schema s cascade`,
    counts: ['s.t: 2 rows', 's.u: 1 rows'],
    kept: ['table s.t 2', 'table s.u 1'],
  },
  'a table, then the type of its column': {
    given: '',
    up: `create type mood as enum ('sad', 'glad'); create domain word as text check (value <> ''); create table t (id int, mood mood, word word)`,
    rows: `insert into t values (1, 'glad', 'a'), (1, 'glad', 'a'), (2, null, null)`,
    down: `drop table t; drop type mood cascade; drop domain word`,
    counts: ['t: 3 rows'],
    kept: ['table t 3'],
  },
  'a partitioned table': {
    given: '',
    up: `create table p (id int, day date, note text, primary key (id, day)) partition by range (day);
      create table p1 partition of p for values from ('2026-01-01') to ('2026-02-01');
      create table p2 partition of p default`,
    rows: `insert into p values (1, '2026-01-05', 'a'), (2, '2027-01-05', null)`,
    down: `drop table p`,
    counts: ['p: 2 rows'],
    kept: ['table p 2'],
  },
  'one partition': {
    given: `create table p (id int, note text) partition by list (id)`,
    up: `create table p1 partition of p for values in (1)`,
    rows: `insert into p values (1, 'a'), (1, null)`,
    down: `drop table p1`,
    counts: ['p1: 2 rows'],
    kept: ['table p1 2'],
  },
  'columns, of a composite key, one generated': {
    given: `create table t (a int, "B" text, primary key (a, "B")); insert into t values (1, 'x'), (1, 'y'), (2, 'x')`,
    up: `alter table t add column "Payload" jsonb, add column n numeric(6, 2) default 7, add column twice numeric generated always as (n * 2) stored`,
    rows: `update t set "Payload" = '{"b": 1,  "a": [null]}', n = 1.5 where "B" = 'x'; update t set n = null where "B" = 'y'`,
    down: `alter table t drop column twice, drop column "Payload", drop column n`,
    counts: ['t.Payload: 2 values', 't.n: 2 values'],
    kept: ['values t 3'],
  },
  'a column of a type that goes with CASCADE': {
    given: `create table t (id int primary key); insert into t values (1), (2)`,
    up: `create type mood as enum ('sad', 'glad'); alter table t add column mood mood`,
    rows: `update t set mood = 'glad' where id = 2`,
    down: `drop type mood cascade`,
    counts: ['t.mood: 1 values'],
    kept: ['values t 2'],
  },
  'a type narrowed': {
    given: `create table t (id uuid primary key default gen_random_uuid(), label varchar(3), n int)`,
    up: `alter table t alter label type text, alter n type numeric`,
    rows: `insert into t (label, n) values ('abc', 1), ('abcdef', 1.5), (null, null), ('abc ', 2)`,
    down: `alter table t alter label type varchar(3) using label::varchar(3), alter n type int`,
    counts: ['t.label: 2 values', 't.n: 1 values'],
    kept: ['values t 4', 'values t 4'],
  },
  'an enum value': {
    given: `create type mood as enum ('sad', 'glad'); create table t (id int primary key, mood mood); insert into t values (1, 'sad'), (2, 'glad')`,
    up: `alter type mood add value 'fine' before 'glad'`,
    rows: `update t set mood = 'fine' where id = 1`,
    down: `alter type mood rename to mood_old; create type mood as enum ('sad', 'glad');
      alter table t alter mood type mood using (case mood when 'fine' then 'glad' else mood::text end)::mood; drop type mood_old`,
    counts: ['t.mood: 1 values'],
    kept: ['values t 2'],
  },
  'rows that a filter takes, and what their foreign keys take': {
    given: `create table t (id int primary key, kind text, up int references t (id) on delete cascade);
      create table c (id int primary key, t int references t (id) on delete cascade, note text);
      create table d (id int primary key, c int references c (id) on delete set null)`,
    up: `alter table t add constraint kinds check (kind in ('a', 'b', 'new'))`,
    rows: `insert into t values (1, 'a', null), (2, 'new', null), (3, 'a', 2), (4, 'a', 3); insert into c values (1, 1, 'stays'), (2, 4, null); insert into d values (1, 1), (2, 2)`,
    down: `delete from t as q using (values ('new')) as gone (kind) where q.kind = gone.kind; alter table t drop constraint kinds`,
    counts: ['t: 3 rows', 'c: 1 rows', 'd.c: 1 values'],
    kept: ['rows t 3', 'rows c 1', 'values d 1'],
  },
  'values that an UPDATE overwrites': {
    given: `create table t (id int primary key, status text, at timestamptz default now(), touched int default 0);
      create function touch() returns trigger language plpgsql as $$ begin new.touched := new.touched + 1; return new; end $$;
      create trigger touch before update on t for each row execute function touch();
      insert into t values (1, 'a'), (2, 'b'), (3, null)`,
    up: `create index t_status on t (status)`,
    rows: `alter table t disable trigger touch; insert into t values (4, 'new'), (5, 'newer'); alter table t enable trigger touch`,
    down: `update t set status = 'a' from (values ('new'), ('newer'), ('a')) as v (s) where v.s = t.status; drop index t_status`,
    // The trigger has touched one more.
    counts: ['triggers and rules of t: 0 unknown', 't.status: 2 values'],
    kept: ['values t 3'],
  },
  'rows that TRUNCATE takes, without a key': {
    given: `create table t (a int, b text)`,
    up: `create index t_a on t (a)`,
    rows: `insert into t values (1, null), (1, null), (2, 'b')`,
    down: `truncate t; drop index t_a`,
    counts: ['t: 3 rows'],
    kept: ['rows t 3'],
  },
}

test.each(inTurn(Object.entries(lifecycles)))('gives back %s', async (_, lifecycle) => {
  const { given, up, down, rows: added = '', counts, kept } = lifecycle
  const project = await way.project({ M1: { up: given, down: '' }, M2: { up, down } })
  await way.up(project)
  await way.sql(added)
  const [schema, rows] = [await readSchema(way.url()), await readRows(way.url())]

  expect((await way.down(project, 'M1')).losses).toEqual(counts)
  expect(await way.archived()).toEqual([...kept].sort())

  const { returned } = await way.up(project)
  expect(returned.flatMap(({ note }) => note ?? [])).toEqual([])
  expect(await readRows(way.url())).toEqual(rows)
  expect(diffCatalogs(await readSchema(way.url()), schema)).toEqual([])
  expect(await way.sql(RELATIONS)).toEqual([{ relname: 'entries' }, { relname: 'entries_place' }])
})

test('rows that a down leaves come back with their table, and the message says what to do', async () => {
  const project = await way.project({
    M1: { up: 'create table kinds (name text primary key)', down: 'drop table kinds' },
    M2: { up: `insert into kinds values ('a'), ('b')`, down: '' },
  })
  await way.up(project)
  await way.sql(`insert into kinds values ('c')`)
  await way.down(project, 'base')
  await expect(way.up(project)).rejects.toThrow(
    /duplicate key[\s\S]*The archive has restored rows of kinds\. [^.]* delete them, then run again/,
  )
  await way.sql(`delete from kinds where name <> 'c'`)
  await way.up(project)
  expect(await way.sql('select name from kinds order by name')).toEqual([
    { name: 'a' },
    { name: 'b' },
    { name: 'c' },
  ])
})

const RELATIONS = `select relname from pg_class
  where relnamespace = 'migrator_archive'::regnamespace and relkind in ('r', 'p') order by 1`
