import type { Change } from './change.ts'

const JOB = 'create table job (id int primary key, name text, n int)'
const PUBLICATION = `${JOB}; create publication "$" for table job`
const SERVER = 'create foreign data wrapper "$"; create server "$" foreign data wrapper "$"'
const BASE_TYPE = baseType('storage = plain')

function baseType(option: string): string {
  return `create type good;
    create or replace function good_in(cstring) returns good language internal immutable strict as 'textin';
    create or replace function good_out(good) returns cstring language internal immutable strict as 'textout';
    create type good (input = good_in, output = good_out, ${option})`
}

export const others: Change[] = [
  {
    name: 'extension dropped',
    given: 'create extension if not exists citext schema public',
    change: 'drop extension citext',
    revert: 'create extension citext schema public',
    differs: ['missing extension citext'],
  },
  {
    name: 'extension moved to another schema',
    given: 'create extension if not exists hstore schema public',
    change: 'alter extension hstore set schema "$"',
    revert: 'alter extension hstore set schema public',
    differs: ['changed extension hstore: schema'],
  },
  {
    name: 'publication added',
    given: JOB,
    change: 'create publication "$" for table job',
    revert: 'drop publication "$"',
    differs: ['extra publication $'],
  },
  {
    name: 'publication table',
    given: `${PUBLICATION}; create table task (id int)`,
    change: 'alter publication "$" add table task',
    revert: 'alter publication "$" drop table task',
    differs: ['changed publication $: tables'],
  },
  {
    name: 'publication columns',
    given: PUBLICATION,
    change: 'alter publication "$" set table job (id, n)',
    revert: 'alter publication "$" set table job',
    differs: ['changed publication $: tables'],
  },
  {
    name: 'publication condition',
    given: PUBLICATION,
    change: 'alter publication "$" set table job where (id > 0)',
    revert: 'alter publication "$" set table job',
    differs: ['changed publication $: tables'],
  },
  {
    name: 'publication operations',
    given: PUBLICATION,
    change: `alter publication "$" set (publish = 'insert')`,
    revert: `alter publication "$" set (publish = 'insert, update, delete, truncate')`,
    differs: ['changed publication $: operations'],
  },
  {
    name: 'publication by root',
    given: PUBLICATION,
    change: 'alter publication "$" set (publish_via_partition_root)',
    revert: 'alter publication "$" set (publish_via_partition_root = off)',
    differs: ['changed publication $: viaRoot'],
  },
  {
    name: 'publication schema',
    given: PUBLICATION,
    change: 'alter publication "$" add tables in schema "$"',
    revert: 'alter publication "$" drop tables in schema "$"',
    differs: ['changed publication $: schemas'],
  },
  {
    name: 'publication of all tables',
    given: 'create publication "$"',
    change: 'drop publication "$"; create publication "$" for all tables',
    revert: 'drop publication "$"; create publication "$"',
    differs: ['changed publication $: allTables'],
  },
  {
    name: 'publication generated columns',
    given: PUBLICATION,
    change: 'alter publication "$" set (publish_generated_columns = stored)',
    revert: 'alter publication "$" set (publish_generated_columns = none)',
    differs: ['changed publication $: generatedColumns'],
    since: 18,
  },
  {
    name: 'subscription added',
    change: `create subscription "$" connection 'host=nowhere' publication p
      with (connect = false, slot_name = none)`,
    revert: 'drop subscription "$"',
    differs: ['extra other subscription $'],
  },
  {
    name: 'foreign server options',
    given: SERVER,
    change: `alter server "$" options (host 'here')`,
    revert: 'alter server "$" options (drop host)',
    differs: ['changed other server $: definition'],
  },
  {
    name: 'foreign server wrapper',
    given: `${SERVER}; create foreign data wrapper "$ two"`,
    change: 'drop server "$"; create server "$" foreign data wrapper "$ two"',
    revert: 'drop server "$"; create server "$" foreign data wrapper "$"',
    differs: ['changed other server $: definition'],
  },
  {
    name: 'foreign data wrapper options',
    given: SERVER,
    change: `alter foreign data wrapper "$" options (debug 'true')`,
    revert: 'alter foreign data wrapper "$" options (drop debug)',
    differs: ['changed other foreign-data wrapper $: definition'],
  },
  ...Object.entries({
    storage: 'storage = main',
    category: `category = 'Z'`,
    preferred: 'preferred = true',
    delimiter: `delimiter = ';'`,
    alignment: 'alignment = double',
    collatable: 'collatable = true',
    default: `default = 'a'`,
  }).map(([name, sql]) => ({
    name: `base type ${name}`,
    given: BASE_TYPE,
    change: `drop type good cascade; ${baseType(sql)}`,
    revert: `drop type good cascade; ${BASE_TYPE}`,
    differs: ['changed other type $.good: definition'],
  })),
  {
    name: 'operator class family',
    given: `create operator family one using btree; create operator family two using btree;
      create operator class ints for type int using btree family one as function 1 btint4cmp(int, int)`,
    change: `drop operator class ints using btree;
      create operator class ints for type int using btree family two as function 1 btint4cmp(int, int)`,
    revert: `drop operator class ints using btree;
      create operator class ints for type int using btree family one as function 1 btint4cmp(int, int)`,
    differs: [
      'changed other operator class $.ints USING btree: definition',
      'changed other operator family $.one USING btree: definition',
      'changed other operator family $.two USING btree: definition',
    ],
  },
  {
    name: 'column granted by another role',
    given: `${JOB}; grant select (n) on job to pg_monitor;
      grant select (n) on job to pg_read_all_data with grant option`,
    change: `revoke select (n) on job from pg_monitor; set role pg_read_all_data;
      grant select (n) on job to pg_monitor; reset role`,
    revert: `revoke select (n) on job from pg_read_all_data cascade; grant select (n) on job to pg_monitor;
      grant select (n) on job to pg_read_all_data with grant option`,
    differs: ['changed column $.job.n: grants'],
  },
  {
    name: 'default privileges',
    change:
      'alter default privileges for role pg_monitor grant select on tables to pg_read_all_data',
    revert:
      'alter default privileges for role pg_monitor revoke select on tables from pg_read_all_data',
    differs: ['extra default-grants pg_monitor: tables'],
  },
  {
    name: 'default privileges in one schema',
    change: `alter default privileges for role pg_monitor in schema "$"
      grant all on tables to pg_read_all_data`,
    revert: `alter default privileges for role pg_monitor in schema "$"
      revoke all on tables from pg_read_all_data`,
    differs: ['extra default-grants pg_monitor: tables in $'],
  },
  {
    name: 'default privileges withdrawn',
    change: 'alter default privileges for role pg_monitor revoke execute on functions from public',
    revert: 'alter default privileges for role pg_monitor grant execute on functions to public',
    differs: ['extra default-grants pg_monitor: functions'],
  },
  {
    name: 'database setting',
    change: `do $do$ begin execute format('alter database %I set work_mem = ''5MB''', current_database()); end $do$`,
    revert: `do $do$ begin execute format('alter database %I reset work_mem', current_database()); end $do$`,
    differs: ['extra setting work_mem'],
  },
  {
    name: 'database setting of a role',
    change: `do $do$ begin execute format(
      'alter role %I in database %I set work_mem = ''5MB''', current_user, current_database()); end $do$`,
    revert: `do $do$ begin execute format(
      'alter role %I in database %I reset work_mem', current_user, current_database()); end $do$`,
    differs: ['extra setting pg_database_owner.work_mem'],
  },
  {
    name: 'cast context',
    given: `create type mood as enum ('good'); create cast (mood as int) with inout`,
    change: 'drop cast (mood as int); create cast (mood as int) with inout as implicit',
    revert: 'drop cast (mood as int); create cast (mood as int) with inout',
    differs: ['changed other cast ($.mood AS integer): definition'],
  },
  {
    name: 'operator function',
    given: 'create operator === (leftarg = int, rightarg = int, function = int4eq)',
    change: `drop operator === (int, int);
      create operator === (leftarg = int, rightarg = int, function = int4ne)`,
    revert: `drop operator === (int, int);
      create operator === (leftarg = int, rightarg = int, function = int4eq)`,
    differs: ['changed other operator $.===(integer,integer): definition'],
  },
  {
    name: 'operator class added',
    given: 'create operator family "$" using btree',
    change: `create operator class "$" for type int using btree family "$" as
      operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp`,
    revert:
      'drop operator class "$" using btree; drop operator family if exists "$" using btree; create operator family "$" using btree',
    differs: [
      'extra other operator class $.$ USING btree',
      'changed other operator family $.$ USING btree: definition',
    ],
  },
  {
    name: 'operator family member',
    given: 'create operator family "$" using btree',
    change: 'alter operator family "$" using btree add operator 1 < (int, bigint)',
    revert: 'alter operator family "$" using btree drop operator 1 (int, bigint)',
    differs: ['changed other operator family $.$ USING btree: definition'],
  },
  {
    name: 'collation determinism',
    given: `create collation c (provider = icu, locale = 'und')`,
    change: `drop collation c; create collation c (provider = icu, locale = 'und', deterministic = false)`,
    revert: `drop collation c; create collation c (provider = icu, locale = 'und')`,
    differs: ['changed other collation $.c: definition'],
  },
  {
    name: 'collation locale',
    given: `create collation c (provider = icu, locale = 'de')`,
    change: `drop collation c; create collation c (provider = icu, locale = 'sv')`,
    revert: `drop collation c; create collation c (provider = icu, locale = 'de')`,
    differs: ['changed other collation $.c: definition'],
  },
  {
    name: 'collation rules',
    given: `create collation c (provider = icu, locale = 'und', rules = '&a < b')`,
    change: `drop collation c; create collation c (provider = icu, locale = 'und', rules = '&a < c')`,
    revert: `drop collation c; create collation c (provider = icu, locale = 'und', rules = '&a < b')`,
    differs: ['changed other collation $.c: definition'],
    since: 16,
  },
  {
    name: 'conversion added',
    change: `create conversion c for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8`,
    revert: 'drop conversion c',
    differs: ['extra other conversion $.c'],
  },
  {
    name: 'language added',
    change: 'create language "$" handler plpgsql_call_handler',
    revert: 'drop language "$"',
    differs: ['extra other language $'],
  },
  {
    name: 'access method added',
    change: 'create access method "$" type table handler heap_tableam_handler',
    revert: 'drop access method "$"',
    differs: ['extra other access method $'],
  },
  {
    name: 'transform added',
    given: `create type mood as enum ('good');
      create function f(internal) returns internal language internal immutable as 'textlike_support'`,
    change: 'create transform for mood language plpgsql (from sql with function f(internal))',
    revert: 'drop transform for mood language plpgsql',
    differs: ['extra other transform for $.mood language plpgsql'],
  },
  {
    name: 'text search mapping',
    given: 'create text search configuration c (copy = pg_catalog.simple)',
    change: 'alter text search configuration c drop mapping for email',
    revert: 'alter text search configuration c add mapping for email with simple',
    differs: ['changed other text search configuration $.c: definition'],
  },
  {
    name: 'text search dictionary option',
    given: 'create text search dictionary d (template = pg_catalog.simple)',
    change: 'alter text search dictionary d (accept = false)',
    revert: 'alter text search dictionary d (accept)',
    differs: ['changed other text search dictionary $.d: definition'],
  },
  {
    name: 'text search template added',
    change: 'create text search template t (lexize = dsimple_lexize)',
    revert: 'drop text search template t',
    differs: ['extra other text search template $.t'],
  },
  {
    name: 'text search parser added',
    change: `create text search parser p (start = prsd_start, gettoken = prsd_nexttoken,
      end = prsd_end, lextypes = prsd_lextype)`,
    revert: 'drop text search parser p',
    differs: ['extra other text search parser $.p'],
  },
  {
    name: 'foreign data wrapper added',
    change: 'create foreign data wrapper "$"',
    revert: 'drop foreign data wrapper "$"',
    differs: ['extra other foreign-data wrapper $'],
  },
  {
    name: 'server granted',
    given: SERVER,
    change: 'grant usage on foreign server "$" to pg_monitor',
    revert: 'revoke usage on foreign server "$" from pg_monitor',
    differs: ['changed other server $: grants'],
  },
  {
    name: 'user mapping added',
    given: SERVER,
    change: `create user mapping for pg_monitor server "$" options (password 'secret')`,
    revert: 'drop user mapping for pg_monitor server "$"',
    differs: ['extra other user mapping pg_monitor on server $'],
  },
  {
    name: 'event trigger disabled',
    given: `create function f() returns event_trigger language plpgsql as 'begin end';
      create event trigger "$" on sql_drop execute function f()`,
    change: 'alter event trigger "$" disable',
    revert: 'alter event trigger "$" enable',
    differs: ['changed other event trigger $: definition'],
  },
  {
    name: 'event trigger tags',
    given: `create function f() returns event_trigger language plpgsql as 'begin end';
      create event trigger "$" on sql_drop when tag in ('DROP TABLE') execute function f()`,
    change: `drop event trigger "$";
      create event trigger "$" on sql_drop when tag in ('DROP VIEW') execute function f()`,
    revert: `drop event trigger "$";
      create event trigger "$" on sql_drop when tag in ('DROP TABLE') execute function f()`,
    differs: ['changed other event trigger $: definition'],
  },
  {
    name: 'statistics added',
    given: JOB,
    change: 'create statistics s on name, n from job',
    revert: 'drop statistics s',
    differs: ['extra other statistics object $.s'],
  },
  {
    name: 'statistics kinds',
    given: `${JOB}; create statistics s (ndistinct) on name, n from job`,
    change: 'drop statistics s; create statistics s (mcv) on name, n from job',
    revert: 'drop statistics s; create statistics s (ndistinct) on name, n from job',
    differs: ['changed other statistics object $.s: definition'],
  },
  {
    name: 'statistics target',
    given: `${JOB}; create statistics s on name, n from job`,
    change: 'alter statistics s set statistics 50',
    revert: 'alter statistics s set statistics -1',
    differs: ['changed other statistics object $.s: definition'],
  },
  {
    name: 'shell type added',
    change: 'create type unborn',
    revert: 'drop type unborn',
    differs: ['extra other type $.unborn'],
  },
  {
    name: 'large object',
    change: 'select lo_create(4711)',
    revert: 'select lo_unlink(4711)',
    differs: ['extra other large objects'],
  },
  {
    name: 'comment on what is not modelled',
    given: `create type mood as enum ('good'); create cast (mood as int) with inout`,
    change: `comment on cast (mood as int) is 'by its number'`,
    revert: 'comment on cast (mood as int) is null',
    differs: ['changed other cast ($.mood AS integer): comment'],
  },
  {
    name: 'security label',
    given: JOB,
    change: `insert into pg_seclabel values ('job'::regclass, 'pg_class'::regclass, 0, 'none', 'secret')`,
    revert: `delete from pg_seclabel where provider = 'none'`,
    differs: ['extra other security label none on table $.job'],
  },
  {
    name: 'built-in function granted',
    change: 'revoke execute on function pg_sleep(float8) from public',
    revert: 'grant execute on function pg_sleep(float8) to public',
    differs: ['extra other grants on function pg_catalog.pg_sleep(double precision)'],
  },
  {
    name: 'function of an extension granted',
    change: 'revoke execute on function public.uuid_generate_v1() from public',
    revert: 'grant execute on function public.uuid_generate_v1() to public',
    differs: ['extra other grants on function public.uuid_generate_v1()'],
  },
  {
    name: 'function in pg_catalog',
    change: `create function pg_catalog."$"() returns int language sql as 'select 1'`,
    revert: 'drop function pg_catalog."$"()',
    differs: ['extra function pg_catalog.$()'],
  },
  {
    name: 'publication owner',
    given: 'create table job (id int); create publication "$" for table job',
    change: 'alter publication "$" owner to pg_monitor',
    revert: 'alter publication "$" owner to current_user',
    differs: ['changed publication $: owner'],
  },
  {
    name: 'publication comment',
    given: 'create table job (id int); create publication "$" for table job',
    change: `comment on publication "$" is 'changed'`,
    revert: 'comment on publication "$" is null',
    differs: ['changed publication $: comment'],
  },
  {
    name: 'collation owner',
    given: `create collation c (provider = icu, locale = 'und')`,
    change: 'alter collation c owner to pg_monitor',
    revert: 'alter collation c owner to current_user',
    differs: ['changed other collation $.c: owner'],
  },
  {
    name: 'default privileges changed',
    given:
      'alter default privileges for role pg_read_all_stats grant select on tables to pg_monitor',
    change:
      'alter default privileges for role pg_read_all_stats grant insert on tables to pg_monitor',
    revert:
      'alter default privileges for role pg_read_all_stats revoke insert on tables from pg_monitor',
    differs: ['changed default-grants pg_read_all_stats: tables: grants'],
  },
]
