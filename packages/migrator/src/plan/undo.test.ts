import { expect, test } from 'vitest'
import { readStatements } from '../sql/read-statement.ts'
import { pairUndo } from './undo.ts'

async function pairs(up: string, down: string) {
  const { undoneBy, unclear } = pairUndo(
    await readStatements(up, true),
    await readStatements(down, true),
  )
  return { undoneBy: Object.fromEntries(undoneBy), unclear: [...unclear] }
}

test('pairs what makes an object with what removes it, in any order', async () => {
  expect(
    await pairs(
      'alter table t add column a int; create index concurrently i on t (a); create type e as enum ()',
      'drop type e; alter table t drop column a; drop index concurrently s.i',
    ),
  ).toEqual({ undoneBy: { 0: [1], 1: [2], 2: [0] }, unclear: [] })
})

test('pairs what removes an object with what makes it again', async () => {
  expect(
    await pairs(
      'drop index concurrently i; alter table t alter a drop not null',
      'alter table t alter a set not null; create index concurrently i on t (a)',
    ),
  ).toEqual({ undoneBy: { 0: [1], 1: [0] }, unclear: [] })
})

test('a statement without a name is paired by position, where down is the mirror of up', async () => {
  expect(
    await pairs(
      'update t set a = a + 1; create index concurrently i on t (a)',
      'drop index concurrently i; update t set a = a - 1',
    ),
  ).toEqual({ undoneBy: { 0: [1], 1: [0] }, unclear: [] })
})

test('without a mirror nobody can tell what undoes it', async () => {
  expect(
    await pairs(
      'update t set a = a + 1; create index concurrently i on t (a)',
      'drop index concurrently i; update t set a = a - 1; select 1',
    ),
  ).toEqual({ undoneBy: { 0: [], 1: [0] }, unclear: [0] })
})

test('an index that became a constraint is not undone by what drops the constraint', async () => {
  const { unclear } = await pairs(
    'create unique index concurrently i on t (a); alter table t add constraint k unique using index i; select 1',
    'alter table t drop constraint k',
  )
  expect(unclear).toContain(0)
})

test('a validation leaves nothing to undo', async () => {
  expect(
    await pairs(
      'alter table t add constraint c check (a > 0) not valid; alter table t validate constraint c',
      'alter table t drop constraint c',
    ),
  ).toEqual({ undoneBy: { 0: [0], 1: [] }, unclear: [] })
})
