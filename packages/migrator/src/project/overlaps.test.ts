import { expect, test } from 'vitest'
import { readStatements } from '../sql/read-statement.ts'
import { findOverlaps } from './overlaps.ts'
import { findTouched } from './touched.ts'

async function footprint(sql: string) {
  return findTouched({ up: { kind: 'sql', statements: await readStatements(sql, true) } }, null)
}

async function overlaps(one: string, other: string): Promise<string[]> {
  const found = findOverlaps(await footprint(one), await footprint(other))
  // Whichever of them is released.
  expect(findOverlaps(await footprint(other), await footprint(one))).toEqual(found)
  return found
}

test.each([
  ['columns of one table', 'alter table a add column x int', 'alter table a add column y int'],
  [
    'foreign keys to one table',
    'alter table b add constraint b_a foreign key (a) references a',
    'alter table c add constraint c_a foreign key (a) references a',
  ],
  ['indexes of one table', 'create index i on a (x)', 'create index j on a (x)'],
  ['a column of the same name elsewhere', 'alter table a drop column x', 'create index i on b (x)'],
  ['tables of one name in two schemas', 'create table s.a (n int)', 'create table t.a (n int)'],
  [
    'a column, and a count',
    'alter table a drop column x',
    'create view v as select count(*) from a',
  ],
  [
    'a column, and whole rows',
    'alter table a add column x int',
    'create view v as select * from a',
  ],
  ['rows of one table', `insert into a values (1)`, 'delete from a where n = 2'],
  [
    'what is dropped and made again',
    'drop view v; create view v as select 1',
    'create table v2 (n int)',
  ],
])('not in each other’s way: %s', async (_, one, other) => {
  expect(await overlaps(one, other)).toEqual([])
})

test.each([
  ['alter table a alter x set default 1', 'alter table a alter x set not null', 'column a.x'],
  ['alter table a drop column x', 'create index on a (x)', 'column a.x'],
  ['alter table a rename x to y', 'update a set x = 1', 'column a.x'],
  ['alter table a rename to b', 'alter table a add column x int', 'table a'],
  ['drop table s."A b"', 'create view v as select * from s."A b"', 'table s."A b"'],
  ['drop table a', 'alter table a add column x int, add column y int', 'table a'],
  ['alter table a enable row level security', 'alter table a force row level security', 'table a'],
  [`alter type mood add value 'x'`, `alter type mood add value 'y'`, 'type mood'],
  ['create extension x', 'create extension x', 'extension x'],
  [
    'alter table a add constraint c check (x > 0)',
    'alter table a drop constraint c',
    'constraint a.c',
  ],
  ['drop function f()', 'create view v as select f()', 'function f'],
  ['alter table a drop column x', 'create view v as select * from a', 'column a.x'],
  ['alter table a rename x to y', 'create table b (like a)', 'column a.x'],
  ['alter table a drop column x', 'insert into a values (1)', 'column a.x'],
  ['alter table a alter x type bigint', 'create table b as select x from a', 'column a.x'],
  ['alter table a drop column x', 'do $$ begin UPDATE A set X = 1; end $$', 'column a.x'],
])('%s | %s', async (one, other, object) => {
  expect(await overlaps(one, other)).toEqual([object])
})
