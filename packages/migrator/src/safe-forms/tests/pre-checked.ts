const CI = `create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`
const LARGE = `string_agg(md5(x::text), '') from generate_series(1, 300) x`

/** What is there, its rows, and the change. */
export const CASES: readonly (readonly [before: string, rows: string, change: string])[] = `
create table t (a int, b int) | insert into t values (1,1),(1,1) | alter table t add constraint u unique (a, b)
create table t (a int, b int) | insert into t values (1,null),(1,null) | alter table t add constraint u unique (a, b)
create table t (a int, b int) | insert into t values (1,null),(1,null) | alter table t add constraint u unique nulls not distinct (a, b)
create table t (a int, b int) | insert into t values (null,null),(null,null) | create unique index u on t (a, b) nulls not distinct
create table t (a text) | insert into t values ('A'),('a') | create unique index u on t (lower(a))
create table t (a text, b bool) | insert into t values ('A', true),('A', false) | create unique index u on t (a) where b
create table t (a text, b bool) | insert into t values ('A', true),('A', true),('A',null) | create unique index u on t (a) where b
create table t (a text) | insert into t values ('A'),(null),(null) | create unique index u on t (coalesce(a, 'x'))
create extension citext; create table t (a citext) | insert into t values ('A'),('a') | create unique index u on t (a)
${CI}; create table t (a text) | insert into t values ('A'),('a') | create unique index u on t (a collate ci)
${CI}; create table t (a text collate ci) | insert into t values ('A'),('a') | create unique index u on t (a)
${CI}; create table t (a text collate ci) | insert into t values ('A'),('a') | create unique index u on t (a collate "C")
create table t (a float8) | insert into t values ('NaN'),('NaN') | create unique index u on t (a)
create table t (a float8) | insert into t values ('0'),('-0') | create unique index u on t (a)
create table t (a numeric) | insert into t values ('1.0'),('1.00') | create unique index u on t (a)
create table t (a jsonb) | insert into t values ('{"a":1}'),('{"a":1.0}') | create unique index u on t (a)
create table t (a bpchar(3)) | insert into t values ('a'),('a ') | create unique index u on t (a)
create table t (a timestamptz) | insert into t values ('infinity'),('infinity') | create unique index u on t (a)
create table t (a int[]) | insert into t values ('{1}'),('{1}') | create unique index u on t (a)
create table t (a text) | insert into t select repeat(md5(g::text) || md5((g+1)::text), 300) || string_agg(md5(x::text), '') from generate_series(1,1) g, generate_series(1,300) x group by g | create unique index u on t (a)
create table t (a text) | insert into t select ${LARGE} | create index u on t (a)
create table t (a text) | insert into t select ${LARGE} | create index u on t (md5(a))
create table t (a text) | insert into t select ${LARGE} | create index u on t using hash (a)
create table t (a text) | insert into t select repeat('x', 9000) | create index u on t (a)
create table t (a text, b int) | insert into t select string_agg(md5(x::text), ''), 1 from generate_series(1,300) x | create index u on t (b) include (a)
create table t (a text, b int) | insert into t select string_agg(md5(x::text), ''), 1 from generate_series(1,300) x | alter table t add constraint u unique (a)
create table t (a text, b int) | insert into t select string_agg(md5(x::text), ''), 1 from generate_series(1,300) x | create index u on t (a) where b > 5
create table t (a jsonb) | insert into t select to_jsonb(string_agg(md5(x::text), '')) from generate_series(1,300) x | create index u on t (a)
create table t (a text[]) | insert into t select array_agg(md5(x::text)) from generate_series(1,300) x | create index u on t (a)
create table t (a bytea) | insert into t select decode(string_agg(md5(x::text), ''), 'hex') from generate_series(1,300) x | create index u on t (a)
create table "T x" ("a""b" int) | insert into "T x" values (1),(null) | alter table "T x" alter column "a""b" set not null
create table t (a int) | insert into t values (null) | update t set a = 1 where a is null; alter table t alter column a set not null
create table t (a int) | insert into t values (null) | alter table t alter column a set default 1; update t set a = default; alter table t alter column a set not null
create table t (a int) | insert into t values (1),(1) | delete from t where ctid = (select max(ctid) from t); alter table t add constraint u unique (a)
create table p (a int) partition by list (a); create table p1 partition of p for values in (1) | insert into p values (1) | alter table p alter column a set not null
create table p (a int, b int) partition by list (a); create table p1 partition of p for values in (1) | insert into p values (1, null) | alter table p alter column b set not null
create table p (a int, b int); create table c () inherits (p) | insert into c values (1, null) | alter table p alter column b set not null
create table p (a int, b int); create table c () inherits (p) | insert into p values (1, 2); insert into c values (1, 2) | alter table p add constraint u unique (a)
create table p (a int, b int); create table c () inherits (p) | insert into p values (1, 2); insert into c values (1, 2) | create unique index u on p (a)
create table t (a int) | insert into t values (null) | alter table t add constraint c check (a > 0)
create table t (a int) | insert into t values (0) | alter table t add constraint c check (a > 0)
create table t (a int) | insert into t values (0) | alter table t add constraint c check (a > 0 and 1 / a > 0)
create table t (a int) | insert into t values (0) | update t set a = 1; alter table t add constraint c check (a > 0)
create table t (a int); create table c () inherits (t) | insert into c values (0) | alter table t add constraint c check (a > 0) no inherit
create table t (a int); create table c () inherits (t) | insert into c values (0) | alter table t add constraint c check (a > 0)
create table t (a int) | insert into t values (0) | alter table t add check (t.a > 0)
create table t (a int) | insert into t values (0) | alter table t add check (t is not null and (t.*) is not null)
create table r (id int primary key); create table t (a int) | insert into t values (1) | alter table t add constraint f foreign key (a) references r
create table r (id int primary key); create table t (a int) | insert into t values (1) | alter table t add constraint f foreign key (a) references r (id)
create table r (id int primary key); create table t (a int) | insert into t values (1) | insert into r values (1); alter table t add constraint f foreign key (a) references r (id)
create table r (x int, y int, primary key (x, y)); create table t (a int, b int) | insert into t values (1, null) | alter table t add constraint f foreign key (a, b) references r (x, y)
create table r (x int, y int, primary key (x, y)); create table t (a int, b int) | insert into t values (1, null) | alter table t add constraint f foreign key (a, b) references r (x, y) match full
create table r (x int, y int, primary key (x, y)); create table t (a int, b int) | insert into t values (1, 2) | alter table t add constraint f foreign key (a, b) references r (x, y) match full
create table r (x int, y int, primary key (x, y)); create table t (a int, b int) | insert into t values (null, null) | alter table t add constraint f foreign key (a, b) references r (x, y) match full
create table t (id int primary key, p int) | insert into t values (1, 1), (2, 1), (3, 9) | alter table t add constraint f foreign key (p) references t (id)
create table t (id int primary key, p int) | insert into t values (1, 1), (2, 1), (3, 2) | alter table t add constraint f foreign key (p) references t (id)
create table r (id text primary key); create table t (a varchar(5)) | insert into t values ('x'); insert into r values ('y') | alter table t add constraint f foreign key (a) references r (id)
create table r (id numeric primary key); create table t (a int) | insert into t values (1); insert into r values (1.0) | alter table t add constraint f foreign key (a) references r (id)
create table r (id int primary key); create table r1 () inherits (r); create table t (a int) | insert into r1 values (1); insert into t values (1) | alter table t add constraint f foreign key (a) references r (id)
create table r (id int primary key); create table t (a int); create table c () inherits (t) | insert into c values (1) | alter table t add constraint f foreign key (a) references r (id)
create table t (a text) | insert into t values ('äöü') | alter table t alter column a type varchar(3)
create table t (a text) | insert into t values ('abcd') | alter table t alter column a type varchar(3)
create table t (a timestamptz) | insert into t values ('infinity') | alter table t alter column a type date using (a::date)
create table t (a int[]) | insert into t values ('{70000}') | alter table t alter column a type smallint[] using (a::smallint[])
create table t (a text[]) | insert into t values ('{abcd}') | alter table t alter column a type varchar(3)[]
create type e as enum ('a'); create table t (a text) | insert into t values ('b') | alter table t alter column a type e using (a::e)
create table t (a text) | insert into t values (1) | update t set a = left(a, 3); alter table t alter column a type varchar(3)
create table t (a text) | insert into t values ('abcd') | update t set a = left(a, 3); alter table t alter column a type varchar(3)
create table t (a int) | insert into t values (1) | alter table t add column b int not null
create table t (a int) |  | alter table t add column b int not null
create table t (a int) | insert into t values (1) | delete from t; alter table t add column b int not null
create table t (a int, b int) | insert into t values (1,1),(1,2) | alter table t add primary key (a)
create table t (a int, b int) | insert into t values (1,1),(null,2) | alter table t add primary key (a)
create table t (a xml) | insert into t values ('<a/>'),('<a/>') | create unique index u on t ((a::text))
create table t (a int4range) | insert into t values ('[1,3)'),('[1,2]') | create unique index u on t (a)
create table t (a int) | insert into t values (1),(1) | create unique index u on t (a) where a > 1; create unique index w on t ((a+0))
${CI}; create table t (a text) | insert into t values ('A'),('a') | create unique index u on t (a collate ci)
${CI}; create table t (a text collate ci) | insert into t values ('A'),('a') | create unique index u on t (a)
${CI}; create table t (a text collate ci) | insert into t values ('A'),('a') | create unique index u on t (a collate "C")
create domain d as int check (value > 0); create table t (a int) | insert into t values (0) | alter table t alter column a type d using (a::d)
create domain d as int check (value > 0); create table t (a int) | insert into t values (null), (1) | alter table t alter column a type d using (a::d)
create domain d as int not null; create table t (a int) | insert into t values (null) | alter table t alter column a type d using (a::d)
create domain d as int check (value > 0); create domain e as d; create table t (a text) | insert into t values ('0') | alter table t alter column a type e using (a::e)
create domain d as int check (value > 0); create table t (a text) | insert into t values ('x') | alter table t alter column a type d using (a::d)
create domain d as int check (value > 0); create table t (a int) | insert into t values (1) | alter table t add column b d
create domain d as int check (value > 0); create table t (a int) | insert into t values (1) | alter table t add column b d default 0
create domain d as int check (value is not null); create table t (a int) | insert into t values (1) | alter table t add column b d
create domain d as int not null; create table t (a int) | insert into t values (1) | alter table t add column b d
create domain d as int not null; create table t (a int) |  | alter table t add column b d
create table t (a text) | insert into t values ('x') | alter table t alter column a type date using (a::date)
create table t (a text) | insert into t values ('2024-02-30') | alter table t alter column a type date using (a::date)
create table t (a text) | insert into t values ('2024-02-03'), (null) | alter table t alter column a type date using (a::date)
create table t (a text) | insert into t values ('{') | alter table t alter column a type jsonb using (a::jsonb)
create table t (a text) | insert into t values ('{}') | alter table t alter column a type jsonb using (a::jsonb)
create table t (a text) | insert into t values ('x') | create index u on t ((a::int))
create table t (a text) | insert into t values ('1') | create index u on t ((a::int))
create table t (a text) | insert into t values ('x') | create unique index u on t ((a::int))
create table t (a text) | insert into t values ('1'), ('01') | create unique index u on t ((a::int))
create table t (a int) | insert into t values (0) | create index u on t ((1 / a))
create table t (a int) | insert into t values (0) | create index u on t ((1 / a)) where a > 0
create table t (a int) | insert into t values (0) | alter table t add column b int generated always as (1 / a) stored
create table t (a int) | insert into t values (2) | alter table t add column b int generated always as (1 / a) stored
create type c as (x int, y int); create table t (a c) | insert into t values (row(1, null)) | alter table t alter column a set not null
create type c as (x int, y int); create table t (a c) | insert into t values (row(null, null)) | alter table t alter column a set not null
create type c as (x int, y int); create table t (a c) | insert into t values (null) | alter table t alter column a set not null
create type c as (x int, y int); create table t (a c) | insert into t values (row(1, null)), (row(1, null)) | create unique index u on t (a)
create type c as (x int, y int); create table t (a c) | insert into t values (row(null, null)), (row(null, null)) | alter table t add constraint u unique (a)
create type c as (x int, y int); create table t (a c) | insert into t values (row(1, null)), (row(null, null)) | alter table t add primary key (a)
create table t (a int) | insert into t values (null) | alter table t rename column a to b; alter table t alter column b set not null
create table t (a int) | insert into t values (1) | alter table t rename column a to b; alter table t alter column b set not null
create table t (a int) | insert into t values (1), (1) | alter table t rename to s; alter table s add constraint u unique (a)
create table t (a int) | insert into t values (0) | alter table t rename column a to b; alter table t add constraint c check (b > 0)
create table r (id int primary key); create table t (a int) | insert into t values (1) | alter table t rename column a to b; alter table t add constraint f foreign key (b) references r (id)
create table r (id int primary key); create table t (a int) | insert into t values (1) | alter table r rename column id to key; alter table t add constraint f foreign key (a) references r (key)
create table t (a int) | insert into t values (1), (-1) | alter table t add column b int generated always as (abs(a)) stored; create unique index u on t (b)
create table t (a int) | insert into t values (1), (2) | alter table t add column b int default 7; alter table t add constraint c check (b < 7)
create table t (a int) | insert into t values (1), (2) | alter table t add column b int default 7; alter table t add constraint u unique (b)
create table t (a int) | insert into t values (1) | alter table t add column b int; alter table t alter column b set not null
create table t (a int) | insert into t values (1) | create table r (id int primary key); alter table r add column b int; alter table t add constraint f foreign key (a) references r (id) not valid
create table r (x int); create table t (a int) | insert into t values (null) | alter table r add column id serial primary key; alter table t add constraint f foreign key (a) references r (id)
create table r (x int); create table t (a int) | insert into t values (null) | alter table r add column id bigint generated always as identity primary key; alter table t add constraint f foreign key (a) references r (id)
create table t (a text) | insert into t values ('1') | alter table t rename column a to b; alter table t alter column b type int using (b::int); alter table t add constraint c check (b > 0)
`
  .trim()
  .split('\n')
  .map((line) => {
    const [before = '', rows = '', change = ''] = line.split(' | ')
    return [before, rows, change] as const
  })
