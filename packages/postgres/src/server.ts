import { join } from 'node:path'
import { type Client, escapeIdentifier } from 'pg'
import { reachableFolder, serverAccount } from './account.ts'
import { attach } from './attach.ts'
import { findBinaries, type Major } from './binaries.ts'
import { openCluster } from './cluster.ts'
import { becomeOwner } from './owner.ts'
import { pgCtl } from './pg-ctl.ts'
import { withDatabase } from './url.ts'

/**
 * Starts the PostgreSQL server of `folder`, or adopts it where a killed process has left it running.
 * Makes the cluster the first time; later starts find its rows. The server is no child of this
 * process and outlives it: call `stop()`, on SIGINT and SIGTERM as well.
 *
 * @throws {@link ServerInUseError} when another living process owns the server; an Error with the
 * server's log when it does not come up.
 * @example
 * const server = await startServer({ folder: '.data' })
 * process.once('SIGTERM', () => void server.stop())
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { folder, major = 18, database = 'postgres', settings = {} } = options
  const account = await serverAccount()
  const binaries = await findBinaries(major, account)
  const home = join(await reachableFolder(account, folder), `postgres-${major}`)
  const cluster = await openCluster(home, binaries, account)
  const control = pgCtl(cluster, binaries, account)

  let attached = await attach(cluster, control, settings)
  while (!(await becomeOwner(attached.session, home))) {
    attached = await attach(cluster, control, settings)
  }
  const { session, url, adopted } = attached
  const lost = new Promise<void>((resolve) => session.once('end', resolve))
  await ensureDatabase(session, database)
  let stopped: Promise<void> | undefined
  return {
    url: withDatabase(url, database),
    folder: home,
    adopted,
    lost,
    stop: () => (stopped ??= control.stop()),
  }
}

async function ensureDatabase(session: Client, name: string): Promise<void> {
  const { rowCount } = await session.query('select from pg_database where datname = $1', [name])
  if (rowCount === 0) await session.query(`create database ${escapeIdentifier(name)}`)
}

/** Options of {@link startServer}. */
export type ServerOptions = {
  /** Keeps the clusters, a subfolder for each major. */
  readonly folder: string
  /** The PostgreSQL to run; 18 by default. */
  readonly major?: Major
  /** The database to connect to, made where it is not there; `postgres` by default. */
  readonly database?: string
  /** Server settings, as in postgresql.conf; an adopted server keeps those it was started with. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A running PostgreSQL server that this process owns. */
export type Server = {
  /** The database as superuser, with the password. */
  readonly url: string
  /** Where the cluster is: as root it may be outside of the folder that was asked for. */
  readonly folder: string
  /** Whether it was already running because its former owner was killed. */
  readonly adopted: boolean
  /** Settles when the server has gone away, by {@link Server.stop} or otherwise. */
  readonly lost: Promise<void>
  /** Ends all sessions, rolls back what they had open, and stops the server. */
  stop(): Promise<void>
}
