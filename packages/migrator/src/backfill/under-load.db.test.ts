import { createTestDatabase, isSoak } from '@techfacts/postgres/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { databaseTarget, run } from '../index.ts'
import { query } from '../testing/query.ts'
import { sqlProject } from '../testing/sql-project.ts'

/**
 * A backfill beside one plain UPDATE of the same rows, alone and with four clients that write single rows. The times are
 * printed; what is asserted is that every row is right and no client is refused.
 */

const ROWS = isSoak ? 1_000_000 : 20_000

const GIVEN = `create table t (id int primary key, a text not null, b text not null, c text);
  insert into t select n, 'first' || n, 'last' || n from generate_series(1, ${ROWS}) n; analyze t`

const VALUE = `a || ' ' || b`

async function plain(url: string): Promise<void> {
  await query(url, `update t set c = ${VALUE} where c is null`)
}

const BACKFILL = { table: 't', set: { c: VALUE }, remains: 'c is null' }

/** What a project is compiled by is no part of the time. */
async function prepareBatches() {
  const project = await sqlProject({ M1: { up: '', backfill: BACKFILL } })
  const work = async (url: string) =>
    void (await run(project, databaseTarget(url), { direction: 'up', target: 'head' }))
  return { work, [Symbol.asyncDispose]: () => project.drop() }
}

async function measure(work: (url: string) => Promise<void>, clients: number) {
  await using database = await createTestDatabase()
  const { url } = database
  await query(url, GIVEN)
  const before = startClients(url, clients)
  await sleep(clients === 0 ? 0 : isSoak ? 3000 : 50)
  const usual = await before.stop()
  const meanwhile = startClients(url, clients)
  const started = performance.now()
  await work(url)
  const milliseconds = performance.now() - started
  const waits = await meanwhile.stop()
  const wrong = `select count(*)::int as n from t where c is distinct from ${VALUE}`
  const [row] = await query<{ n: number }>(url, wrong)
  return { milliseconds, usual, waits, wrong: row?.n }
}

/** Each writes a row that it picks, again and again. Returns the 99th percentile of their times, in milliseconds. */
function startClients(url: string, count: number) {
  const stopped = new AbortController()
  const times: number[] = []
  const work = async () => {
    const client = new Client(url)
    await client.connect()
    while (!stopped.signal.aborted) {
      const started = performance.now()
      const id = 1 + Math.floor(Math.random() * ROWS)
      await client.query('update t set a = a where id = $1', [id])
      times.push(performance.now() - started)
      await sleep(5)
    }
    await client.end()
  }
  const all = Promise.all(Array.from({ length: count }, work))
  return {
    stop: async () => {
      stopped.abort()
      await all
      return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0
    },
  }
}

test(
  'beside one UPDATE, alone and with writers',
  { timeout: 3_600_000, tags: 'long' },
  async () => {
    await using inBatches = await prepareBatches()
    const [one, batches] = [await measure(plain, 0), await measure(inBatches.work, 0)]
    const [held, shared] = [await measure(plain, 4), await measure(inBatches.work, 4)]
    expect([batches.wrong, shared.wrong]).toEqual([0, 0])
    const ratio = one.milliseconds / batches.milliseconds
    const gain = ({ usual, waits }: typeof one) => `${usual.toFixed(1)} → ${waits.toFixed(1)} ms`
    console.log(
      `${ROWS} rows: ${ratio.toFixed(2)} × the rows a second of one UPDATE (${Math.round(one.milliseconds)} ms); p99 of 4 writers ${gain(shared)}, beside one UPDATE ${gain(held)}`,
    )
  },
)
