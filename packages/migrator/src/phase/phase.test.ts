import { describe, expect, test } from 'vitest'
import { verifyManifest } from '../project/hash.ts'
import { sqlProject } from '../testing/sql-project.ts'

/** What the release before lives with. */
const BEFORE = `
  create table t (id int primary key, a text not null default 'x', b text, c int, s text constraint status check (s in ('a', 'b')));
  create table o (id int primary key, t_id int constraint o_t references t (id) on delete cascade);
  alter table t add constraint a_key unique (a);
  alter table t add constraint b_set check (b is not null) not valid;
  create index plain on t (c);
  create unique index unique_c on t (c);
  create view v as select id from t;
  create type mood as enum ('sad');
  create type pair as (x int, y int);
  create domain short as text;
  create sequence numbers;
  create schema other;
  create function plain_of(int) returns int language sql return 1;
  create function copies() returns trigger language plpgsql as $$ begin new.b := new.a; return new; end $$;
  create function refuses() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
  create function warns() returns trigger language plpgsql as $$ begin raise notice 'odd'; return new; end $$;
  create trigger copying before insert on t for each row execute function copies();
  create policy own on t;`

async function phaseOf(sql: string, before = BEFORE) {
  const project = await sqlProject({ before: { up: before }, step: { up: sql } })
  const report = (await verifyManifest(project)).at(-1)
  await project.drop()
  return report
}

const CONTRACT = [
  'drop table t',
  'drop table if exists t cascade',
  'drop view v',
  'drop schema other',
  'drop type mood',
  'drop domain short',
  'drop function plain_of(int)',
  'create function plain_of(int, int) returns int language sql return 1; drop function plain_of(int)',
  'drop sequence numbers',
  'drop extension "uuid-ossp"',
  'drop trigger copying on t',
  'drop policy own on t',
  'alter table t drop column a',
  'alter table t drop column if exists a, add column d int',
  'alter table t rename to u',
  'alter table t rename column a to z',
  'alter view v rename to w',
  'alter type mood rename to feeling',
  `alter type mood rename value 'sad' to 'glad'`,
  'alter type pair rename attribute x to z',
  'alter type pair drop attribute x',
  'alter type pair alter attribute x type text',
  'alter schema other rename to another',
  'alter function plain_of(int) rename to another',
  'alter sequence numbers rename to another',
  'alter table t rename constraint a_key to another',
  'alter table t set schema other',
  'alter function plain_of(int) set schema other',
  'alter table t alter column a type varchar(10)',
  'alter table t alter column c type bigint using c::bigint',
  'alter table t alter column c set not null',
  'alter table t alter column b drop not null',
  'alter table t alter column a drop default',
  'alter table t alter column c add generated always as identity',
  'alter table t add column d int not null',
  'alter table t add column d int primary key',
  `alter table t add column d text unique default 'x'`,
  'alter table t add column d int check (d is not null)',
  'alter table t add column d int; alter table t alter column d set not null',
  `alter table t add column d int default 1; alter table t alter column d drop default; alter table t alter column d set not null`,
  'alter table t add constraint k check (c > 0)',
  'alter table t add constraint k check (c > 0) not valid',
  `alter table t drop constraint status; alter table t add constraint status check (s in ('a', 'c'))`,
  'alter table t add unique (b)',
  'alter table t add constraint n not null c not valid',
  'alter table t add exclude using gist (c with =)',
  'alter table t add foreign key (c) references o (id)',
  'alter table o drop constraint o_t; alter table o add constraint o_t foreign key (t_id) references t (id)',
  'create unique index k on t (b)',
  'create unique index concurrently k on t (lower(b))',
  'create unique index k on t (lower(a))',
  'create unique index k on t (md5(b))',
  'create unique index k on t (md5(lower(a)))',
  'create unique index again on t (md5(a)); alter table t drop constraint a_key',
  'alter table t drop constraint a_key',
  'alter table t drop constraint t_pkey',
  'drop index unique_c',
  'drop index of_nobody',
  'alter table t drop constraint of_nobody',
  'alter domain short set not null',
  'alter domain short add check (length(value) < 3)',
  'alter sequence numbers restart with 1',
  'revoke select on t from public',
  'revoke all on all tables in schema other from public',
  'revoke pg_monitor from pg_read_all_data',
  'alter table t owner to postgres',
  'alter table t enable row level security',
  'alter table t force row level security',
  'alter table t disable trigger copying',
  'alter table t enable always trigger copying',
  'create policy p on t as restrictive',
  'create trigger r before insert on t for each row execute function refuses()',
  'create trigger r before insert on t for each row execute function of_nobody()',
  'create rule r as on insert to t do instead nothing',
  'alter table t attach partition o for values in (1)',
  'alter table t detach partition o',
  'alter view v set (security_invoker = true)',
  'alter policy own on t using (false)',
  'drop owned by postgres',
  'alter system set work_mem = 64',
  'create table if not exists t (id int); drop table t',
  'create table s.t (id int); drop table t',
]

