/** Two ways to one schema: at once, and as an online migration gets there (each item a transaction). */
export const RECIPES: { name: string; plain: string; online: string[]; since?: number }[] = [
  {
    name: 'NOT NULL by way of a CHECK',
    plain: 'create table job (id int, name text not null)',
    online: [
      'create table job (id int, name text)',
      'alter table job add constraint c check (name is not null) not valid',
      'alter table job validate constraint c',
      'alter table job alter name set not null',
      'alter table job drop constraint c',
    ],
  },
  {
    name: 'NOT NULL that was not valid at first',
    plain: 'create table job (id int, name text not null)',
    online: [
      'create table job (id int, name text)',
      'alter table job add constraint c not null name not valid',
      'alter table job validate constraint c',
    ],
    since: 18,
  },
  {
    name: 'foreign key that was not valid at first',
    plain: 'create table a (id int primary key); create table b (a_id int references a)',
    online: [
      'create table a (id int primary key); create table b (a_id int)',
      'alter table b add constraint b_a_id_fkey foreign key (a_id) references a not valid',
      'alter table b validate constraint b_a_id_fkey',
    ],
  },
  {
    name: 'unique and primary key by way of an index',
    plain: 'create table job (id int primary key, name text unique)',
    online: [
      'create table job (id int, name text)',
      'create unique index concurrently a on job (id)',
      'create unique index concurrently b on job (name)',
      'alter table job alter id set not null',
      'alter table job add constraint job_pkey primary key using index a',
      'alter table job add constraint job_name_key unique using index b',
    ],
  },
  {
    name: 'index built, rebuilt and swapped',
    plain: 'create table job (id int, name text); create index i on job (lower(name))',
    online: [
      'create table job (id int, name text); create index i on job (name)',
      'create index concurrently j on job (lower(name))',
      'drop index concurrently i',
      'alter index j rename to i',
      'reindex index concurrently i',
    ],
  },
  {
    name: 'partition that was a table',
    plain: `create table part (id int primary key, n int check (n > 0)) partition by range (id);
      create index on part (n);
      create table part_1 partition of part for values from (1) to (9)`,
    online: [
      `create table part (id int primary key, n int check (n > 0)) partition by range (id);
      create index on part (n)`,
      'create table part_1 (like part including all)',
      'alter table part_1 add constraint c check (id >= 1 and id < 9) not valid',
      'alter table part_1 validate constraint c',
      'alter table part attach partition part_1 for values from (1) to (9)',
      'alter table part_1 drop constraint c',
    ],
  },
  {
    name: 'serial step by step',
    plain: 'create table job (id serial)',
    online: [
      'create table job (id int)',
      'create sequence job_id_seq as int owned by job.id',
      `alter table job alter id set default nextval('job_id_seq')`,
      'alter table job alter id set not null',
    ],
  },
  {
    name: 'column replaced by one of another type',
    plain: 'create table job (n bigint not null default 0, name text)',
    online: [
      'create table job (n int not null default 0, name text)',
      'alter table job add n_new bigint not null default 0',
      'alter table job drop n',
      'alter table job rename n_new to n',
    ],
  },
  {
    name: 'enum that has grown',
    plain: `create type mood as enum ('bad', 'so so', 'good')`,
    online: [
      `create type mood as enum ('bad', 'good')`,
      `alter type mood add value 'so so' before 'good'`,
    ],
  },
  {
    name: 'grants given and taken back',
    plain: `create table job (id int); create function f() returns int language sql as 'select 1'`,
    online: [
      `create table job (id int); create function f() returns int language sql as 'select 1'`,
      'grant all on job to pg_monitor; grant select (id) on job to pg_monitor',
      'revoke execute on function f from public; revoke select (id) on job from pg_monitor',
      'alter table job owner to pg_monitor',
      'alter table job owner to current_user; revoke all on job from current_user',
      'grant execute on function f to public; grant all on job to current_user',
      'revoke all on job from pg_monitor',
    ],
  },
  {
    name: 'in the words of its author or in PostgreSQL’s own',
    plain: `create table job (kind text default 'a' check (kind in ('a', 'b')), n float8 check (n > 0));
      create view v as select * from job where kind like 'a%' and n between 0 and 1`,
    online: [
      `create table job (
        kind text default 'a'::text constraint job_kind_check
          check ((kind = any (array['a'::text, 'b'::text]))),
        n double precision, constraint job_n_check check ((n > (0)::double precision)))`,
      `create view v as select kind, n from public.job
        where ((kind ~~ 'a%'::text) and ((n >= (0)::double precision) and (n <= (1)::double precision)))`,
    ],
  },
]
