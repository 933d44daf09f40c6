import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { fingerprint, readCatalog, serializeCatalog, type Catalog } from './index.ts'
import {
  apply,
  changesOf,
  connect,
  EXTENSIONS,
  give,
  majorOf,
  prepareChanges,
  say,
} from './tests/database.ts'
import { RECIPES } from './tests/recipes.ts'
import { DISPUTED_ORDERS, ORDERS } from './tests/orders.ts'
import { dumpDatabase, hasPgDump, NOT_DUMPED } from './tests/dump.ts'

/** The catalog of a database that is filled by `fill` and dropped again. */
async function catalogAfter(fill: (client: Client) => Promise<unknown>): Promise<Catalog> {
  await using database = await createTestDatabase()
  await using client = await connect(database.url)
  await fill(client)
  return await read(client)
}

/** Test databases are marked disposable, by a setting of the migrator's. */
async function read(client: Client): Promise<Catalog> {
  return readCatalog(client, { exclude: ['migrator'] })
}

type Client = Awaited<ReturnType<typeof connect>>

test('one database is the same on every version of PostgreSQL', async () => {
  const sql = await readFile(new URL('tests/sample.sql', import.meta.url), 'utf8')
  const catalog = await catalogAfter((client) => client.query(sql))
  await expect(serializeCatalog(catalog)).toMatchFileSnapshot('tests/snapshots/sample.jsonl')
})

test('a database made in another order is the same', async () => {
  const forwards = await catalogAfter(async (client) => {
    await client.query(EXTENSIONS)
    for (const change of await changesOf(client)) await give(client, change)
  })
  const backwards = await catalogAfter(async (client) => {
    await client.query(EXTENSIONS)
    const changes = await changesOf(client)
    for (const change of changes.toReversed()) await give(client, change)
  })
  expect(say(backwards, forwards)).toEqual([])
  expect(fingerprint(backwards)).toBe(fingerprint(forwards))
})

test.each([
  ['columns, options, grants and members', ORDERS],
  ['parents, roles of a policy and settings of a function', DISPUTED_ORDERS],
])('the order of %s does not count', async (_, [sql, otherSql]) => {
  const one = await catalogAfter((client) => client.query(sql))
  const two = await catalogAfter((client) => client.query(otherSql))
  expect(say(two, one)).toEqual([])
  expect(fingerprint(two)).toBe(fingerprint(one))
})

test.for(RECIPES)('$name: the same as at once', async (recipe, { skip }) => {
  const { plain, online, since = 15 } = recipe
  const one = await catalogAfter(async (client) => {
    skip((await majorOf(client)) < since, `only PostgreSQL ${since} has it`)
    await client.query(plain)
  })
  const two = await catalogAfter(async (client) => {
    for (const statement of online) await client.query(statement)
  })
  expect(say(two, one)).toEqual([])
  expect(fingerprint(two)).toBe(fingerprint(one))
})

test('a database that was dumped and restored is the same', async (context) => {
  await using database = await createTestDatabase({ prepare: prepareChanges })
  await using client = await connect(database.url)
  const major = await majorOf(client)
  context.skip(!hasPgDump(major), `there is no pg_dump ${major}`)

  for (const change of await changesOf(client)) {
    if (!NOT_DUMPED.has(change.name)) await apply(client, change, 'change')
  }
  const dump = dumpDatabase(database.url, major)
  const restored = await catalogAfter((other) => other.query(dump))
  const original = await read(client)
  expect(say(restored, original)).toEqual([])
  expect(fingerprint(restored)).toBe(fingerprint(original))
})
