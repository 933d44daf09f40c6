import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, escapeIdentifier, Pool, type PoolClient } from 'pg'
import { errorCode } from '../process.ts'
import { withDatabase } from '../url.ts'
import { definedAt } from './defined-at.ts'

/** A server that test databases are made on, and the name of the run that makes them. */
export type TestServer = { readonly url: string; readonly run: string }

/** Fills a template, for example by applying all migrations to the database at `url`. */
export type Prepare = (url: string) => Promise<void>

/** A database of one's own. */
export type TestDatabase = {
  readonly url: string
  /** Drops the database and ends the sessions that are still open in it. */
  drop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What the name of every test database, and of nothing else, begins with. */
export const PREFIX = 'techfacts_test_'

/** A name for a test run, which the names of its databases contain. */
export function newRun(): string {
  return randomBytes(4).toString('hex')
}

/** Makes a clone of `prepare`'s template, filled first where it is not there. */
export async function cloneDatabase(server: TestServer, prepare?: Prepare): Promise<TestDatabase> {
  const name = databaseName(server, randomBytes(6).toString('hex'))
  await withMaintenance(server.url, async (client) => {
    await createFrom(client, await ensureTemplate(client, server, prepare ?? leaveEmpty), name)
  })
  const drop = () =>
    withMaintenance(server.url, async (client) => {
      await client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`)
    })
  return { url: withDatabase(server.url, name), drop, [Symbol.asyncDispose]: drop }
}

/** The first session in a database caches the descriptions of the catalogs there, and a copy has that cache. */
async function leaveEmpty(url: string): Promise<void> {
  await withClient(url, async () => {})
}

const filled = new Set<string>()

const keys = new WeakMap<Prepare, string>()

/** The inspector is asked about each function once: it tells of every script that is loaded. */
async function makeKey(prepare: Prepare): Promise<string> {
  const known = keys.get(prepare)
  if (known !== undefined) return known
  const source = `${await definedAt(prepare)}\n${prepare.toString()}`
  const key = createHash('sha256').update(source).digest('hex').slice(0, 12)
  keys.set(prepare, key)
  return key
}

/** The lock makes one caller fill the template; PostgreSQL releases it when that caller dies. */
async function ensureTemplate(client: PoolClient, server: TestServer, prepare: Prepare) {
  const name = databaseName(server, `template_${await makeKey(prepare)}`)
  if (filled.has(server.url + name)) return name
  await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name])
  try {
    if (!(await isFilled(client, name))) await fillTemplate(client, server, name, prepare)
  } finally {
    await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name])
  }
  filled.add(server.url + name)
  return name
}

/** A template is marked as such after `prepare` is done: one without the mark is half-made. */
async function isFilled(client: PoolClient, name: string): Promise<boolean> {
  const { rowCount } = await client.query(
    'select from pg_database where datname = $1 and datistemplate',
    [name],
  )
  return rowCount === 1
}

async function fillTemplate(
  client: PoolClient,
  server: TestServer,
  name: string,
  prepare: Prepare,
) {
  const database = escapeIdentifier(name)
  await client.query(`drop database if exists ${database} with (force)`)
  await createFrom(client, 'template0', name)
  await prepare(withDatabase(server.url, name))
  // A database can only be copied while nobody is connected to it.
  await client.query(`alter database ${database} with is_template true allow_connections false`)
  await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    name,
  ])
}

/**
 * Copying waits for sessions in the template to end, five seconds at a time. The files are copied as they are: by
 * way of the log, which is the default, it takes three times as long and writes 4 MB there.
 */
async function createFrom(client: PoolClient, template: string, name: string): Promise<void> {
  const create = `create database ${escapeIdentifier(name)} template ${escapeIdentifier(template)} strategy file_copy`
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(create)
      // A migrator asks nobody before it goes back here. A copy does not inherit settings.
      await client.query(
        `alter database ${escapeIdentifier(name)} set "migrator.disposable" = 'on'`,
      )
      return
    } catch (error) {
      if (errorCode(error) !== OBJECT_IN_USE || attempt === 5) throw error
      await sleep(100)
    }
  }
}

const OBJECT_IN_USE = '55006'

function databaseName({ run }: TestServer, rest: string): string {
  return `${PREFIX}${run}_${rest}`
}

const pools = new Map<string, Pool>()

/** Lends `work` a connection to a server that is kept: making one costs as much as dropping a database. */
async function withMaintenance<T>(
  url: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  let pool = pools.get(url)
  if (!pool) {
    pool = new Pool({ connectionString: url, max: 4, idleTimeoutMillis: 0, allowExitOnIdle: true })
    pool.on('error', () => {}) // the server has crashed or gone: the next one connects again
    pools.set(url, pool)
  }
  const client = await pool.connect()
  try {
    return await work(client)
  } finally {
    client.release()
  }
}

/** Lends `work` a connection of its own. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
