import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { type Cluster, SUPERUSER } from './cluster.ts'
import type { PgCtl } from './pg-ctl.ts'
import { findPostmaster } from './postmaster.ts'

/** Starting fails where another program takes the port first, or another start is quicker. */
const STARTS = 5

/** How long a server may take to recover from a crash, or to shut down, in milliseconds. */
const PATIENCE = 60_000

/** A session at a running server. */
export type Attached = {
  readonly session: Client
  readonly url: string
  /** Whether the server was running before. */
  readonly adopted: boolean
}

/** Connects to the cluster's server, and starts it where it does not run. */
export async function attach(
  cluster: Cluster,
  control: PgCtl,
  settings: Readonly<Record<string, string>>,
): Promise<Attached> {
  const deadline = Date.now() + PATIENCE
  let starts = 0
  let adopted = true
  for (;;) {
    const postmaster = await findPostmaster(cluster.data)
    if (postmaster) {
      const url = `postgresql://${SUPERUSER}:${cluster.password}@127.0.0.1:${postmaster.port}/postgres`
      const session = await connect(url)
      if (session) return { session, url, adopted }
      if (Date.now() > deadline) {
        throw new Error(
          `The PostgreSQL server of ${cluster.data} (process ${postmaster.pid}) accepts no ` +
            `connection. See ${cluster.log}, and stop that process.`,
        )
      }
      await sleep(50)
    } else {
      const failure = await control.start(settings)
      adopted = failure !== undefined
      if (failure !== undefined && ++starts === STARTS) {
        throw new Error(`The PostgreSQL server of ${cluster.data} does not start: ${failure}`)
      }
    }
  }
}

/** A session, or undefined while the server starts up, recovers, shuts down, or is too busy. */
async function connect(url: string): Promise<Client | undefined> {
  const session = new Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  session.on('error', () => {}) // the server's end is told by 'end'
  try {
    await session.connect()
    return session
  } catch (error) {
    const isRefusal = error instanceof DatabaseError && error.code !== CANNOT_CONNECT_NOW
    if (isRefusal) throw error
    return undefined
  }
}

const CANNOT_CONNECT_NOW = '57P03'
