import { Client } from 'pg'
import { expect, inject, test } from 'vitest'
import { prepare as prepareOne } from '../tests/prepare-one.ts'
import { prepare as prepareTwo } from '../tests/prepare-two.ts'
import { signalAndWait, spawnProgram } from '../tests/spawn-program.ts'
import { createTestDatabase, type TestDatabase } from './index.ts'
import { withClient } from './test-database.ts'

const server = inject('testServer')
const query = ({ url }: Pick<TestDatabase, 'url'>, sql: string) =>
  withClient(url, async (client) => (await client.query(sql)).rows)

/** A database with the table that the program clone-database counts its calls in. */
async function createCounter() {
  const counter = await createTestDatabase()
  await query(counter, 'create table call (id int)')
  return counter
}
const spawnClone = (counter: TestDatabase, ...more: string[]) =>
  spawnProgram('clone-database.ts', [JSON.stringify(server), counter.url, ...more])

async function createFacts(url: string): Promise<void> {
  await query({ url }, 'create table fact (id int)')
}

test('two clones of one template are independent', async () => {
  await using one = await createTestDatabase({ prepare: createFacts })
  await using two = await createTestDatabase({ prepare: createFacts })
  await query(one, 'insert into fact values (1)')
  expect(await query(one, 'select from fact')).toHaveLength(1)
  expect(await query(two, 'select from fact')).toHaveLength(0)
})

test('functions of one name and text in two files have templates of their own', async () => {
  await using one = await createTestDatabase({ prepare: prepareOne })
  await using two = await createTestDatabase({ prepare: prepareTwo })
  expect(prepareOne.toString()).toBe(prepareTwo.toString())
  expect(await query(one, 'table one')).toEqual([])
  expect(await query(two, 'table two')).toEqual([])
})

test('without prepare the database is empty', async () => {
  await using database = await createTestDatabase()
  expect(
    await query(database, `select from pg_class where relnamespace = 'public'::regnamespace`),
  ).toEqual([])
})

test('the template is filled once for four processes at a time', async () => {
  await using counter = await createCounter()
  const clones = await Promise.all(Array.from({ length: 4 }, () => spawnClone(counter)))
  expect(await query(counter, 'select from call')).toHaveLength(1)
  expect(new Set(clones.map((clone) => clone.firstLine)).size).toBe(4)
  for (const { firstLine } of clones)
    expect(await query({ url: firstLine }, 'table filled')).toEqual([])
})

test('a template that a killed process has left half-made is made again', async () => {
  await using counter = await createCounter()
  // A run of its own: the test above has already filled this template for the run of this project.
  const run = { ...server, run: `${server.run}_killed` }
  const spawnInRun = (...more: string[]) =>
    spawnProgram('clone-database.ts', [JSON.stringify(run), counter.url, ...more])
  const killed = await spawnInRun('hang')
  await signalAndWait(killed.child, 'SIGKILL')
  const { firstLine } = await spawnInRun()
  expect(await query(counter, 'select from call')).toHaveLength(2)
  expect(await query({ url: firstLine }, 'table filled')).toEqual([])
})

test('what prepare throws reaches the caller, and the next one tries again', async () => {
  let calls = 0
  async function failOnce(url: string): Promise<void> {
    await createFacts(url)
    if (++calls === 1) throw new Error('the first migration fails')
  }
  await expect(createTestDatabase({ prepare: failOnce })).rejects.toThrow(
    'the first migration fails',
  )
  await using database = await createTestDatabase({ prepare: failOnce })
  expect(await query(database, 'table fact')).toEqual([])
  expect(calls).toBe(2)
})

test('a connection that prepare leaves open does not keep the template from being copied', async () => {
  const ended: string[] = []
  async function leaveOpen(url: string): Promise<void> {
    const client = new Client({ connectionString: url })
    client.on('error', (error) => ended.push(error.message))
    await client.connect()
    await client.query('create table fact (id int)')
  }
  await using database = await createTestDatabase({ prepare: leaveOpen })
  expect(await query(database, 'table fact')).toEqual([])
  expect(ended[0]).toContain('terminating connection')
})

test('drop ends the sessions that are open, and a second drop does nothing', async () => {
  const database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  const ended = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  await database.drop()
  await expect(ended).resolves.toMatchObject({ code: '57P01' })
  await expect(query(database, 'select 1')).rejects.toMatchObject({ code: '3D000' })
  await database.drop()
})
