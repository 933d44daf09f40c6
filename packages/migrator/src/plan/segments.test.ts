import { expect, test } from 'vitest'
import type { Migration } from '../migration.ts'
import { readStatements } from '../sql/read-statement.ts'
import { cutSegments } from './segments.ts'

async function migration(sql: string, overrides: Partial<Migration> = {}): Promise<Migration> {
  const transactional = overrides.transactional ?? true
  return {
    name: 'm',
    phase: 'expand',
    transactional,
    up: { kind: 'sql', statements: await readStatements(sql, transactional) },
    down: { kind: 'none', reason: '' },
    requires: [],
    ensures: [],
    downRequires: [],
    checksum: 'v1:',
    ...overrides,
  }
}

async function shape(sql: string, overrides: Partial<Migration> = {}, from = 0) {
  const made = await migration(sql, overrides)
  const count = made.up.kind === 'sql' ? made.up.statements.length : 0
  const positions = Array.from({ length: count - from }, (_, i) => i + from)
  return cutSegments(made, 'up', positions).map(
    ({ mode, statements }) => `${mode}: ${statements.map(({ position }) => position).join(' ')}`,
  )
}

test('what may share a transaction shares one', async () => {
  expect(
    await shape('create table a (); create index i on a ((1)); insert into a default values'),
  ).toEqual(['transaction: 0 1 2'])
})

test('what cannot run in a transaction is alone, between those that can', async () => {
  expect(
    await shape('create table a (x int); create index concurrently i on a (x); select 1; select 2'),
  ).toEqual(['transaction: 0', 'outside: 1', 'transaction: 2 3'])
})

test('a validation never scans under the lock of a neighbour', async () => {
  expect(
    await shape(
      `alter table t add constraint c check (a > 0) not valid; alter table t validate constraint c;
       alter table t validate constraint d; alter table t alter a set not null; alter table t drop constraint c`,
    ),
  ).toEqual(['transaction: 0', 'transaction: 1', 'transaction: 2', 'transaction: 3 4'])
})

test('an enum value is committed before it can be used', async () => {
  expect(
    await shape(
      `select 1; alter type e add value 'x'; alter type e add value 'y'; update t set e = 'x'`,
    ),
  ).toEqual(['transaction: 0 1 2', 'transaction: 3'])
})

test('without a transaction every statement commits by itself', async () => {
  expect(await shape('select 1; update t set a = 1', { transactional: false })).toEqual([
    'transaction: 0',
    'transaction: 1',
  ])
})

test('what has run is left out, and a SET of it is said again', async () => {
  const made = await migration(
    'set search_path = a; create index concurrently i on t (x); select 1',
  )
  const segments = cutSegments(made, 'up', [2])
  expect(segments).toHaveLength(1)
  expect(segments[0]).toMatchObject({
    index: 1,
    of: 1,
    isLast: true,
    settings: ['set search_path = a'],
  })
})

test('a migration with nothing left has a last segment that writes the ledger', async () => {
  expect(await shape('')).toEqual(['transaction: '])
})

test('what a build outside a transaction must ensure is looked at in a segment behind it', async () => {
  const ensures = [{ query: 'select true as done', says: 'never' }]
  const made = await migration('create index concurrently i on t (x)', { ensures })
  expect(
    cutSegments(made, 'up', [0]).map(({ isLast, ensures: checks }) => [isLast, checks.length]),
  ).toEqual([
    [false, 0],
    [true, 1],
  ])
})
