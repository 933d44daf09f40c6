import { escapeIdentifier as quoted } from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { readCatalog } from '../catalog/index.ts'
import { connect } from '../catalog/tests/database.ts'
import { ODD_NAMES } from '../catalog/tests/odd-names.ts'
import { classify, keyOf } from './classify.ts'
import { readReconciliation, writeReconciliation } from './reconcile.ts'

/** The objects of a database that is filled by some SQL, and what a shape of them is. */
async function shape(revision: number, sql: string) {
  await using database = await createTestDatabase()
  await using client = await connect(database.url)
  await client.query(sql)
  const catalog = await readCatalog(client)
  return { name: `after ${revision}`, catalog, revision, isLegacy: false, bridge: [], reads: {} }
}

/** Elements and expressions of a catalog leave keywords as they are, so that their statement cannot be run. */
const NAMES = ODD_NAMES.filter((name) => name !== 'order' && name !== 'user')

const indexes = (column: string) =>
  ODD_NAMES.map((name) => `create index ${quoted(name)} on "T.x" (${column})`).join(';')

const TABLE = 'create table "T.x" (a int, b int, "C.d" int not null)'

test('what is in the way of a migration is renamed, whatever its name', async () => {
  const first = await shape(1, TABLE)
  const more = ODD_NAMES.map((_, i) => `create table t${i} (a int primary key)`).join(';')
  const second = await shape(2, `${TABLE}; ${indexes('a')}; ${more}`)
  await using database = await createTestDatabase()
  await using client = await connect(database.url)
  await client.query(`${TABLE}; ${indexes('b')}`)
  const live = await readCatalog(client)
  const shapes = [first, second]
  const found = classify(live, shapes)
  if (found.kind !== 'unknown') throw new Error(`The database is ${found.kind}.`)
  expect(found.nearest.name).toBe('after 1')

  const text = writeReconciliation(found, 'fingerprint', live, {
    shapes,
    head: first.catalog,
    foster: {},
  })
  const { statements, keeps } = await readReconciliation(text, 'reconcile.sql')
  expect(statements).toHaveLength(ODD_NAMES.length)
  for (const sql of statements) await client.query(sql)
  const kept = (await readCatalog(client)).objects.filter(({ kind }) => kind === 'index')
  expect(kept.map(keyOf).sort()).toEqual([...keeps].sort())
  await client.query(indexes('a')) // what the migration does
})

test('what is missing is made, whatever its name', async () => {
  const parts = NAMES.map(
    (name) =>
      `alter table "T.x" add column ${quoted(name)} int constraint ${quoted(name)} check (${quoted(name)} > 0)`,
  ).join(';')
  const only = await shape(1, `${TABLE}; ${parts}; ${indexes('b')}`)
  await using database = await createTestDatabase()
  await using client = await connect(database.url)
  await client.query(TABLE)
  const live = await readCatalog(client)
  const found = classify(live, [only])
  if (found.kind !== 'unknown') throw new Error(`The database is ${found.kind}.`)
  const text = writeReconciliation(found, 'fingerprint', live, {
    shapes: [only],
    head: only.catalog,
    foster: {},
  })
  const { statements } = await readReconciliation(text, 'reconcile.sql')
  for (const sql of statements) await client.query(sql)
  expect(classify(await readCatalog(client), [only]).kind).toBe('known')
})
