import { describe, expect, test } from 'vitest'
import { checksum } from './checksum.ts'
import { parseSql } from './parse.ts'
import { readStatements } from './read-statement.ts'

const read = async (sql: string) => {
  const [statement] = await readStatements(sql, true)
  if (!statement) throw new Error('nothing there')
  return statement
}

/** `ACCESS EXCLUSIVE s.t (scan)`, and through what it is found. */
const locks = async (sql: string) =>
  (await read(sql)).locks.map(
    ({ schema, table, mode, work, through, constraint, column }) =>
      `${mode} ${schema ? `${schema}.` : ''}${table}` +
      (through ? ` ${through}` : '') +
      (constraint || column ? ` of ${constraint ?? column}` : '') +
      (work ? ` (${work})` : ''),
  )

describe('the second table', () => {
  test.each([
    [
      'alter table only a add foreign key (b) references s.b (id)',
      [
        'SHARE ROW EXCLUSIVE a (scan)',
        'SHARE ROW EXCLUSIVE s.b',
        'SHARE ROW EXCLUSIVE s.b partitions',
      ],
    ],
    [
      'alter table only a add foreign key (b) references b (id) not valid',
      ['SHARE ROW EXCLUSIVE a', 'SHARE ROW EXCLUSIVE b', 'SHARE ROW EXCLUSIVE b partitions'],
    ],
    [
      'alter table only a drop constraint a_b',
      [
        'ACCESS EXCLUSIVE a',
        'ACCESS EXCLUSIVE a descendants of a_b',
        'ACCESS EXCLUSIVE a partitions',
        'ACCESS EXCLUSIVE a references of a_b',
      ],
    ],
    [
      'alter table only a drop b',
      [
        'ACCESS EXCLUSIVE a',
        'ACCESS EXCLUSIVE a descendants',
        'ACCESS EXCLUSIVE a references of b',
      ],
    ],
    [
      'alter table only a validate constraint a_b',
      ['SHARE UPDATE EXCLUSIVE a (scan)', 'ROW SHARE a references of a_b'],
    ],
    [
      'create table a (b int references b, foreign key (c) references c)',
      [
        'SHARE ROW EXCLUSIVE b',
        'SHARE ROW EXCLUSIVE b partitions',
        'SHARE ROW EXCLUSIVE c',
        'SHARE ROW EXCLUSIVE c partitions',
      ],
    ],
    [
      'create table a partition of b default',
      [
        'ACCESS EXCLUSIVE b',
        'SHARE ROW EXCLUSIVE b references',
        'SHARE ROW EXCLUSIVE b referenced-by',
        'ACCESS EXCLUSIVE b default (scan)',
      ],
    ],
    ['drop index s.i', ['ACCESS EXCLUSIVE s.i index', 'ACCESS EXCLUSIVE s.i']],
    ['drop index concurrently i', ['SHARE UPDATE EXCLUSIVE i index', 'SHARE UPDATE EXCLUSIVE i']],
    ['create schema x create index on a (b)', ['SHARE a (build)', 'SHARE a partitions (build)']],
  ])('%s', async (sql, expected) => {
    expect(await locks(sql)).toEqual(expected)
  })
})

describe('work under the lock', () => {
  test.each([
    ['alter table only a add b int', 'ACCESS EXCLUSIVE a'],
    ['alter table only a add b timestamptz default now()', 'ACCESS EXCLUSIVE a'],
    ['alter table only a add b int default 1', 'ACCESS EXCLUSIVE a'],
    ['alter table only a add b int not null default 1', 'ACCESS EXCLUSIVE a'],
    ['alter table only a add b uuid default gen_random_uuid()', 'ACCESS EXCLUSIVE a (rewrite)'],
    ['alter table only a add b timestamptz default now() + f()', 'ACCESS EXCLUSIVE a (rewrite)'],
    ['alter table only a add b bigserial', 'ACCESS EXCLUSIVE a (rewrite)'],
    ['alter table only a add b int generated always as identity', 'ACCESS EXCLUSIVE a (rewrite)'],
    ['alter table only a add b int generated always as (1) stored', 'ACCESS EXCLUSIVE a (rewrite)'],
    ['alter table only a add b int generated always as (1) virtual', 'ACCESS EXCLUSIVE a'],
    ['alter table only a add b int check (b > 0)', 'ACCESS EXCLUSIVE a (scan)'],
    ['alter table only a add b int unique', 'ACCESS EXCLUSIVE a (build)'],
    ['alter table only a alter b set not null', 'ACCESS EXCLUSIVE a (scan)'],
    ['alter table only a add check (b > 0)', 'ACCESS EXCLUSIVE a (scan)'],
    ['alter table only a add check (b > 0) not valid', 'ACCESS EXCLUSIVE a'],
    ['alter table only a add constraint n not null b not valid', 'ACCESS EXCLUSIVE a'],
    ['alter table only a add unique using index i', 'ACCESS EXCLUSIVE a'],
    ['alter table only a add primary key using index i', 'ACCESS EXCLUSIVE a (scan)'],
    ['alter table only a add primary key (b)', 'ACCESS EXCLUSIVE a (build)'],
    ['alter table only a set unlogged', 'ACCESS EXCLUSIVE a (rewrite)'],
    ['create index on only a (b)', 'SHARE a (build)'],
    ['create index concurrently i on only a (b)', 'SHARE UPDATE EXCLUSIVE a (build)'],
    ['vacuum (full false) a', 'SHARE UPDATE EXCLUSIVE a (scan)'],
    ['vacuum full a', 'ACCESS EXCLUSIVE a (rewrite)'],
    ['reindex (concurrently) table a', 'SHARE UPDATE EXCLUSIVE a (build)'],
  ])('%s', async (sql, expected) => {
    expect((await locks(sql))[0]).toBe(expected)
  })
})

test('what WITH names is no table, unless it is qualified', async () => {
  expect(await locks('with a as (select from b) select from a, s.a')).toEqual([
    'ACCESS SHARE s.a',
    'ACCESS SHARE b',
  ])
})

describe('opaque', () => {
  test.each([
    'do $$ begin execute x; end $$',
    'call p()',
    'select create_hypertable(1)',
    'create extension x',
    'drop type t cascade',
    'vacuum',
    'reindex schema s',
  ])('%s', async (sql) => {
    expect(await read(sql)).toMatchObject({ hasUnknownLocks: true })
  })

  test.each([
    'select 1',
    `select pg_catalog.set_config('search_path', '', false)`,
    `select setval('s', 1)`,
    'create table t (a int default random())',
    'drop table t',
    'update t set a = random()',
    'vacuum t',
  ])('not: %s', async (sql) => {
    expect(await read(sql)).toMatchObject({ hasUnknownLocks: false })
  })
})

test('what is known of locks is no part of the checksum', async () => {
  const sql = 'alter table a add b int'
  const [parsed] = await parseSql(sql)
  expect((await read(sql)).checksum).toBe(checksum(parsed?.node))
})
