import type { SqlMigration } from '../../testing/sql-project.ts'
import type { Fault, Unproved, VerifiedMigration } from '../report.ts'

/** A migration on a schema that few applications have, and what is to come of it. */
export interface OddCase extends Pick<SqlMigration, 'up' | 'down' | 'transactional' | 'keepRows'> {
  readonly given: string
  readonly verdict: VerifiedMigration['verdict']
  readonly fault?: Partial<Fault>
  readonly unproved?: Partial<Unproved>
}

const TOUCH = { up: 'alter table t add column x int', down: 'alter table t drop column x' }

export const ODD: Readonly<Record<string, OddCase>> = {
  'partitions of partitions': {
    given: `create table t (id int, at date not null, region text not null, primary key (id, at, region)) partition by range (at);
      create table t1 partition of t for values from ('2026-01-01') to ('2027-01-01') partition by list (region);
      create table t1a partition of t1 for values in ('a', 'b'); create table t1c partition of t1 default;
      create table t2 partition of t default`,
    ...TOUCH,
    verdict: 'holds',
  },
  'a partition by hash': {
    given: `create table t (id uuid primary key, n int) partition by hash (id);
      create table t0 partition of t for values with (modulus 3, remainder 0); create table t1 partition of t for values with (modulus 3, remainder 1);
      create table t2 partition of t for values with (modulus 3, remainder 2)`,
    ...TOUCH,
    verdict: 'holds',
  },
  'a partition that drops rows on the way': {
    given: `create table t (id int, n int) partition by range (id); create table t1 partition of t for values from (0) to (100); create table t2 partition of t default`,
    up: 'do $$ begin delete from t1; end $$',
    down: 'select 1',
    verdict: 'faulty',
    fault: { step: 'up', cause: 'rows', object: 'public.t1' },
  },
  inheritance: {
    given: `create table t (id int primary key, a text); create table child (b text) inherits (t)`,
    ...TOUCH,
    verdict: 'holds',
  },
  'a child that loses a row': {
    given: `create table t (id int primary key, a text); create table child (b text) inherits (t)`,
    up: 'do $$ begin update only child set a = a || 1; delete from only child where ctid = (select min(ctid) from only child); end $$',
    down: 'select 1',
    verdict: 'faulty',
    fault: { step: 'up', cause: 'rows', object: 'public.child' },
  },
  'an exclusion constraint': {
    given: `create table t (id int primary key, span tstzrange not null, exclude using gist (span with &&))`,
    ...TOUCH,
    verdict: 'holds',
  },
  'an exclusion constraint that is added': {
    given: `create table t (id int primary key, span int4range not null)`,
    up: 'alter table t add constraint apart exclude using gist (span with &&)',
    down: 'alter table t drop constraint apart',
    verdict: 'faulty',
    fault: { cause: 'does-not-run' },
  },
  'domains over domains': {
    given: `create domain positive as int check (value > 0); create domain small as positive check (value < 1000) not null;
      create domain word as text check (value ~ '^[a-z]{2,9}$'); create domain words as text[] check (cardinality(value) between 1 and 3);
      create table t (id small primary key, w word, ws words not null)`,
    up: 'alter domain word add constraint short check (length(value) < 20)',
    down: 'alter domain word drop constraint short',
    verdict: 'holds',
  },
  'a composite type with NULL in it that changes': {
    given: `create type place as (street text, number int); create table t (id int primary key, home place not null);
      insert into t values (7000001, row ('a', null)), (7000002, row (null, 2))`,
    up: `do $$ begin update t set home = row ('b', null) where id = 7000001; end $$`,
    down: 'select 1',
    verdict: 'faulty',
    fault: { step: 'up', cause: 'values', object: 'public.t.home' },
  },
  'an attribute of a composite type': {
    given: `create type place as (street text, number int); create table t (id int primary key, home place, homes place[])`,
    up: 'alter type place add attribute zip text cascade',
    down: 'alter type place drop attribute zip cascade',
    verdict: 'holds',
  },
  'a key of an enum whose value gets another name': {
    given: `create type mood as enum ('calm', 'glad', 'wild'); create domain state as mood; create table t (id state primary key, n int)`,
    up: `alter type mood rename value 'calm' to 'quiet'`,
    down: `alter type mood rename value 'quiet' to 'calm'`,
    verdict: 'holds',
  },
  'a value that gets another name, and another value that changes': {
    given: `create type mood as enum ('calm', 'glad', 'wild'); create table t (id int primary key, one mood not null, other text not null)`,
    up: `alter type mood rename value 'calm' to 'quiet'; do $$ begin update t set other = other || '.'; end $$`,
    down: `alter type mood rename value 'quiet' to 'calm'`,
    verdict: 'faulty',
    fault: { step: 'up', cause: 'values', object: 'public.t.other' },
  },
  'arrays of enums': {
    given: `create type mood as enum ('calm', 'glad'); create table t (id int primary key, moods mood[] not null, one mood not null)`,
    ...TOUCH,
    verdict: 'holds',
  },
  'an enum value that gets another name': {
    given: `create type mood as enum ('calm', 'glad'); create table t (id int primary key, moods mood[] not null, one mood not null)`,
    up: `alter type mood rename value 'calm' to 'quiet'`,
    down: `alter type mood rename value 'quiet' to 'calm'`,
    verdict: 'holds',
  },
  'generated columns': {
    given: `create table t (id int primary key, a int not null check (a between 0 and 1000), b int generated always as (a * 2) stored, c text generated always as ('x' || a::text) stored unique)`,
    up: 'alter table t alter column b drop expression',
    down: 'alter table t drop column b; alter table t add column b int generated always as (a * 2) stored',
    verdict: 'holds',
  },
  'deferrable constraints and a circle of foreign keys': {
    given: `create table t (id int primary key, u_id int not null unique); create table u (id int primary key, t_id int not null references t deferrable initially deferred);
      alter table t add foreign key (u_id) references u deferrable initially deferred`,
    ...TOUCH,
    verdict: 'holds',
  },
  'a self reference that is NOT NULL': {
    given: `create table t (id int primary key, parent int not null references t)`,
    ...TOUCH,
    verdict: 'holds',
  },
  'a trigger that refuses rows': {
    given: `create table t (id int primary key, a text); create function no() returns trigger language plpgsql as $$ begin raise exception 'never'; end $$;
      create trigger no before insert on t for each row execute function no()`,
    ...TOUCH,
    verdict: 'unproved',
    unproved: { object: 'public.t' },
  },
  'a trigger that swallows rows': {
    given: `create table t (id int primary key, a text); create function no() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger no before insert on t for each row execute function no()`,
    ...TOUCH,
    verdict: 'unproved',
    unproved: { object: 'public.t' },
  },
  'row security': {
    given: `create table t (id int primary key, owner_name text); alter table t enable row level security; alter table t force row level security;
      create policy own on t using (owner_name = current_user)`,
    up: `do $$ begin delete from t where id = (select min(id) from t); end $$`,
    down: 'select 1',
    verdict: 'faulty',
    fault: { step: 'up', cause: 'rows', object: 'public.t' },
  },
  'an extension': {
    given: `create table t (id int primary key, a text)`,
    up: 'create extension if not exists citext; alter table t add column mail citext unique',
    down: 'alter table t drop column mail; drop extension citext',
    verdict: 'holds',
  },
  'types of extensions': {
    given: `create extension citext; create extension ltree; create extension hstore; create extension pg_trgm;
      create table t (id int primary key, mail citext not null unique, path ltree not null, more hstore not null, ps ltree[]);
      create index on t using gin (more); create index on t using gist (path)`,
    ...TOUCH,
    verdict: 'holds',
  },
  'a value of an extension that changes': {
    given: `create extension citext; create table t (id int primary key, mail citext not null)`,
    up: `do $$ begin update t set mail = upper(mail::text); end $$`,
    down: 'select 1',
    verdict: 'faulty',
    fault: { step: 'up', cause: 'values', object: 'public.t.mail' },
  },
  'odd names': {
    given: `create schema "S.x ""q"""; create table "S.x ""q"""."T %s 'a'" ("Id" int primary key, "a""b" text not null, "c.d" int, "%I" text, "${'long'.repeat(15)}" int);
      create table "select" ("from" int primary key, "order" text not null unique, "$1" int)`,
    up: `alter table "S.x ""q"""."T %s 'a'" add column "new ""one""" text not null default 'x'; alter table "select" rename column "order" to "group";
      create index "i %s.""x" on "S.x ""q"""."T %s 'a'" ("a""b")`,
    down: `drop index "S.x ""q"""."i %s.""x"; alter table "select" rename column "group" to "order"; alter table "S.x ""q"""."T %s 'a'" drop column "new ""one"""`,
    verdict: 'holds',
  },
  'an odd name that loses rows': {
    given: `create schema "S.x ""q"""; create table "S.x ""q"""."T %s 'a'" ("Id" int primary key, "a""b" text not null)`,
    up: `do $$ begin delete from "S.x ""q"""."T %s 'a'" where "Id" = (select min("Id") from "S.x ""q"""."T %s 'a'"); end $$`,
    down: 'select 1',
    verdict: 'faulty',
    fault: { step: 'up', cause: 'rows', object: `"S.x ""q"""."T %s 'a'"` },
  },
  'a view with rules': {
    given: `create table t (id int primary key, a text); create view v as select id, a from t;
      create rule v_insert as on insert to v do instead insert into t values (new.id, new.a)`,
    up: 'create rule v_update as on update to v do instead update t set a = new.a where id = old.id',
    down: 'drop rule v_update on v',
    verdict: 'holds',
  },
  'a rule that keeps rows out': {
    given: `create table t (id int primary key, a text); create rule no as on insert to t do instead nothing`,
    ...TOUCH,
    verdict: 'unproved',
    unproved: { object: 'public.t' },
  },
  'a materialized view that is not filled again': {
    given: `create table t (id int primary key, a text); create materialized view m as select id, a from t`,
    up: 'drop materialized view m; alter table t alter column id type bigint; create materialized view m as select id, a from t with no data',
    down: 'drop materialized view m; alter table t alter column id type int; create materialized view m as select id, a from t',
    verdict: 'holds',
  },
  'an unlogged table': {
    given: `create unlogged table t (id int primary key, a text not null)`,
    up: 'alter table t set logged',
    down: 'alter table t set unlogged',
    verdict: 'holds',
  },
  'a foreign data wrapper': {
    given: `create extension file_fdw; create server files foreign data wrapper file_fdw; create foreign table f (a text) server files options (filename '/nowhere');
      create table t (id int primary key)`,
    up: 'alter foreign table f add column b text; alter table t add column x int',
    down: 'alter table t drop column x; alter foreign table f drop column b',
    verdict: 'holds',
  },
  'an event trigger that refuses': {
    given: `create table t (id int primary key, a text); create function no() returns event_trigger language plpgsql as $$ begin if tg_tag = 'DROP INDEX' then raise exception 'not today'; end if; end $$;
      create event trigger no on ddl_command_start execute function no()`,
    up: 'create index i on t (a)',
    down: 'drop index i',
    verdict: 'faulty',
    fault: { step: 'down', cause: 'does-not-run' },
  },
  'an event trigger': {
    given: `create table t (id int primary key, a text)`,
    up: `create function ok() returns event_trigger language plpgsql as $$ begin end $$; create event trigger ok on ddl_command_end execute function ok()`,
    down: 'drop event trigger ok; drop function ok()',
    verdict: 'holds',
  },
  'default privileges': {
    given: `create schema s; create table t (id int primary key)`,
    up: 'alter default privileges in schema s grant select on tables to public; create table s.u (id int primary key)',
    down: 'drop table s.u; alter default privileges in schema s revoke select on tables from public',
    verdict: 'holds',
  },
  'default privileges that are forgotten': {
    given: `create schema s`,
    up: 'alter default privileges in schema s grant select on tables to public',
    down: 'select 1',
    verdict: 'faulty',
    fault: { step: 'down', cause: 'schema' },
  },
  'a table without columns': {
    given: `create table t ()`,
    ...TOUCH,
    verdict: 'holds',
  },
  'a table that no row fits': {
    given: `create table t (id int primary key, a int check (false))`,
    ...TOUCH,
    verdict: 'unproved',
    unproved: { object: 'public.t' },
  },
  'a CHECK by a function': {
    given: `create function even(n int) returns boolean language sql immutable return n % 2 = 0; create table t (id int primary key, a int not null check (even(a)))`,
    ...TOUCH,
    verdict: 'holds',
  },
  'a table of a type': {
    given: `create type place as (street text, number int); create table t of place (primary key (number))`,
    up: 'alter type place add attribute zip text cascade',
    down: 'alter type place drop attribute zip cascade',
    verdict: 'holds',
  },
  'a type that has no equality': {
    given: `create table t (a json not null, b xml, c point, d polygon)`,
    ...TOUCH,
    verdict: 'holds',
  },
  'a value without a key that changes': {
    given: `create table t (a json not null, c point not null)`,
    up: `do $$ begin update t set a = '{"changed": 1}'; end $$`,
    down: 'select 1',
    verdict: 'faulty',
    fault: { step: 'up', object: 'public.t' },
  },
  'a table of another owner': {
    given: `create table t (id int primary key, a text); create table u (id int primary key references t); alter table u owner to pg_database_owner`,
    up: 'alter table u add column x int; alter table t owner to pg_database_owner',
    down: 'alter table t owner to current_user; alter table u drop column x',
    verdict: 'holds',
  },
  'one row with a version, which migrations put in': {
    given:
      'create table version (version int primary key); insert into version values (1); create table t (id int primary key)',
    up: 'update version set version = 2; alter table t add column x int',
    down: 'alter table t drop column x; update version set version = 1',
    verdict: 'unproved',
    unproved: { object: 'public.version' },
  },
  'names of tables in rows': {
    given: `create table names (name text primary key); create table t (id int primary key)`,
    up: `do $$ declare one text; begin for one in select name from names loop execute format('alter table %I add column x int', one); end loop; end $$`,
    down: 'select 1',
    verdict: 'unproved',
    unproved: { object: 'Migration2_case' },
  },
  'a large object and a publication': {
    given: `create table t (id int primary key, o oid)`,
    up: 'create publication p for table t',
    down: 'drop publication p',
    verdict: 'holds',
  },
  '1,600 columns': {
    given: `create table t (${Array.from({ length: 1598 }, (_, i) => `c${i} int`).join(', ')})`,
    ...TOUCH,
    verdict: 'holds',
  },
}
