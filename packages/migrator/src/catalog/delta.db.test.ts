import { createTestDatabase } from '@techfacts/postgres/testing'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeDelta, fingerprint, readCatalog, withDelta, type Catalog } from './index.ts'
import { SEVERITY } from './severity.ts'
import type { Change } from './tests/changes/index.ts'
import { apply, changesOf, connect, prepareChanges, say } from './tests/database.ts'

const NOTHING: Catalog = { objects: [] }
const STEPS = 3

test('the sum of the deltas of a random chain is the catalog that is read, and backwards, for every kind of object', async () => {
  await using database = await createTestDatabase({ prepare: prepareChanges })
  await using client = await connect(database.url)
  const changes = await changesOf(client)
  const seed = Date.now()
  const [order = []] = fc.sample(fc.shuffledSubarray(changes, { minLength: changes.length }), {
    numRuns: 1,
    seed,
  })
  await client.query(
    `do $$ begin execute format('comment on database %I is ''one''', current_database()); end $$`,
  )
  let read = await readCatalog(client)
  let sum = throughJson(NOTHING, read)
  const kinds = new Set(read.objects.map(({ kind }) => kind))
  for (const [step, some] of [...inSteps('change', order), ...inSteps('revert', order)]) {
    for (const change of some) await apply(client, change, step)
    const before = read
    read = await readCatalog(client)
    sum = throughJson(sum, read)
    expect(say(sum, read), `seed ${seed}`).toEqual([])
    expect(fingerprint(throughJson(read, before)), `seed ${seed}`).toBe(fingerprint(before))
    for (const { kind } of read.objects) kinds.add(kind)
  }
  expect(Object.keys(SEVERITY).filter((kind) => !kinds.has(kind as never))).toEqual([])
})

function inSteps(step: 'change' | 'revert', changes: readonly Change[]) {
  const size = Math.ceil(changes.length / STEPS)
  return Array.from(
    { length: STEPS },
    (_, i) => [step, changes.slice(i * size, (i + 1) * size)] as const,
  )
}

/** What `before` becomes by the delta to `after`, which is written and read on the way. */
function throughJson(before: Catalog, after: Catalog): Catalog {
  const sum = withDelta(before, JSON.parse(JSON.stringify(makeDelta(before, after))))
  if (!sum) throw new Error('The sum has another fingerprint.')
  return sum
}

const table = (identity: string) => ({ kind: 'table', identity }) as const

test('a delta on another catalog than its own, and one that was edited, leads to nothing', () => {
  const delta = makeDelta(NOTHING, { objects: [table('public.a')] })
  expect(withDelta({ objects: [table('public.b')] }, delta)).toBeUndefined()
  const edited = { ...delta, added: [{ ...delta.added[0], unlogged: true }] }
  expect(withDelta(NOTHING, edited)).toBeUndefined()
})
