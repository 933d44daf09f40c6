import { afterAll, expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { readMarker } from '../catalog/index.ts'
import { apply, changesOf, connect, prepareChanges } from '../catalog/tests/database.ts'

const database = await createTestDatabase({ prepare: prepareChanges })
const client = await connect(database.url)

afterAll(async () => {
  await client.end()
  await database.drop()
})

test('every kind of change that the catalog sees changes the marker', async () => {
  const unseen: string[] = []
  let before = await readMarker(client)
  for (const change of await changesOf(client)) {
    await apply(client, change, 'change')
    const after = await readMarker(client)
    if (after === before) unseen.push(change.name)
    before = after
    if (change.name !== 'subscription added') continue
    // A database that has one cannot be dropped.
    await apply(client, change, 'revert')
    before = await readMarker(client)
  }
  expect(unseen).toEqual([])
})

test('a role that owns nothing may read it, and reads the same', async () => {
  const before = await readMarker(client)
  await client.query('set role pg_signal_backend')
  expect(await readMarker(client)).toBe(before)
  await client.query('reset role')
})

test('rows, VACUUM, ANALYZE and what is rolled back leave it as it is', async () => {
  await client.query('create table public.marked (n int primary key)')
  const before = await readMarker(client)
  await client.query('insert into public.marked select generate_series(1, 1000)')
  await client.query('vacuum (analyze, freeze) public.marked')
  await client.query('begin; alter table public.marked add m int; rollback')
  expect(await readMarker(client)).toBe(before)
})
