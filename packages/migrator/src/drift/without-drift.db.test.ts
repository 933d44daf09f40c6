import * as fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { diffCatalogs, readCatalog, type Catalog } from '../catalog/index.ts'
import type { Change } from '../catalog/tests/changes/index.ts'
import { apply, changesOf, connect, prepareChanges } from '../catalog/tests/database.ts'
import { withoutDrift } from './without-drift.ts'

const database = await createTestDatabase({ prepare: prepareChanges })
const client = await connect(database.url)
const kinds = await changesOf(client)

afterAll(async () => {
  await client.end()
  await database.drop()
})

const sql = (text: string) => client.query(text)

async function make(changes: readonly Change[], step: 'change' | 'revert'): Promise<Catalog> {
  for (const change of changes) await apply(client, change, step)
  return readCatalog(client)
}

test(
  'of every kind of change what a run makes stays, and what others made before it goes',
  { tags: 'long' },
  async () => {
    const splits = fc.sample(fc.shuffledSubarray(kinds, { minLength: 1 }), { numRuns: 1, seed: 7 })
    const even = kinds.filter((_, i) => i % 2 === 0)
    const odd = kinds.filter((_, i) => i % 2 === 1)
    for (const byHand of [even, odd, ...splits]) {
      const byRun = kinds.filter((one) => !byHand.includes(one))
      const expected = await readCatalog(client)
      const wanted = await make(byRun, 'change')
      await make(byRun.toReversed(), 'revert')
      const found = await make(byHand, 'change')
      const after = await make(byRun, 'change')
      expect(diffCatalogs(withoutDrift(after, { found, expected }), wanted)).toEqual([])
      await make(kinds.toReversed(), 'revert')
    }
  },
)

async function play(byHand: string, byRun: string): Promise<{ after: Catalog; own: Catalog }> {
  const expected = await readCatalog(client)
  await sql(byHand)
  const found = await readCatalog(client)
  await sql(byRun)
  const after = await readCatalog(client)
  return { after, own: withoutDrift(after, { found, expected }) }
}

describe('where both change the same', () => {
  beforeEach(() =>
    sql(
      'drop schema if exists mine cascade; create schema mine; create table mine.t (n int, s text); create index i on mine.t (n)',
    ),
  )

  test.each([
    ['drop index mine.i', 'drop table mine.t'],
    ['drop table mine.t', 'drop schema mine'],
    ['alter table mine.t drop s', 'alter table mine.t rename to u'],
    ['alter table mine.t add x int', 'drop table mine.t'],
    ['alter table mine.t add x int', 'alter table mine.t alter x type bigint'],
    ['comment on table mine.t is $$a$$', 'comment on table mine.t is $$b$$'],
    ['drop index mine.i', 'create index i on mine.t (s)'],
  ])('the run has the last word: %s, then %s', async (byHand, byRun) => {
    const { after, own } = await play(byHand, byRun)
    expect(diffCatalogs(own, after)).toEqual([])
  })

  test('it has a word only in what it changes', async () => {
    const { after, own } = await play(
      'comment on table mine.t is $$a$$',
      'alter table mine.t set (fillfactor = 50)',
    )
    expect(diffCatalogs(own, after)).toMatchObject([
      { what: 'changed', changes: [{ property: 'comment' }] },
    ])
  })
})
