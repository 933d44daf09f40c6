import { expect, test } from 'vitest'
import { KnownObjects } from '../known/known-objects.ts'
import { News } from '../safe-forms/news.ts'
import { lint } from './lint.ts'
import type { LintedStatement } from './rule.ts'
import { RULES } from './rules/index.ts'
import { readScript } from './script.ts'
import { readLintSettings } from './settings.ts'

/** What the examples do not show: other ways to write what a rule is about, and what looks like it and is not. */

const GIVEN = `
  create table r (id bigint primary key);
  create table t (id bigint primary key, a int, b text not null, at timestamptz(3), code varchar(10), r_id bigint,
    constraint t_b check (b is not null), constraint t_r foreign key (r_id) references r);
  alter table t add constraint t_a check (a is not null) not valid;
  create index t_r_id on t (r_id);
  create unique index t_code on t (code);
  create table p (id bigint, at date not null) partition by range (at);
  create table p1 partition of p for values from (minvalue) to (maxvalue);
  create table k (a int, b int not null); create unique index k_a on k (a); create unique index k_b on k (b);
  create domain positive as int check (value > 0)`

type Row = readonly [sql: string, rules: readonly string[]]

const CASES: readonly Row[] = [
  // Of other tools: strong_migrations, Atlas, eugene.
  ["do $$ begin execute 'drop table t'; end $$", ['unreadable-statement']],
  [
    'alter table t add column d timestamptz default clock_timestamp()',
    ['volatile-default-rewrites'],
  ],
  ['alter table t set unlogged', ['storage-rewrites']],
  ['alter domain positive add check (value < 9)', ['domain-constraint-scans']],
  ['alter table t add column z int not null', ['required-column-fails']],
  ["alter table t add column z text not null default 'z'", []],
  // New tables.
  [
    'create table if not exists t (id bigint); create index t_i on t (a)',
    ['if-not-exists', 'index-blocks-writes'],
  ],
  [
    'create table if not exists t (id bigint); update t set a = 1',
    ['if-not-exists', 'whole-table-write'],
  ],
  ['create table if not exists n (id bigint); create index n_i on n (id)', ['if-not-exists']],
  // Several at once.
  [
    'alter table t add constraint c check (a > 0) not valid, validate constraint c',
    ['work-under-held-lock'],
  ],
  ['alter table t validate constraint t_a', []],
  [
    'with gone as (delete from t returning *) insert into r select id from gone',
    ['whole-table-write'],
  ],
  [
    'insert into t select * from t on conflict (id) do update set a = excluded.a + 1',
    ['whole-table-write'],
  ],
  [
    'insert into public.t (id, a, b) select id, a, b from t x on conflict (id) do update set a = 1 where true',
    ['whole-table-write'],
  ],
  ['insert into t select * from t where id < 9 on conflict (id) do update set a = 1', []],
  ['insert into t select * from t on conflict (id) do update set a = 1 where t.id < 9', []],
  ['insert into t select * from t on conflict (id) do nothing', []],
  ["insert into t (id, b) select id, 'x' from r on conflict (id) do update set a = 1", []],
  ["select set_config('search_path', 'app', true)", ['search-path-changes']],
  [
    "select 1, pg_catalog.set_config('search_path', current_schema(), false)",
    ['search-path-changes'],
  ],
  ["select app.set_config('search_path', 'app', true)", []],
  ["select set_config('app.tenant', '7', true)", []],
  ['explain analyze delete from t', ['whole-table-write']],
  ['explain delete from t', []],
  ['drop owned by app', ['cascade-takes-more']],
  ['drop database x', ['deletes-data', 'unreadable-statement']],
  ['alter table all in tablespace pg_default set tablespace fast', ['storage-rewrites']],
  ['create table n (id bigint primary key); create index n_i on n (id)', []],
  ['create table n as select 1 as a; create unique index n_i on n (a)', []],
  ['create table n (id bigint); alter table n alter id set not null; drop table n', []],
  ['create table n (id bigint); update n set id = 1', []],
  [
    'create table public.n (id bigint); create index n_i on n (id); update n set id = 1; alter table n add column x int not null',
    [],
  ],
  ['create table n (id bigint); update public.n set id = 1', []],
  [
    'create table n (id bigint); alter table n rename to m; create index m_i on m (id); alter table m set schema s; update s.m set id = 1',
    [],
  ],
  [
    'create table n (id bigint); alter table n rename to m; alter table t rename to n; update n set a = 1',
    ['whole-table-write'],
  ],
  [
    'create table n (id bigint); drop table n; alter table t rename to n; update n set a = 1',
    ['whole-table-write'],
  ],
  ['create table s.n (id bigint); alter schema s rename to s9; update s9.n set id = 1', []],
  ['create temp table n (id bigint); create index n_i on pg_temp.n (id)', []],
  ['vacuum full', ['storage-rewrites']],
  ['cluster', ['storage-rewrites']],
  ['create materialized view m as select id from t; create index m_i on m (id)', []],
  ['create table n (d json)', ['json-has-no-equality']],
  ['create table n (id int, primary key (id))', ['key-runs-out']],
  ['create table n (a int, b int, primary key (a, b))', []],
  ['create table n (r_id bigint references r, primary key (r_id))', []],
  ['create table n (r_id bigint references r)', ['foreign-key-without-index']],
  ['create table n (r_id uuid unique references r (id))', ['key-types-differ']],
  ['create domain d as bigint; create table n (r_id d unique references r (id))', []],
  ['create table n (c char(3), m money)', ['limiting-type', 'limiting-type']],
  // Indexes.
  ['drop index concurrently t_code', []],
  ['drop index concurrently t_code, t_r_id', ['concurrently-refused']],
  ['drop index concurrently t_code cascade', ['concurrently-refused', 'cascade-takes-more']],
  ['drop index concurrently t_pkey', ['concurrently-refused']],
  ['create index p_id on only p (id); drop index concurrently p_id', ['concurrently-refused']],
  ['reindex system concurrently', ['concurrently-refused']],
  ['reindex (concurrently) table pg_catalog.pg_class', ['concurrently-refused']],
  ['reindex (concurrently off) table pg_catalog.pg_class', ['reindex-blocks']],
  ['create index concurrently c_i on pg_catalog.pg_class (relpages)', ['concurrently-refused']],
  [
    'refresh materialized view concurrently m with no data',
    ['concurrently-refused', 'unreadable-statement'],
  ],
  [
    'alter table p attach partition t default; alter table p detach partition p1 concurrently',
    ['concurrently-refused'],
  ],
  ['reindex (concurrently) table t', []],
  ['reindex table t', ['reindex-blocks']],
  ['create index concurrently t_i on t (a)', []],
  ['alter table t add column if not exists x int', ['if-not-exists']],
  ['create schema if not exists s', []],
  [
    'create index on t (a); create unique index concurrently on t (a)',
    ['index-blocks-writes', 'duplicates-fail-late'],
  ],
  [
    'alter table t add unique (a), add exclude using gist (at with =), add foreign key (a) references t (a)',
    ['foreign-key-scans', 'foreign-key-without-index', 'unique-key-builds', 'exclusion-builds'],
  ],
  // Columns.
  ['alter table t add column x timestamptz not null default now()', []],
  [
    "alter table t add column x text default md5('x'), add column y text default pg_catalog.lower('A')",
    [],
  ],
  [
    "alter table t add column x date default current_date + 1, add column y text default to_char(now(), 'YYYY')",
    [],
  ],
  ['alter table t add column x float default random()', ['volatile-default-rewrites']],
  ['alter table t add column x uuid default gen_random_uuid()', ['volatile-default-rewrites']],
  [
    'alter table t add column x timestamptz default clock_timestamp()',
    ['volatile-default-rewrites'],
  ],
  ["alter table t add column x bigint default nextval('s')", ['volatile-default-rewrites']],
  ['alter table t add column x int default own()', ['volatile-default-rewrites']],
  ['alter table t add column x timestamptz default app.now()', ['volatile-default-rewrites']],
  ["alter table t alter b set default md5('x')", []],
  ['alter table t add column x xid8 default pg_current_xact_id()', []],
  [
    'alter table t alter a set default random(); alter table public.t alter a set default random()',
    ['default-leaves-old-rows'],
  ],
  [
    'alter table t alter a set default random(), alter a set default random()',
    ['default-leaves-old-rows'],
  ],
  ['alter table t alter a set default random(); alter table t alter a drop default', []],
  ['alter table t add column x bigserial', ['serial-rewrites', 'limiting-type']],
  ['alter table t add column x serial8', ['serial-rewrites']],
  ['alter table t add column x int generated always as (a) virtual', []],
  ['alter table t alter column a set expression as (1)', ['stored-column-rewrites']],
  ['alter table t add column x positive', ['domain-column-rewrites']],
  ['alter table t add column x positive[]', []],
  ['create domain d as int default 3; alter table t add column x d', []],
  [
    'create domain d as uuid default gen_random_uuid(); alter table t add column x d',
    ['domain-column-rewrites'],
  ],
  ['create domain d as int default random(); alter table t add column x d default 3', []],
  ['create domain d as positive; alter table t add column x public.d', ['domain-column-rewrites']],
  ['alter domain positive drop constraint positive_check; alter table t add column x positive', []],
  ['drop domain positive; create domain positive as int; alter table t add column x positive', []],
  [
    'create domain d as int; alter domain d set not null; alter table t add column x d',
    ['domain-column-rewrites'],
  ],
  ['alter domain positive add check (value < 9)', ['domain-constraint-scans']],
  ['alter table p set tablespace fast', []],
  ['alter table p1 set tablespace fast', ['storage-rewrites']],
  ['select pg_advisory_xact_lock_shared(1)', ['build-behind-advisory-lock']],
  ['create domain d as int; alter table t alter a type d', []],
  ['alter table t alter a type positive', ['type-change-rewrites']],
  ['alter table t add column x int', []],
  ['alter table t add column x bigint references r; create index concurrently t_x on t (x)', []],
  ['alter table t add column x bigint unique', ['inline-constraint-scans']],
  ["alter table t alter column id set default nextval('s')", []],
  ['alter table t alter column a set default 3', []],
  [`alter table t add column "${'x'.repeat(64)}" int`, ['name-too-long']],
  [`comment on table t is '${'x'.repeat(64)}'`, []],
  // Types.
  ['alter table t alter column code type varchar(20)', []],
  ['alter table t alter column code type text', []],
  ['alter table t alter column code type text using code', []],
  ['alter table t alter column a type int4 using a::int', []],
  ['alter table t alter column code type text using (t.code)', []],
  ["alter table t alter column code type text using code || 'x'", ['type-change-rewrites']],
  ['alter table t alter column code type text using b', ['type-change-rewrites']],
  ['alter table t alter column a type bigint using a', ['type-change-rewrites']],
  ['alter table t alter column at type timestamptz', []],
  ['alter table t alter column at type timestamp', ['zone-change-depends-on-session']],
  [
    'alter table t alter column at type timestamptz(0)',
    ['type-change-rewrites', 'cast-loses-values'],
  ],
  ['alter table unknown alter column a type text', ['type-change-rewrites']],
  // NOT NULL and CHECK.
  ['alter table t alter column b set not null', []],
  ['alter table t alter column a set not null', ['not-null-scans']],
  ['alter table t add constraint n not null a', ['not-null-scans']],
  ['alter table t add not null b', []],
  ['alter table t add constraint n not null a not valid', []],
  ['alter table t add column x int constraint n not null default 1', []],
  ['alter table t validate constraint t_a', []],
  ['alter table t validate constraint t_a; alter table t alter column a set not null', []],
  ['alter table t add constraint c check (a > 1) not valid', []],
  ['alter table t drop constraint t_b, add constraint t_b check (a > 1) not valid', []],
  // Keys.
  ['alter table t add constraint u unique using index t_code', []],
  ['alter table k add constraint k_p primary key using index k_a', ['primary-key-builds']],
  ['alter table k add constraint k_p primary key using index k_b', []],
  ['alter table t drop constraint t_r', []],
  ['drop table t', ['drop-locks-other-tables', 'deletes-data']],
  [
    'alter table t drop column r_id cascade',
    ['drop-locks-other-tables', 'deletes-data', 'cascade-takes-more'],
  ],
  ['truncate t', ['deletes-data']],
  ['drop schema s', []],
  ['drop schema if exists s, other restrict', []],
  ['drop schema s cascade', ['deletes-data', 'cascade-takes-more']],
  // Partitions.
  ['create table p2 (like p); alter table p attach partition p2 for values in (1)', []],
  [
    'create table q (id int) partition by list (id); create table q1 partition of q for values in (1)',
    [],
  ],
  ['alter table p detach partition p1 concurrently', []],
  // Rows.
  ['delete from t', ['whole-table-write']],
  ['update t set a = 1 where 1 = 1', ['whole-table-write']],
  ['update t set a = 1 from r where r.id = t.r_id', []],
  ['update t set a = 1 where a = a', ['whole-table-write']],
  ['update t set a = 1 where t.a = a', ['whole-table-write']],
  ['update t set a = 1 where true or a = 2', ['whole-table-write']],
  ['update t set a = 1 where a = 2 or 1 = 1', ['whole-table-write']],
  ['update t set a = 1 where not false', ['whole-table-write']],
  ['update t set a = 1 where not (a <> a)', ['whole-table-write']],
  ['update t set a = 1 where a is not distinct from a', ['whole-table-write']],
  ['update t set a = 1 where a in (1, a)', ['whole-table-write']],
  ['update t set a = 1 where a is null or a is not null', ['whole-table-write']],
  ['update t set a = 1 where a = 1 or a <> 1', ['whole-table-write']],
  ['update t set a = 1 where a > 1 or not (a > 1)', ['whole-table-write']],
  ['update t set a = 1 where id is not null', ['whole-table-write']],
  ["update t set a = 1 where b like '%'", ['whole-table-write']],
  ['update t set a = 1 where id in (select id from t)', ['whole-table-write']],
  ["update t set a = 1 where current_date > '2026-01-01'", ['whole-table-write']],
  ['update t set a = 1 where exists (select from r where r.id = 5)', ['whole-table-write']],
  ['update t set a = 1 where 1 < 2', ['whole-table-write']],
  ["update t set a = 1 where 'a' <> 'b'", ['whole-table-write']],
  ['update t set a = 1 where (a = a) is true and true', ['whole-table-write']],
  ['delete from t where a = 2', []],
  ['delete from t where false', []],
  ['delete from t where 1 = 2', []],
  ['delete from t where a <> a', []],
  ['delete from t where a = a and a > 3', []],
  ['delete from t where not (a = a)', []],
  ['delete from t where a is not null', []],
  ['delete from t where id is null', []],
  ["delete from t where b like 'x%'", []],
  ['delete from t where id in (select id from t where a > 2)', []],
  ['delete from t where r_id in (select id from r)', []],
  ['delete from t where random() < 0.1', []],
  ["delete from t where a = 1 or b <> 'x'", []],
  ['delete from t where exists (select from r where r.id = t.r_id)', []],
  ['delete from t where id in (select r_id from t)', []],
  ['update t as x set a = 1 from t where x.id = t.id', ['whole-table-write']],
  ['update t set a = 1 from r where r.id = 1', ['whole-table-write']],
  ['delete from t using (select * from t) s where s.id = t.id', ['whole-table-write']],
  ['delete from t using (select * from t limit 5) s where s.id = t.id', []],
  ['update t set a = 1 from r where r.id = t.r_id and true', []],
  ['merge into t using r on true when matched then update set a = 1', ['whole-table-write']],
  ['merge into t using r on t.r_id = r.id when matched then update set a = 1', []],
  ['merge into t using t s on t.id = s.id when matched then delete', ['whole-table-write']],
  ['merge into t using t s on t.id = s.id when matched and t.a = 1 then delete', []],
  [
    'merge into t using t s on t.id = s.id when matched and t.a = 1 then do nothing when matched then delete',
    [],
  ],
  [
    'merge into t using t s on t.id = s.id when matched and t.a = 1 then delete when matched and 1 = 1 then update set a = 2',
    ['whole-table-write'],
  ],
  [
    'merge into t using r on t.r_id = r.id when matched then update set a = 1 when not matched by source then delete',
    ['whole-table-write'],
  ],
  ['merge into t using r on false when not matched by source then delete', ['whole-table-write']],
  ['merge into t using r on t.r_id = r.id when not matched by source then delete', []],
  ['merge into t using r on t.r_id = r.id when not matched then insert (id) values (r.id)', []],
  [
    'with m as (merge into t using r on true when matched then delete returning t.id) select * from m',
    ['whole-table-write'],
  ],
  ["select setval('s', (select max(id) from t))", []],
  ['alter sequence s restart with 1', ['sequence-jumps']],
  // Text that runs later.
  ['call f()', ['unreadable-statement']],
  ['create function f() returns int language sql as $$ select 1 $$', []],
]

