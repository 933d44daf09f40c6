import { afterAll, expect, inject, test } from 'vitest'
import { leaseGivenServer } from './given-server.ts'
import { cloneDatabase, PREFIX, withClient } from './test-database.ts'
import { startThrowAwayServer } from './throw-away-server.ts'

// A server of its own: the runs here would take the project's databases for those of a killed run.
const own = await startThrowAwayServer(inject('postgresMajor'))
const { url } = own.server
afterAll(own.close)

async function prepare(url: string): Promise<void> {
  await withClient(url, (client) => client.query('create table fact (id int)'))
}

async function databasesOf(run: string): Promise<string[]> {
  const sql = 'select datname from pg_database where starts_with(datname, $1)'
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ datname: string }>(sql, [PREFIX + run])
    return rows.map((row) => row.datname)
  })
}

test('drops what the run has made, templates too, and nothing else', async () => {
  await withClient(url, (client) => client.query('create database techfacts_testimony'))
  const { server, close } = await leaseGivenServer(url)
  await cloneDatabase(server, prepare)
  expect(await databasesOf(server.run)).toHaveLength(2)
  await close()
  expect(await databasesOf(server.run)).toEqual([])
  expect(await databasesOf('')).toEqual([])
  await withClient(url, (client) => client.query('drop database techfacts_testimony'))
})

test('drops what killed runs have left, and leaves living runs alone', async () => {
  const living = await leaseGivenServer(url)
  await cloneDatabase(living.server, prepare)
  const killed = { url, run: 'dead0000' } // nobody holds its lock
  await cloneDatabase(killed, prepare)

  const { close } = await leaseGivenServer(url)
  expect(await databasesOf(killed.run)).toEqual([])
  expect(await databasesOf(living.server.run)).toHaveLength(2)
  await close()
  await living.close()
})