const EXPAND = [
  'create table n (id int primary key, t_id int references t (id), check (id > 0))',
  'create table n (id int); alter table n add column d int not null; alter table n drop column id; alter table n rename to m; drop table m',
  'create view w as select 1; drop view w',
  'create function f() returns int language sql return 1; drop function f()',
  'create schema fresh; drop schema fresh',
  'alter table t add column d int',
  'alter table t add column d int not null default 0',
  'alter table t add column d int generated always as identity',
  'alter table t add column d serial not null',
  'alter table t add column d int unique',
  `alter table t add column d text check (d in ('x', 'y'))`,
  'alter table t add column d int references o (id)',
  'alter table t add column d int; alter table t add constraint k foreign key (d) references o (id) not valid; alter table t validate constraint k',
  'alter table t add column d int; create unique index k on t (d, c)',
  'alter table t add column d int; alter table t drop column d',
  'alter table t add column d int; alter table t rename column d to e',
  'alter table t add column d int default 1; alter table t alter column d set not null',
  'alter table t alter column c set default 1',
  'alter table t alter column b set not null',
  `alter table t drop constraint status; alter table t add constraint status check (s in ('a', 'b', 'c'))`,
  `alter table t drop constraint status; alter table t add constraint status check (s = any (array['a', 'b', 'c']))`,
  'alter table t drop constraint status',
  'alter table o drop constraint o_t',
  'alter table o drop constraint o_t; alter table o add constraint o_t foreign key (t_id) references t (id) on delete set null',
  'alter table t drop constraint if exists of_nobody',
  'alter table t add constraint wider unique (a, b)',
  'create unique index k on t (md5(a))',
  'create unique index k on t (b, md5(a))',
  'create unique index again on t (a); alter table t drop constraint a_key; alter table t add constraint a_key unique using index again',
  'alter table t drop constraint a_key; create unique index again on t (a)',
  'alter table t add constraint k check (c > 0) not enforced',
  'alter table t validate constraint b_set',
  'create index concurrently i on t (c)',
  'drop index concurrently plain',
  'alter index plain rename to plainer; drop index plainer',
  `alter type mood add value 'glad'`,
  'create trigger r before update on t for each row execute function copies()',
  'create trigger r before update on t for each row execute function copies(); alter table t enable always trigger r; drop trigger r on t',
  'create trigger r before update on t for each row execute function warns()',
  'create policy p on t',
  'alter table t disable row level security',
  'grant select on t to public',
  'create table n (id int); revoke all on n from public',
  'create function f() returns int language sql return 1; revoke execute on function f() from public',
  'alter table t set (fillfactor = 70), alter column a set statistics 100',
  'create or replace view v as select id, a from t',
  `comment on table t is 'rows'`,
  'alter sequence numbers owned by t.id',
  // Nobody can read these, or they are about rows alone: the phase that is stated counts.
  'do $$ begin drop table t; end $$',
  'call p()',
  'select f()',
  'update t set a = 1',
  'delete from t',
  'truncate t',
  `insert into t (id) values (1)`,
]

describe('the phase follows from the statements', () => {
  test.each(CONTRACT)('contract: %s', async (sql) => {
    const report = await phaseOf(sql)
    expect(report).toMatchObject({ phase: 'contract' })
    expect(report?.breaks.length).toBeGreaterThan(0)
  })

  test.each(EXPAND)('expand: %s', async (sql) => {
    expect(await phaseOf(sql)).toEqual({ name: 'step', phase: 'expand', breaks: [] })
  })

  test('says what it takes, object by object', async () => {
    const sql =
      'alter table t drop column a, alter column c type bigint; alter table other.u rename column x to y'
    expect((await phaseOf(sql))?.breaks).toEqual([
      'drops column t.a',
      'changes the type of t.c',
      'renames other.u.x to y',
    ])
  })
})