test.each(CASES)('%s', async (sql, rules) => {
  const migration = { isTransactional: false, isContract: true }
  const scripts = [
    { name: 'given', texts: [GIVEN], isOnlyKnown: true },
    { name: 'script', texts: [sql], migration },
  ]
  const found = await lint(scripts, readLintSettings(undefined))
  expect(found.map(({ rule }) => rule)).toEqual(rules)
  // A name that is not there leaves a hole in the sentence.
  expect(found.filter(({ says }) => /undefined|\s\s|(^|[(\s])[.:]/.test(says))).toEqual([])
})

test('of many tables three are named', async () => {
  const migration = { isTransactional: true, isContract: true }
  const sql = ['a', 'b', 'c', 'd', 'e'].map((name) => `alter table ${name} add column x int`)
  const found = await lint([{ name: 'm', texts: sql, migration }], readLintSettings(undefined))
  expect(found.map(({ says }) => says.split(':')[0])).toEqual([
    'b after a',
    'c after a, b',
    'd after a, b, c',
    'e after a, b, c and 1 more',
  ])
})

test('code is found, unless its reason is there; a small table is none, and its reason is needed all the same', async () => {
  const migration = { isTransactional: true, requires: [], isContract: true, isCode: true }
  const small = { major: 15, rowsOf: () => 3 }
  const judge = async (allow: Readonly<Record<string, string>>) =>
    lint(
      [{ name: 'm', texts: ['create index i on t (a)'], migration: { ...migration, allow } }],
      readLintSettings(undefined),
      small,
    )
  const rules = (await judge({})).map(({ rule }) => rule)
  expect(rules).toEqual(['unreadable-statement'])
  expect(await judge({ 'unreadable-statement': 'x', 'index-blocks-writes': 'y' })).toEqual([])
  expect((await judge({ 'unreadable-statement': 'x', 'lock-table': 'y' }))[0]).toMatchObject({
    rule: 'unneeded-allow',
    says: 'lock-table: the migration allows it, and nothing in it breaks this rule.',
  })
})

async function listErrors(text: string) {
  const given = {
    name: 'given',
    texts: [
      'create table r (id bigint primary key); create table k (b bigint); create index k_b on k (b)',
    ],
    isOnlyKnown: true,
  }
  const found = await lint([given, { name: 'file', texts: [text] }], readLintSettings(undefined))
  return found.flatMap(({ level, rule }) => (level === 'error' ? [rule] : []))
}

test('a foreign key is validated in the transaction that adds it: nobody writes to either table meanwhile', async () => {
  const [add, validate] = [
    'add foreign key (b) references r (id) not valid',
    'validate constraint k_b_fkey',
  ]
  expect(
    await listErrors(`begin; alter table k ${add}; alter table k ${validate}; commit`),
  ).toEqual(['work-under-held-lock'])
  expect(await listErrors(`alter table k ${add}; alter table k ${validate}`)).toEqual([])
})

test('a dump of any length: no rule goes through it for a statement of rows, and none of those is remembered', async () => {
  const text = `begin;\n${'insert into t (id) values (1);\n'.repeat(50)}-- last\ndrop table t;`
  const statements = await readScript({ name: 'dump', texts: [text] })
  expect(statements.map(({ line }) => line)).toEqual([
    ...Array.from({ length: 51 }, (_, n) => n + 1),
    53,
  ])
  expect(statements.at(-1)?.before.map(({ sql }) => sql)).toEqual(['begin'])
  const untouchable = new Proxy<LintedStatement[]>([], {
    get: () => {
      throw new Error('the script was read')
    },
  })
  const insert = statements[1]
  if (!insert) throw new Error('no statement')
  const state = {
    known: new KnownObjects(),
    news: new News(),
    worked: new Set<string>(),
    breaks: [],
    script: untouchable,
  }
  for (const rule of RULES)
    expect(
      await rule.check(insert, {
        ...state,
        isContract: false,
        requires: [],
        isPlainFile: true,
        major: 15,
      }),
    ).toEqual([])
})
