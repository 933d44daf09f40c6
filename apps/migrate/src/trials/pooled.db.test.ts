import { createTestDatabase } from '@techfacts/postgres/testing'
import {
  hasPgBouncer,
  type Pooler,
  type PoolerOptions,
  startPgBouncer,
  startPooler,
} from '@techfacts/trials'
import { isDeepStrictEqual } from 'node:util'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { printDatabase, scratchProject } from '@techfacts/migrator/testing'
import { CHAIN_CONFIG, CHAIN_NAMES, prepareBase, query } from './chain.ts'

const ARGS = ['up', '--config', CHAIN_CONFIG]

/** What a session must not leave on a connection that others share. */
const SETTINGS = `
  select current_setting('idle_in_transaction_session_timeout') as idle,
         current_setting('client_connection_check_interval') as checks`

const LOCKS = `
  select pid from pg_locks where locktype = 'advisory'
     and database = (select oid from pg_database where datname = current_database())`

const PATH = `select current_setting('search_path') as path, current_setting('default_transaction_read_only') as "readOnly"`

/** Runs up through the pooler: how it ended, and what is different afterwards. */
async function upThrough(pooler: Pooler, direct: string) {
  const before = await printDatabase(direct)
  const settings = await query(direct, SETTINGS)
  const said = await migrate(ARGS, { DATABASE_URL: pooler.url })
  const json = await migrate([...ARGS, '--json'], { DATABASE_URL: pooler.url })
  return {
    exit: said.exit,
    namesTheVariable: said.stderr.includes('MIGRATE_DATABASE_URL'),
    code: JSON.parse(json.stdout).error?.code,
    isUnchanged: (await printDatabase(direct)) === before,
    // The pooler is alive, and so are the server connections that it has lent.
    locks: await query(direct, LOCKS),
    areSettingsUnchanged: isDeepStrictEqual(await query(pooler.url, SETTINGS), settings),
  }
}

const REFUSED = {
  exit: 2,
  namesTheVariable: true,
  code: 'POOLED_CONNECTION',
  isUnchanged: true,
  locks: [],
  areSettingsUnchanged: true,
}

async function up(direct: string, urls: Record<string, string>) {
  const { exit, stderr } = await migrate(ARGS, urls)
  if (exit !== 0) throw new Error(stderr)
  const ledger = await query(direct, 'select name from mikro_orm_migrations order by id')
  return ledger.map(({ name }) => name)
}

const transactionPools: PoolerOptions[] = [
  { mode: 'transaction', size: 1, lends: 'last-used' },
  { mode: 'transaction', size: 3, lends: 'last-used' },
  { mode: 'transaction', size: 3, lends: 'in-turn' },
]

for (const options of transactionPools) {
  test(`a pool of ${options.size} shared by transaction, lent ${options.lends}, is refused`, async () => {
    await using database = await createTestDatabase({ prepare: prepareBase })
    await using pooler = await startPooler(database.url, options)
    expect(await upThrough(pooler, database.url)).toEqual(REFUSED)
  })
}

test('what only looks leaves nothing on a connection that others share', async () => {
  await using database = await createTestDatabase({ prepare: prepareBase })
  await up(database.url, { DATABASE_URL: database.url })
  const pool = { mode: 'transaction', size: 1, lends: 'last-used' } as const
  await using pooler = await startPooler(database.url, pool)
  const before = [await query(pooler.url, SETTINGS), await query(pooler.url, PATH)]
  for (const command of ['status', 'check', 'plan', 'history']) {
    const args = [command, '--config', CHAIN_CONFIG]
    const { exit, stderr } = await migrate(args, { DATABASE_URL: pooler.url })
    expect([command, exit, stderr]).toEqual([command, 0, ''])
    expect([await query(pooler.url, SETTINGS), await query(pooler.url, PATH)]).toEqual(before)
  }
})

test('a pool shared by transaction is refused while an application is busy in it', async () => {
  await using database = await createTestDatabase({ prepare: prepareBase })
  await using pooler = await startPooler(database.url, {
    mode: 'transaction',
    size: 4,
    lends: 'last-used',
  })
  const busy = new AbortController()
  const work = async () => {
    const client = new Client({ connectionString: pooler.url })
    await client.connect()
    while (!busy.signal.aborted) await client.query(`select pg_sleep(random() * 0.002)`)
    await client.end()
  }
  const application = Promise.all([work(), work(), work()])
  try {
    expect(await upThrough(pooler, database.url)).toEqual(REFUSED)
  } finally {
    busy.abort()
    await application
  }
})

test('a direct URL beside the pooled one is what is used', async () => {
  await using database = await createTestDatabase({ prepare: prepareBase })
  const pool = { mode: 'transaction', size: 2, lends: 'last-used' } as const
  await using pooler = await startPooler(database.url, pool)
  const urls = { DATABASE_URL: pooler.url, MIGRATE_DATABASE_URL: database.url }
  expect(await up(database.url, urls)).toEqual(CHAIN_NAMES)
})

test('a pool that keeps a connection for a session is as good as none', async () => {
  await using database = await createTestDatabase({ prepare: prepareBase })
  const pool = { mode: 'session', size: 3, lends: 'in-turn' } as const
  await using pooler = await startPooler(database.url, pool)
  expect(await up(database.url, { DATABASE_URL: pooler.url })).toEqual(CHAIN_NAMES)
})

test.skipIf(!hasPgBouncer)(
  'PgBouncer in transaction mode is refused (needs pgbouncer on PATH)',
  async () => {
    await using database = await createTestDatabase({ prepare: prepareBase })
    await using pooler = await startPgBouncer(database.url, 'transaction')
    expect(await upThrough(pooler, database.url)).toEqual(REFUSED)
  },
)

test.skipIf(!hasPgBouncer)(
  'PgBouncer in session mode is accepted (needs pgbouncer on PATH)',
  async () => {
    await using database = await createTestDatabase({ prepare: prepareBase })
    await using pooler = await startPgBouncer(database.url, 'session')
    expect(await up(database.url, { DATABASE_URL: pooler.url })).toEqual(CHAIN_NAMES)
  },
)

test('a worker of a backfill refuses a pooler that shares connections: it would be one transaction', async () => {
  await using database = await createTestDatabase()
  const project = await scratchProject({
    Migration1: {
      up: ['create table t (id int primary key, done boolean)'],
      down: ['drop table t'],
    },
    Migration2: {
      up: [],
      members: `  backfill() { return { table: 't', set: { done: 'true' }, remains: 'done is null' } }`,
    },
  })
  const run = (url: string, ...args: string[]) =>
    migrate([...args, '--config', project.config], { DATABASE_URL: url })
  try {
    await run(database.url, 'up', 'Migration1')
    await query(database.url, 'insert into t select generate_series(1, 2000)')
    await run(database.url, 'up', '--leave-backfills')
    await using pooler = await startPooler(database.url, {
      mode: 'transaction',
      size: 3,
      lends: 'in-turn',
    })
    const { exit, stderr } = await run(pooler.url, 'backfill', 'run')
    expect([exit, stderr]).toEqual([2, expect.stringContaining('MIGRATE_DATABASE_URL')])
    expect(await query(database.url, 'select from t where done')).toEqual([])
    expect((await run(database.url, 'backfill', 'run')).exit).toBe(0)
    expect(await query(database.url, 'select from t where done is null')).toEqual([])
  } finally {
    await project.drop()
  }
})
