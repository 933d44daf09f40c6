import type { Order } from './order.ts'
import { Client } from 'pg'
import { workerData } from 'node:worker_threads'
import type { Write, Written } from './case.ts'
import type { Start } from './threads.ts'
const { flag, port } = workerData as Start
const done = new Int32Array(flag)

port.on('message', onOrder)

function onOrder(order: Order): void {
  void answer(order)
}

async function answer(order: Order): Promise<void> {
  port.postMessage(await follow(order), [])
  Atomics.store(done, 0, 1)
  Atomics.notify(done, 0)
}

async function follow({ url, writes, kills }: Order): Promise<Written[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  const written: Written[] = []
  try {
    await client.connect()
    await client.query(`set search_path = public; set default_transaction_read_only = off;
      set lock_timeout = '2s'; set statement_timeout = '5s'`)
    for (const write of writes) {
      const rows = await tryWrite(client, write)
      if (rows.length > 0) written.push({ write, rows })
    }
    if (kills) {
      await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'migrator'`)
    }
  } finally {
    await client.end().catch(() => {})
  }
  return written
}

async function tryWrite(client: Client, { sql, what }: Write): Promise<Record<string, unknown>[]> {
  try {
    if (what === 'upkeep') {
      await client.query(sql)
      return []
    }
    const text = `with "the write" as (${sql} returning *) select to_jsonb("the write") as "the row" from "the write"`
    const { rows } = await client.query<{ 'the row': Record<string, unknown> }>(text)
    return rows.map((row) => row['the row'])
  } catch {
    // The table may not be there yet, or a row may stand in the way: then there is nothing newer to keep.
    return []
  }
}
