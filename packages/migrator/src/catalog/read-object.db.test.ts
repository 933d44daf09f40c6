import { afterAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { isSameIndex, readCatalog, readIndex, type ObjectOf } from './index.ts'
import { connect } from './tests/database.ts'

const database = await createTestDatabase()
const client = await connect(database.url)

afterAll(async () => {
  await client.end()
  await database.drop()
})

beforeEach(async () => {
  await client.query(`
    reset all; drop schema if exists "Odd" cascade; create schema "Odd"; set search_path = "Odd";
    create table job (id int, name text collate "C", n int, data jsonb, during tsrange);
    create function suffix(text) returns text immutable language sql return $1 || '.job'`)
})

async function read(identity: string): Promise<ObjectOf<'index'>> {
  const index = await readIndex(client, identity)
  if (!index) throw new Error(`There is no index ${identity}.`)
  return index
}

/** What CREATE INDEX i ON … makes on an empty clone of the table. */
async function onClone(definition: string): Promise<ObjectOf<'index'>> {
  await client.query('create temp table clone (like job)')
  try {
    const onClone = definition.replace(' on job', ' wanted on clone').replaceAll('(job.', '(clone.')
    await client.query(`create ${onClone}`)
    return await read('pg_temp.wanted')
  } finally {
    await client.query('drop table pg_temp.clone')
  }
}

const DEFINITIONS = [
  'index on job (name)',
  'unique index on job (name)',
  'unique index on job (name) nulls not distinct',
  'index on job (name desc)',
  'index on job (name text_pattern_ops)',
  'index on job (name collate "en-x-icu")',
  'index on job (name) include (n)',
  'index on job (name) where n > 0',
  'index on job (name) where n > 1',
  `index on job (name) where name <> '"Odd".job.*'`,
  'index on job (lower(name))',
  'index on job ("Odd".suffix(name))',
  'index on job ((n * 2))',
  'index on job ((job.*))',
  'index on job ((job.* is null))',
  'index on job (name) with (fillfactor = 70)',
  'index on job using hash (name)',
  'index on job using gin (data)',
  'index on job using gin (data jsonb_path_ops)',
  'index on job using gist (during)',
]

test('an index is the same as on a clone of its table, and no other definition is', async () => {
  const built = []
  for (const [i, definition] of DEFINITIONS.entries()) {
    await client.query(`create ${definition.replace(' on job', ` built_${i} on job`)}`)
    built.push(await read(`"Odd".built_${i}`))
  }
  for (const [i, definition] of DEFINITIONS.entries()) {
    const wanted = await onClone(definition)
    const same = built.map((index) => isSameIndex(index, wanted))
    expect(same).toEqual(built.map((_, j) => j === i))
  }
})

test('reads an index as readCatalog does', async () => {
  await client.query('create unique index by_name on job (lower(name)) where n > 0')
  const { objects } = await readCatalog(client)
  const index = objects.find(({ identity }) => identity === '"Odd".by_name')
  expect(index).toBeDefined()
  expect(await readIndex(client, '"Odd".by_name')).toEqual(index)
})

test('says nothing of an index that is not there, or is no index, or is not qualified', async () => {
  await client.query('create index by_name on job (name)')
  expect(await readIndex(client, '"Odd".nothing')).toBeUndefined()
  expect(await readIndex(client, '"Nowhere".by_name')).toBeUndefined()
  expect(await readIndex(client, '"Odd".job')).toBeUndefined()
  expect(await readIndex(client, 'by_name')).toBeUndefined()
})

test('tells an index whose build failed', async () => {
  await client.query('insert into job (id) values (1), (1)')
  await expect(
    client.query('create unique index concurrently failed on job (id)'),
  ).rejects.toMatchObject({ code: '23505' })
  expect(await read('"Odd".failed')).toMatchObject({ invalid: true, unique: true })
  expect(isSameIndex(await read('"Odd".failed'), await onClone('unique index on job (id)'))).toBe(
    true,
  )
})

test('works inside a transaction, and leaves it open', async () => {
  await client.query('begin; create index mine on job (name)')
  expect(await read('"Odd".mine')).toMatchObject({ elements: ['name'] })
  await client.query('rollback')
  expect(await readIndex(client, '"Odd".mine')).toBeUndefined()
})
