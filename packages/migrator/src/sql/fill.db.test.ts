import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { query, withClient } from '../testing/query.ts'
import { writeFill } from './fill.ts'

let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase()
  await query(
    database.url,
    `create table job (id int primary key, a int, a_new bigint);
     insert into job select n, n from generate_series(1, 5000) n`,
  )
})
afterEach(() => database.drop())

const fill = () =>
  withClient(database.url, async (client) => {
    await client.query('set lock_timeout = 50')
    await client.query(
      writeFill({ table: { name: 'job' }, from: 'a', to: 'a_new', cast: 'bigint' }),
    )
  })

async function countFilled(): Promise<number> {
  const [row] = await query<{ rows: number }>(
    database.url,
    'select count(a_new)::int as rows from job where a_new = a',
  )
  return row?.rows ?? 0
}

/** Until all rows of the first batch but one are committed; throws what the fill throws. */
async function firstBatch(filling: Promise<void>): Promise<void> {
  const over = new AbortController()
  const wait = async () => {
    while (!over.signal.aborted && (await countFilled()) < 1000) await sleep(20)
  }
  await Promise.race([filling, wait()]).finally(() => over.abort())
}

test('a row that others lock for longer than a lock timeout is waited for, and no other row is locked meanwhile', async () => {
  await withClient(database.url, async (holder) => {
    await holder.query('begin; select from job where id = 300 for update')
    const filling = fill()
    await firstBatch(filling)
    await query(
      database.url,
      `set lock_timeout = 1; update job set a = 7, a_new = 7 where id = 299`,
    )
    await sleep(200)
    expect(await countFilled()).toBeLessThan(5000)
    await holder.query('commit')
    await filling
  })
  expect(await countFilled()).toBe(5000)
})

test('what an open transaction writes meanwhile is left as that one writes it', async () => {
  await withClient(database.url, async (holder) => {
    await holder.query('begin; update job set a = -1, a_new = -1 where id = 300')
    const filling = fill()
    await firstBatch(filling)
    await holder.query('commit')
    await filling
  })
  expect(await countFilled()).toBe(5000)
  expect(await query(database.url, 'select a from job where id = 300')).toEqual([{ a: -1 }])
})

test('a row that no UPDATE reaches does not keep it from its end', async () => {
  await query(
    database.url,
    'create rule none as on update to job where old.id = 300 do instead nothing',
  )
  await fill()
  expect(await countFilled()).toBe(4999)
})
