import { Client } from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'

export interface OpenSession {
  readonly client: Client
  readonly pid: number
  end(): Promise<void>
}

/** A session by that name, which has run `sql` and stays: `begin; …` leaves it idle in transaction. */
export async function openSession(url: string, name: string, sql: string): Promise<OpenSession> {
  const client = new Client({ connectionString: url, application_name: name })
  // It may be ended from outside: that is what some tests are about.
  client.on('error', () => {})
  await client.connect()
  await client.query(sql)
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return { client, pid: rows[0]?.pid ?? 0, end: () => client.end().catch(() => {}) }
}

/** Waits until a query returns a row. */
export async function until(url: string, text: string, milliseconds = 30_000): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(50)) {
      if ((await client.query(text)).rows.length > 0) return
    }
    throw new Error(`In vain: ${text}`)
  } finally {
    await client.end()
  }
}

/** Waits until the server has been up for so long that a heartbeat from before counts no more. */
export async function untilHeartbeatsCount(url: string): Promise<void> {
  await until(
    url,
    `select where pg_postmaster_start_time() < now() - interval '61 seconds'`,
    90_000,
  )
}
