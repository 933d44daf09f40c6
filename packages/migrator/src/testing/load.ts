import { Client } from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'

/** A statement every so many milliseconds, whatever became of the one before. */
const EVERY_MS = 10

export interface Load {
  /** The worst time from when a statement was due until it was answered, since the last call. */
  worst(): { readonly read: number; readonly write: number }
  stop(): Promise<void>
}

/**
 * A reader and a writer at a fixed rate, each on its connection; a stall counts for all that it delays. They use the `row`
 * with that id, and the next one.
 */
export async function startLoad(url: string, table: string, row = 1): Promise<Load> {
  const read = await startClient(url, `select count(*) from ${table} where id = ${row}`)
  const write = await startClient(url, `update ${table} set n = n + 1 where id = ${row + 1}`)
  return {
    worst: () => ({ read: read.worst(), write: write.worst() }),
    stop: async () => {
      await Promise.all([read.stop(), write.stop()])
    },
  }
}

async function startClient(url: string, sql: string) {
  const client = new Client({ connectionString: url, application_name: 'load' })
  await client.connect()
  let worst = 0
  const stopped = new AbortController()
  const loop = async () => {
    for (let due = performance.now(); !stopped.signal.aborted; due += EVERY_MS) {
      await sleep(Math.max(0, due - performance.now()))
      await client.query(sql)
      worst = Math.max(worst, performance.now() - due)
    }
  }
  const running = loop()
  return {
    worst: () => {
      const measured = worst
      worst = 0
      return Math.round(measured)
    },
    stop: async () => {
      stopped.abort()
      await running
      await client.end()
    },
  }
}
