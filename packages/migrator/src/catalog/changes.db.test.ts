import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createTestDatabase, isSoak } from '@techfacts/postgres/testing'
import { fingerprint, readCatalog } from './index.ts'
import { changes, schemaOf, type Change } from './tests/changes/index.ts'
import {
  apply,
  changesOf,
  connect,
  expected,
  majorOf,
  prepareChanges,
  say,
} from './tests/database.ts'

const database = await createTestDatabase({ prepare: prepareChanges })
const client = await connect(database.url)
const kinds = await changesOf(client)
const before = await readCatalog(client)

afterAll(async () => {
  await client.end()
  await database.drop()
})

/** Makes some changes and undoes them: what was seen, what is left, are the fingerprints right? */
async function makeAndUndo(made: Change[], undone: Change[]) {
  for (const change of made) await apply(client, change, 'change')
  const changed = await readCatalog(client)
  for (const change of undone) await apply(client, change, 'revert')
  const restored = await readCatalog(client)
  return {
    seen: say(changed, before),
    isNoticed: fingerprint(changed) !== fingerprint(before),
    left: say(restored, before),
    isRestored: fingerprint(restored) === fingerprint(before),
  }
}

function asTheTableSays(made: Change[]) {
  return { seen: made.flatMap(expected).sort(), isNoticed: true, left: [], isRestored: true }
}

test('the table holds at least 70 kinds of different names', async () => {
  expect(new Set(changes.map(schemaOf)).size).toBe(changes.length)
  expect(kinds.length).toBeGreaterThanOrEqual(70)
  console.log(`${kinds.length} kinds of change on PostgreSQL ${await majorOf(client)}`)
})

test('every kind of change at once is seen, rightly named, and undone without a trace', async () => {
  expect(await makeAndUndo(kinds, kinds.toReversed())).toEqual(asTheTableSays(kinds))
})

test('so are any of them in any order', { timeout: isSoak ? 3_600_000 : 60_000 }, async () => {
  const trial = fc
    .shuffledSubarray(kinds, { minLength: 1, maxLength: 12 })
    .chain((made) => fc.tuple(fc.constant(made), fc.shuffledSubarray(made, all(made))))
  await fc.assert(
    fc.asyncProperty(trial, async ([made, undone]) => {
      expect(await makeAndUndo(made, undone)).toEqual(asTheTableSays(made))
    }),
    { numRuns: isSoak ? 200 : 4, endOnFailure: true },
  )
})

function all(items: unknown[]) {
  return { minLength: items.length, maxLength: items.length }
}

test.each(isSoak ? kinds : [])('alone: $name', async (change) => {
  expect(await makeAndUndo([change], [change])).toEqual(asTheTableSays([change]))
})
