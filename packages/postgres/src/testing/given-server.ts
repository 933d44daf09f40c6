import { Client, escapeIdentifier } from 'pg'
import type { LeasedServer } from './throw-away-server.ts'
import { newRun, PREFIX } from './test-database.ts'

/**
 * Uses a server that was given by URL: the run's databases are dropped by `close()`, and those of
 * killed runs at once. A run holds a lock in the server while it lives; nothing else is touched.
 */
export async function leaseGivenServer(url: string): Promise<LeasedServer> {
  const session = new Client({ connectionString: url, keepAlive: true })
  await session.connect()
  const run = newRun()
  await tryLock(session, run)
  await dropAbandoned(session)
  return {
    server: { url, run },
    close: async () => {
      await dropRun(session, run)
      await session.end()
    },
  }
}

async function dropAbandoned(session: Client): Promise<void> {
  const { rows } = await session.query<{ run: string }>(
    `select distinct split_part(substr(datname, length($1) + 1), '_', 1) as run
       from pg_database where starts_with(datname, $1)`,
    [PREFIX],
  )
  for (const { run } of rows) {
    // A living run holds its lock; this run's own is granted again, but it has no database yet.
    if (await tryLock(session, run)) await dropRun(session, run)
  }
}

async function dropRun(session: Client, run: string): Promise<void> {
  const { rows } = await session.query<{ datname: string }>(
    'select datname from pg_database where starts_with(datname, $1)',
    [`${PREFIX}${run}_`],
  )
  for (const { datname } of rows) {
    const database = escapeIdentifier(datname)
    await session.query(`alter database ${database} with is_template false`)
    await session.query(`drop database ${database} with (force)`)
  }
}

async function tryLock(session: Client, run: string): Promise<boolean> {
  const { rows } = await session.query<{ locked: boolean }>(
    'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked',
    [PREFIX + run],
  )
  return rows[0]?.locked === true
}
