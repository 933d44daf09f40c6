import { isSoak, startCrashServer } from '@techfacts/postgres/testing'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { databaseTarget, run, type RunEvent } from '../index.ts'
import { listBackfills } from '../inspect/backfills.ts'
import { migrateProcess } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'
import { sqlProject } from '../testing/sql-project.ts'

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))

const TRIALS = isSoak ? 50 : 1
const ROWS = 200_000
const TIMEOUT_MS = isSoak ? 3_600_000 : 600_000

/** What is done twice shows: it would be added twice. */
const BACKFILL = { table: 't', set: { n: 'n + 1', done: 'true' }, remains: 'not done' } as const
const TABLE = `create table t (id int primary key, n int not null default 0, done boolean not null default false, written int not null default 0);
  insert into t select g from generate_series(1, ${ROWS}) g; analyze t`

const PROJECT = {
  Migration1_backfill: {
    up: [],
    down: [],
    members: `  backfill() { return ${JSON.stringify(BACKFILL)} }`,
  },
}

test(
  'kill -9 of workers and of the server at any moment, with writers: every row is right, none is done twice',
  { timeout: TIMEOUT_MS, tags: 'long' },
  async () => {
    await using project = await disposable(scratchProject(PROJECT))
    await using server = await startCrashServer()
    const hits = { up: 0, worker: 0, server: 0 }
    for (let trial = 0; trial < TRIALS; trial += 1) {
      await using database = await server.createDatabase({
        prepare: async (url) => void (await query(url, TABLE)),
      })
      const { url } = database
      const start = (...args: string[]) => {
        const all = [MAIN, ...args, '--config', project.config, '--wait', '30']
        const env = { PATH: process.env['PATH'], DATABASE_URL: url }
        return spawn(process.execPath, all, { env, stdio: 'ignore' })
      }
      const writers = startWriters(url)
      const victims = ['up', 'worker', 'server'] as const
      for (const victim of victims) {
        const [up, worker] = [start('up'), start('backfill', 'run')]
        await untilBegun(url, up)
        await sleep(Math.random() * 500)
        hits[victim] += await isAtWork(url)
        if (victim === 'up') await kill(up)
        if (victim === 'worker') await kill(worker)
        if (victim === 'server') await server.crash()
        if (victim === 'server') await server.restart()
        if (Math.random() < 0.5) await Promise.all([kill(up), kill(worker)])
        else await Promise.all([ended(up), ended(worker)])
      }
      const last = await migrateProcess(['up', '--config', project.config], { DATABASE_URL: url })
      expect(`${last.exit} ${last.stderr}`).toMatch(/^0 /)
      const acknowledged = await writers.stop()
      const wrong = `select count(*)::int as n from t where n <> 1 or not done`
      expect(await query(url, wrong)).toEqual([{ n: 0 }])
      const [row] = await query<{ n: number }>(url, 'select sum(written)::int as n from t')
      expect(row?.n).toBeGreaterThanOrEqual(acknowledged)
      expect(await query(url, 'select from migrator.backfill_ranges')).toEqual([])
      expect(await query(url, 'select name from mikro_orm_migrations')).toHaveLength(1)
      console.log(`${trial + 1} trials; at work when killed: ${JSON.stringify(hits)}`)
    }
  },
)

test(
  'it stands still while a replica is behind, and goes on when that one has caught up',
  { timeout: TIMEOUT_MS, tags: 'long' },
  async () => {
    await using server = await startCrashServer()
    await using replica = await server.startReplica()
    // What it has not replayed is more than what a backfill lets a replica be behind, however fast this machine is.
    await replica.pause()
    await using database = await server.createDatabase({
      // 40 MB of rows, each of which is written again.
      prepare: async (url) =>
        void (await query(
          url,
          `create table t (id int primary key, a text, done boolean not null default false);
             insert into t select g, repeat(md5(g::text), 30) from generate_series(1, 40000) g`,
        )),
    })
    await using project = await disposable(
      sqlProject({
        M1: { up: '', backfill: { table: 't', set: { done: 'true' }, remains: 'not done' } },
      }),
    )
    const events: RunEvent[] = []
    const target = databaseTarget(database.url, {
      onEvent: (event) => void (event.type === 'backfill-throttled' && events.push(event)),
    })
    const running = run(project, target, { direction: 'up', target: 'head' })
    const isStill = () =>
      events.some((event) => event.type === 'backfill-throttled' && event.isStill)
    while (!isStill() && (await Promise.race([running, sleep(20)])) === undefined);
    const [before] = await listBackfills(project, target)
    expect(before).toMatchObject({ state: 'running', pressure: { isStill: true } })
    expect(before?.pressure?.replicaBytes).toBeGreaterThan(16 * 1024 ** 2)
    expect(before?.pressure?.reasons).toEqual([
      expect.stringMatching(/^a replica is \d+ MB of WAL behind$/),
    ])
    await sleep(1500)
    const [still] = await listBackfills(project, target)
    expect(still?.changed).toBe(before?.changed)
    expect(still?.changed).toBeLessThan(40_000)
    await replica.resume()
    await running
    expect(events.at(-1)).toMatchObject({ reasons: [], isStill: false })
    const left = 'select count(*)::int as n from t where not done'
    expect(await query(database.url, left)).toEqual([{ n: 0 }])
  },
)

async function disposable<T extends { drop(): Promise<void> }>(made: Promise<T>) {
  const one = await made
  return Object.assign(one, { [Symbol.asyncDispose]: () => one.drop() })
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await ended(child)
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Until rows are done, or the process has ended. */
async function untilBegun(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && (await isAtWork(url)) === 0) await sleep(10)
}

/** 1 while rows are done and others remain. */
async function isAtWork(url: string): Promise<0 | 1> {
  const text = `select count(*)::int as n from migrator.backfills where changed > 0 and state = 'running'`
  const [row] = await query<{ n: number }>(url, text).catch(() => [])
  return row?.n === 1 ? 1 : 0
}

/** Clients that write other columns of the same rows, whatever becomes of the server. Returns how many commits they know of. */
function startWriters(url: string) {
  const stopped = new AbortController()
  let acknowledged = 0
  const write = async () => {
    let client: Client | undefined
    while (!stopped.signal.aborted) {
      try {
        if (!client) {
          client = new Client(url)
          client.on('error', () => {})
          await client.connect()
        }
        const id = 1 + Math.floor(Math.random() * ROWS)
        await client.query('update t set written = written + 1 where id = $1', [id])
        acknowledged += 1
      } catch {
        await client?.end().catch(() => {})
        client = undefined
        await sleep(50)
      }
      await sleep(2)
    }
    await client?.end().catch(() => {})
  }
  const all = Promise.all([write(), write()])
  return {
    stop: async () => {
      stopped.abort()
      await all
      return acknowledged
    },
  }
}
