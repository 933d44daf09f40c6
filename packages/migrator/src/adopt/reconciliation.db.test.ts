import { escapeIdentifier as quoted } from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { readCatalog } from '../catalog/index.ts'
import { connect } from '../catalog/tests/database.ts'
import { ODD_NAMES } from '../catalog/tests/odd-names.ts'
import { matchSchema, objectKey } from './match-schema.ts'
import { readReconciliation, writeReconciliation } from './reconciliation.ts'

/** The objects of a database that is filled by some SQL, and the known schema of them. */
async function knownSchema(revision: number, sql: string) {
  await using database = await createTestDatabase()
  await using client = await connect(database.url)
  await client.query(sql)
  const catalog = await readCatalog(client)
  return {
    name: `after ${revision}`,
    catalog,
    revision,
    isLegacy: false,
    upgrade: [],
    columnSources: {},
  }
}

/** Elements and expressions of a catalog leave keywords as they are, so that their statement cannot be run. */
const NAMES = ODD_NAMES.filter((name) => name !== 'order' && name !== 'user')

const indexes = (column: string) =>
  ODD_NAMES.map((name) => `create index ${quoted(name)} on "T.x" (${column})`).join(';')

const TABLE = 'create table "T.x" (a int, b int, "C.d" int not null)'

test('what is in the way of a migration is renamed, whatever its name', async () => {
  const first = await knownSchema(1, TABLE)
  const more = ODD_NAMES.map((_, i) => `create table t${i} (a int primary key)`).join(';')
  const second = await knownSchema(2, `${TABLE}; ${indexes('a')}; ${more}`)
  await using database = await createTestDatabase()
  await using client = await connect(database.url)
  await client.query(`${TABLE}; ${indexes('b')}`)
  const live = await readCatalog(client)
  const schemas = [first, second]
  const found = matchSchema(live, schemas)
  if (found.kind !== 'unknown') throw new Error(`The database is ${found.kind}.`)
  expect(found.nearest.name).toBe('after 1')

  const text = writeReconciliation(found, 'fingerprint', live, {
    schemas,
    head: first.catalog,
    placeholderParents: {},
  })
  const { statements, unmanaged } = await readReconciliation(text, 'reconcile.sql')
  expect(statements).toHaveLength(ODD_NAMES.length)
  for (const sql of statements) await client.query(sql)
  const kept = (await readCatalog(client)).objects.filter(({ kind }) => kind === 'index')
  expect(kept.map(objectKey).sort()).toEqual([...unmanaged].sort())
  await client.query(indexes('a')) // what the migration does
})

test('what is missing is made, whatever its name', async () => {
  const parts = NAMES.map(
    (name) =>
      `alter table "T.x" add column ${quoted(name)} int constraint ${quoted(name)} check (${quoted(name)} > 0)`,
  ).join(';')
  const only = await knownSchema(1, `${TABLE}; ${parts}; ${indexes('b')}`)
  await using database = await createTestDatabase()
  await using client = await connect(database.url)
  await client.query(TABLE)
  const live = await readCatalog(client)
  const found = matchSchema(live, [only])
  if (found.kind !== 'unknown') throw new Error(`The database is ${found.kind}.`)
  const text = writeReconciliation(found, 'fingerprint', live, {
    schemas: [only],
    head: only.catalog,
    placeholderParents: {},
  })
  const { statements } = await readReconciliation(text, 'reconcile.sql')
  for (const sql of statements) await client.query(sql)
  expect(matchSchema(await readCatalog(client), [only]).kind).toBe('known')
})
