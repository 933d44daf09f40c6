/**
 * A program that makes one test database on the server of its first argument, for tests with several
 * processes. `prepare` counts its calls in the database of the second argument; with a third, `hang`,
 * it never comes to an end.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { cloneDatabase, type TestServer, withClient } from '../testing/test-database.ts'

const [, , json = '', counter = '', hang] = process.argv
const server: TestServer = JSON.parse(json)

async function countCalls(url: string): Promise<void> {
  await withClient(url, (client) => client.query('create table filled (id int)'))
  await withClient(counter, (client) => client.query('insert into call values (1)'))
  if (hang) {
    process.stdout.write('hanging\n')
    await sleep(600_000)
  }
}

const { url } = await cloneDatabase(server, countCalls)
process.stdout.write(`${url}\n`)
