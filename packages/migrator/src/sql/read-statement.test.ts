import { describe, expect, test } from 'vitest'
import { SyntaxProblem } from './parse.ts'
import { readStatements, UnusableStatement } from './read-statement.ts'

const completions = async (sql: string) =>
  (await readStatements(sql, true)).map(({ completion }) => completion)

const boundaries = async (sql: string, transactional = true) =>
  (await readStatements(sql, transactional)).map(({ boundary }) => boundary)

describe('splitting', () => {
  test('cuts a text into its statements, in a text of several bytes a character too', async () => {
    const statements = await readStatements(
      `create table "Größe" (a text default 'é; not the end'); -- ; nor this\n select '😀' ;; do $$ begin null; end $$`,
      true,
    )
    expect(statements.map(({ sql }) => sql)).toEqual([
      `create table "Größe" (a text default 'é; not the end')`,
      `select '😀'`,
      'do $$ begin null; end $$',
    ])
  })

  test('names the line of a syntax error', async () => {
    await expect(readStatements('select 1;\nalter tabel t', true)).rejects.toThrow(SyntaxProblem)
    await expect(readStatements('select 1;\nalter tabel t', true)).rejects.toThrow(
      /"tabel" \(line 2\)/,
    )
  })
})

describe('boundaries', () => {
  test.each([
    'create index concurrently i on t (a)',
    'create unique index concurrently if not exists i on s.t (a)',
    'drop index concurrently i',
    'reindex index concurrently i',
    'reindex (concurrently, verbose) table t',
    'reindex schema public',
    'vacuum full t',
    'cluster',
    'alter table p detach partition c concurrently',
    'create database d',
    'drop database d',
    `alter system set work_mem = '1MB'`,
    'alter database d set tablespace x',
    `create subscription s connection '' publication p`,
    'create tablespace x location $$/x$$',
  ])('%s runs outside a transaction', async (sql) => {
    expect(await boundaries(sql)).toEqual(['outside'])
  })

  test.each([
    'create index i on t (a)',
    'drop index i',
    'reindex index i',
    'analyze t',
    'cluster t using i',
    'refresh materialized view concurrently m',
    'alter table p detach partition c',
    'alter table p detach partition c finalize',
    'alter table t add constraint c check (a > 0) not valid',
    'alter table t alter column a set not null',
    'savepoint a',
    'rollback to savepoint a',
    'call p()',
    'do $$ begin end $$',
    `alter type e rename value 'a' to 'b'`,
    `alter database d set work_mem = '1MB'`,
    'copy t from $$/file$$',
  ])('%s may share a transaction', async (sql) => {
    expect(await boundaries(sql)).toEqual(['shared'])
  })

  test('a validation stands alone, an enum value commits before it is used', async () => {
    expect(await boundaries('alter table t validate constraint c')).toEqual(['own'])
    expect(await boundaries('alter domain d validate constraint c')).toEqual(['own'])
    expect(await boundaries(`alter type e add value 'x'`)).toEqual(['commits-after'])
  })

  test('what may commit by itself is outside, where the author wants no transaction', async () => {
    expect(
      await boundaries(
        'call p(); do $$ begin commit; end $$; reindex table t; update t set a = 1',
        false,
      ),
    ).toEqual(['outside', 'outside', 'outside', 'shared'])
    const statements = await readStatements('call p()', false)
    expect(statements[0]?.completion).toBeUndefined()
  })
})

describe('statements that no migration can hold', () => {
  test.each([
    ['begin', /belong to the runner/],
    ['commit', /belong to the runner/],
    ['start transaction', /belong to the runner/],
    ['rollback', /belong to the runner/],
    [`prepare transaction 'x'`, /belong to the runner/],
    ['copy t from stdin', /INSERT/],
    ['copy t to stdout', /INSERT/],
    ['discard all', /migration lock/],
    ['create index concurrently on t (a)', /needs a name/],
  ])('%s', async (sql, reason) => {
    await expect(readStatements(sql, true)).rejects.toThrow(UnusableStatement)
    await expect(readStatements(sql, true)).rejects.toThrow(reason)
  })
})

test('each outside statement says how its completion is found in the catalog', async () => {
  expect(
    await completions(
      'create index concurrently i on s.t (a); drop index concurrently s.i; alter table s.p detach partition q.c concurrently; reindex index concurrently i; vacuum t; create database d',
    ),
  ).toEqual([
    { probe: 'index-built', schema: 's', table: 't', index: 'i' },
    { probe: 'index-gone', schema: 's', index: 'i' },
    { probe: 'partition-detached', schema: 's', parent: 'p', partitionSchema: 'q', partition: 'c' },
    { probe: 'reindexed', relation: 'i' },
    { probe: 'repeatable' },
    undefined,
  ])
})

test('tells which statements set something for those that follow', async () => {
  const statements = await readStatements(
    `set search_path = a; set local work_mem = '1MB'; reset role; select 1; set role x; set session authorization x;
     select set_config('a.b', 'c', false); select pg_catalog.set_config('a.b', 'c', true); set transaction read only;
     select set_config('a.b', f(), false); select set_config('a.b', 'c', false) from t`,
    true,
  )
  const told = statements.map(({ isSet, setsLocally }) => [isSet, setsLocally ?? false])
  const [session, transaction, nothing] = [
    [true, false],
    [false, true],
    [false, false],
  ]
  const first = [session, transaction, session, nothing, session, session]
  expect(told).toEqual([...first, session, transaction, nothing, nothing, nothing])
})
