import { Client, type ClientConfig } from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { failure, MigratorError } from '../errors.ts'
import { takeSides } from './author.ts'
import { nestTransactions } from './savepoints.ts'
import { quoteName } from '../sql/quote-name.ts'

export interface ConnectOptions {
  /** A URL, or the options of pg's Client. */
  readonly database: string | ClientConfig
  /** What unqualified names mean; without it, what the server says. */
  readonly schema?: string | undefined
  /** Seen in pg_stat_activity, and by whoever waits for the lock. */
  readonly applicationName: string
  /** Milliseconds to wait for a server that does not answer yet. 0: one try. */
  readonly wait: number
}

/**
 * Connects, or says in one line why it cannot.
 * Throws URL_MISSING, URL_MALFORMED, SERVER_UNREACHABLE, LOGIN_REFUSED, DATABASE_UNKNOWN; the password is
 * in none of them.
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const where = placeOf(options.database)
  const deadline = Date.now() + options.wait
  for (;;) {
    const client = new Client({
      ...clientConfig(options),
      application_name: options.applicationName,
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    })
    // A connection that breaks while nobody waits for it must not end the process; the next query reports it.
    client.on('error', (error) => {
      if (!ends.has(client)) ends.set(client, error)
    })
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.end().catch(() => {})
      const problem = explain(error, where, Math.round(options.wait / 1000))
      if (problem.code !== 'SERVER_UNREACHABLE' || Date.now() >= deadline) throw problem
      await sleep(250)
    }
  }
}

const ends = new WeakMap<Client, Error>()

/** What a lost connection was lost for: what the server said last, rather than what the next query met. */
export function explainLoss(client: Client, error: unknown): unknown {
  const said = ends.get(client)
  return isConnectionLost(error) && sqlState(said) !== undefined ? said : error
}

/** Lends a connection without the migration lock: to look, never to change a schema. */
export async function withConnection<T>(
  options: ConnectOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connect(options)
  try {
    const pid = loginPid(client)
    if ((await takeSides(client, pid)) !== pid) await stayInTransaction(client)
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

/** One more connection to look at a session: it has proved by then that nobody else gets what it sets. */
export async function connectToObserve(options: ConnectOptions): Promise<Client> {
  const applicationName = `${options.applicationName} (observer)`
  const client = await connect({ ...options, wait: 0, applicationName })
  await takeSides(client)
  return client
}

/**
 * A pooler may lend the server's process to others between two statements, with all that is set. So all of this
 * connection becomes one transaction, which is never committed.
 */
async function stayInTransaction(client: Client): Promise<void> {
  await client.query('begin')
  await takeSides(client)
  const nested = nestTransactions()
  const query = client.query.bind(client) as (text: unknown, values?: unknown) => unknown
  const inside = (text: unknown, values?: unknown) =>
    query(typeof text === 'string' ? nested(text) : text, values)
  client.query = inside as Client['query']
}

/** The server's process as it was told at login. A pooler tells one of its own making. */
export function loginPid(client: Client): number {
  return (client as unknown as { processID: number }).processID
}

/** The parts of a database URL that may be shown: never the password. */
export interface Place {
  readonly server: string
  readonly database: string
  readonly user: string
}

function clientConfig({ database, schema }: ConnectOptions): ClientConfig {
  const config = typeof database === 'string' ? { connectionString: database } : database
  if (schema === undefined) return config
  // A default of the session, which RESET ALL brings back. A backslash keeps the next character.
  const path = `-c search_path=${quoteName(schema).replaceAll(/[\\ ]/g, '\\$&')}`
  return { ...config, options: config.options === undefined ? path : `${config.options} ${path}` }
}

/** Where a connection leads, and what its user calls the settings that say so. */
function placeOf(database: ConnectOptions['database']): Place & { readonly settings: string } {
  if (typeof database === 'string') return { ...parseUrl(database), settings: 'DATABASE_URL' }
  const { connectionString, host = 'localhost', port = 5432, user = '' } = database
  const settings = 'the connection options'
  if (connectionString !== undefined) return { ...parseUrl(connectionString), settings }
  return { server: `${host}:${port}`, database: database.database ?? user, user, settings }
}

/** Reads a URL; throws URL_MISSING or URL_MALFORMED. */
export function parseUrl(url: string | undefined): Place {
  if (url === undefined || url.trim() === '') throw failure('URL_MISSING')
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw failure('URL_MALFORMED', { reason: 'it cannot be parsed' })
  }
  if (!/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw failure('URL_MALFORMED', { reason: 'it does not begin with postgres://' })
  }
  const database = decoded(parsed.pathname.slice(1))
  if (database === '') throw failure('URL_MALFORMED', { reason: 'it names no database' })
  const host = parsed.searchParams.get('host') ?? (parsed.hostname || 'localhost')
  return { server: `${host}:${parsed.port || 5432}`, database, user: decoded(parsed.username) }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw failure('URL_MALFORMED', { reason: 'a % in it is not followed by two hex digits' })
  }
}

function explain(
  error: unknown,
  { server, database, settings }: ReturnType<typeof placeOf>,
  waited: number,
): MigratorError {
  const reason = error instanceof Error ? error.message : String(error)
  const code = sqlState(error)
  if (code === '3D000') return failure('DATABASE_UNKNOWN', { database, server, settings }, error)
  if (code?.startsWith('28') || /SASL|SCRAM|password/i.test(reason)) {
    return failure('LOGIN_REFUSED', { server, reason, settings }, error)
  }
  if (code === '42501') return failure('LOGIN_REFUSED', { server, reason, settings }, error)
  return failure(
    'SERVER_UNREACHABLE',
    { server, reason: reason || errorCode(error), waited, settings },
    error,
  )
}

/**
 * The five characters by which PostgreSQL names an error; undefined for any other error. By its form, not
 * its class: a transaction of the caller's may come from another copy of pg.
 */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no reason given'
}

/**
 * True where the connection is gone, so that nobody knows what became of the last statement.
 * FATAL, class 08 and 57P0x: https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof MigratorError) return false
  const code = sqlState(error)
  if (code !== undefined) return isFatal(error) || code.startsWith('08') || /^57P0[1-5]$/.test(code)
  const reason = error instanceof Error ? error.message : ''
  return (
    /Connection terminated|not queryable|Client was closed|connection error/i.test(reason) ||
    /^E(CONNRESET|PIPE|CONNREFUSED|TIMEDOUT|HOSTUNREACH|NETUNREACH|NETDOWN)$/.test(errorCode(error))
  )
}

/** A time limit of a session or a transaction, for one. In the server's own language it is FATAL as well. */
function isFatal(error: unknown): boolean {
  const { severity } = error as { readonly severity?: unknown }
  return severity === 'FATAL' || severity === 'PANIC'
}

/** Lock not available, deadlock, serialization failure: the same segment may succeed a moment later. */
const RETRIED = new Set(['55P03', '40P01', '40001'])

export function isRetried(error: unknown): boolean {
  return RETRIED.has(sqlState(error) ?? '')
}
