import { readGate } from '@techfacts/db'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { killHard, startProxy } from '@techfacts/trials'
import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate, type Ended } from './testing/cli.ts'
import { query } from './trials/chain.ts'
import { startMigrate } from './trials/start-migrate.ts'

const MANIFEST: { migrations: { name: string; chain: string }[] } = JSON.parse(
  await readFile(new URL('migrations.manifest.json', import.meta.resolve('@techfacts/db')), 'utf8'),
)

/** The last migration before the contract steps of this chain: what a build before them has. */
const BEFORE =
  MANIFEST.migrations.findIndex(({ name }) => name.endsWith('drop_raw_key_of_sources')) - 1
const CONTRACTS = MANIFEST.migrations.slice(BEFORE + 1, BEFORE + 3).map(({ name }) => name)
const AFTER = MANIFEST.migrations.slice(BEFORE + 3).map(({ name }) => name)
const OLDER = `techfacts-pipeline/${MANIFEST.migrations[BEFORE]?.chain.slice(0, 12)}`

/** What the question who is at work has in it. */
const LOOK = 'from pg_stat_activity'

let database: TestDatabase
const clients: Client[] = []

const run = (...args: string[]) => migrate(args, { DATABASE_URL: database.url })
const gate = () => readGate((sql) => query(database.url, sql))

beforeEach(async () => {
  database = await createTestDatabase()
  await expectDone(run('up', MANIFEST.migrations[BEFORE]?.name ?? ''))
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end()
  await database.drop()
})

async function expectDone(ending: Promise<Ended>): Promise<Ended> {
  const ended = await ending
  expect([ended.exit, ended.stderr]).toEqual([0, expect.any(String)])
  return ended
}

/** A connection of the service of the build before the contract steps. */
async function startOlder(): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: database.url, application_name: OLDER })
  await client.connect()
  clients.push(client)
  return () => client.end()
}

async function applied(): Promise<string[]> {
  const rows = await query(database.url, 'select name from mikro_orm_migrations order by id')
  return rows.slice(BEFORE + 1).map(({ name }) => String(name))
}

test('over a running service of the build before, start expands, and contracts once it has left', async () => {
  const stopOlder = await startOlder()
  const { stdout } = await expectDone(run('start'))
  expect(await applied()).toEqual(AFTER)
  for (const step of CONTRACTS) {
    expect(stdout).toMatch(
      new RegExp(
        `${step} waits for techfacts-pipeline, revision \\w{12} \\(an earlier build\\), on`,
      ),
    )
  }
  // The new service starts beside what waits, and nothing is pending for a script that waits for it.
  expect(await gate()).toEqual({ state: 'fits', isOpen: true, reason: '' })
  const status = await expectDone(run('status', '--exit-code'))
  expect(status.stdout).toMatch(/2 waiting\./)
  const asked = await run('up', '--contract')
  expect([asked.exit, asked.stderr]).toEqual([3, expect.stringMatching(/still needed by/)])
  const plan = await expectDone(run('plan'))
  expect(plan.stdout).toMatch(/waits for techfacts-pipeline/)
  await stopOlder()
  await expectDone(run('up', '--contract'))
  expect(await applied()).toEqual([...AFTER, ...CONTRACTS])
  expect((await run('check')).exit).toBe(0)
})

test(
  'a run that is killed between its look and the contract step has not begun it: the next one looks again',
  { tags: 'long' },
  async () => {
    let looks = 0
    let isKilled = false
    const proxy = await startProxy(database.url, {
      judge: (_number, message) => {
        if (message.from !== 'client') return 'forward'
        if (looks === 2) return 'stop-before'
        if (message.bytes.includes(LOOK)) looks += 1
        return 'forward'
      },
      stop: async () => {
        isKilled = true
        await killHard(started)
      },
    })
    const started = startMigrate(['up'], { DATABASE_URL: proxy.url })
    await started.ended
    await proxy.close()
    expect(isKilled).toBe(true)
    const stopOlder = await startOlder()
    await expectDone(run('up'))
    expect(await applied()).toEqual(AFTER)
    await stopOlder()
    await expectDone(run('up'))
    expect(await applied()).toEqual([...AFTER, ...CONTRACTS])
  },
)

test(
  'a run that leaves contract steps waiting asks once who is at work',
  { tags: 'long' },
  async () => {
    await startOlder()
    await expectDone(run('up'))
    let looks = 0
    let queries = 0
    const proxy = await startProxy(database.url, {
      judge: (_number, { from, type, bytes }) => {
        if (from === 'client' && /^[QP]$/.test(type)) queries += 1
        if (from === 'client' && bytes.includes(LOOK)) looks += 1
        return 'forward'
      },
    })
    await expectDone(migrate(['up'], { DATABASE_URL: proxy.url }))
    await proxy.close()
    expect({ looks, queries }).toEqual({ looks: 1, queries: 2 })
  },
)
