import { messageFrom } from '../errors/message-from.ts'
import { Client, type ClientConfig } from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { failure, MigratorError, type ErrorCode } from '../errors/index.ts'
import { borrowSides, takeSides } from './author.ts'
import { asSavepoints } from './savepoints.ts'
import { quoteName } from '../sql/quote-name.ts'
import { configOfUrl, demandedSession, otherEncryption, showServer } from './database-url.ts'
import { explainRefusal, whyReadOnly } from './explain.ts'
import { explainConnection } from './refused-connection.ts'
import { OWN_TYPES } from './own-types.ts'
import { listenToParameters, serverParameters } from './server-parameters.ts'
import { STATEMENT_LIMITS } from './side-settings.ts'

export interface ConnectOptions {
  /** A URL, or the options of pg's Client. */
  readonly database: string | ClientConfig
  /** What unqualified names mean; without it, what the server says. */
  readonly schema?: string | undefined
  /** Seen in pg_stat_activity, and by whoever waits for the lock. */
  readonly applicationName: string
  /** Milliseconds to wait for a server that does not answer yet. 0: one try. */
  readonly wait: number
  /** Options of the server that the connection starts with. */
  readonly startsWith?: string
}

/**
 * Connects, or says in one line why it cannot.
 * Throws what `parseUrl` throws, SERVER_UNREACHABLE, SERVER_NOT_READY, TOO_MANY_CONNECTIONS, LOGIN_REFUSED, TLS_FAILED,
 * DATABASE_UNKNOWN, DATABASE_CLOSED, SERVER_TOO_OLD; the password is in none of them.
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const config = {
    ...clientConfig(options),
    application_name: options.applicationName,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    types: OWN_TYPES,
  }
  const settings =
    typeof options.database === 'string' ? 'the database URL' : 'the connection options'
  const other = typeof options.database === 'string' ? otherEncryption(options.database) : undefined
  const deadline = Date.now() + options.wait
  let isOther = false
  for (;;) {
    const client = new Client(isOther ? { ...config, ...other } : config)
    listenToParameters(client)
    // A connection that breaks while nobody waits for it must not end the process; the next query reports it.
    client.on('error', (error) => {
      if (!ends.has(client)) ends.set(client, error)
    })
    try {
      await client.connect()
      refuseOldServer(client)
      refuseReadOnly(client, options.database)
      return client
    } catch (error) {
      await client.end().catch(() => {})
      if (error instanceof MigratorError) throw error
      const waited = Math.round(options.wait / 1000)
      const problem = explainConnection(error, { client, settings, waited })
      isOther = other !== undefined && !isOther && ENCRYPTION.has(problem.code)
      if (isOther) continue
      if (!PASSING.has(problem.code) || Date.now() >= deadline) throw problem
      await sleep(250)
    }
  }
}

/** Errors that may not occur with the other encryption. */
const ENCRYPTION: ReadonlySet<ErrorCode> = new Set(['TLS_FAILED', 'LOGIN_REFUSED'] as const)

/** Errors that may be gone a moment later. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'SERVER_UNREACHABLE',
  'SERVER_NOT_READY',
  'TOO_MANY_CONNECTIONS',
] as const)

const OLDEST_MAJOR = 15

function refuseOldServer(client: Client): void {
  const version = serverParameters(client).get('server_version') ?? ''
  if (Number.parseInt(version, 10) >= OLDEST_MAJOR || version === '') return
  throw failure('SERVER_TOO_OLD', { server: showServer(client.host, client.port), version })
}

/** As `target_session_attrs` of the URL demands, by what the server has said at login: looking is refused then, too. */
function refuseReadOnly(client: Client, database: ConnectOptions['database']): void {
  const wanted = typeof database === 'string' && demandedSession(database)
  const isOn = (name: string) => serverParameters(client).get(name) === 'on'
  const isRefused =
    (wanted === 'primary' && isOn('in_hot_standby')) ||
    (wanted === 'read-write' && (isOn('in_hot_standby') || isOn('default_transaction_read_only')))
  if (!isRefused) return
  throw failure('READ_ONLY', {
    server: showServer(client.host, client.port),
    ...whyReadOnly(client),
  })
}

const ends = new WeakMap<Client, Error>()

/** Why a connection was lost: the server's last message, rather than the error of the next query. */
export function explainLoss(client: Client, error: unknown): unknown {
  const said = ends.get(client)
  return isConnectionLost(error) && sqlState(said) !== undefined && isConnectionLost(said)
    ? said
    : error
}

/**
 * Lends a connection without the migration lock: to look, never to change a schema. What PostgreSQL refuses meanwhile
 * becomes an error of the catalogue.
 */
export async function withConnection<T>(
  options: ConnectOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connect(options)
  try {
    const pid = loginPid(client)
    const answered = await takeSides(client, pid).catch((error: unknown) =>
      endedEarly(client, options, error),
    )
    if (typeof answered === 'object') return await withConnection(answered, work)
    if (answered !== pid) await stayInTransaction(client)
    return await work(client)
  } catch (error) {
    throw isConnectionLost(error) ? lost(error, 1) : explainRefusal(error, client)
  } finally {
    await client.end().catch(() => {})
  }
}

/** Ended by statement_timeout, transaction_timeout, idle_session_timeout. */
const BY_A_LIMIT: ReadonlySet<string | undefined> = new Set(['57014', '25P04', '57P05'])

/**
 * A limit of the database or of the role may end the very statement that lifts it. Returns the options of a connection
 * that starts without limits; through a pooler few can be had, so it is not the first try. Throws any other error.
 */
export function endedEarly<T extends ConnectOptions>(
  client: Client,
  options: T,
  error: unknown,
): T {
  if (options.startsWith !== undefined || !BY_A_LIMIT.has(sqlState(explainLoss(client, error))))
    throw error
  return startWithoutLimits(client, options)
}

/** The options of a connection of which no limit is a default, so that RESET ALL brings none back. */
export function startWithoutLimits<T extends ConnectOptions>(client: Client, options: T): T {
  const major = Number.parseInt(serverParameters(client).get('server_version') ?? '', 10)
  const names = [...STATEMENT_LIMITS, 'idle_session_timeout']
  const known = names.filter((name) => name !== 'transaction_timeout' || major >= 17)
  return { ...options, startsWith: known.map((name) => `-c ${name}=0`).join(' ') }
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
  await borrowSides(client, undefined)
  const nested = asSavepoints()
  const query = client.query.bind(client) as (text: unknown, values?: unknown) => unknown
  const inside = (text: unknown, values?: unknown) =>
    query(typeof text === 'string' ? nested(text) : text, values)
  client.query = inside as Client['query']
}

/** The server's process as login reported it. A pooler reports a number of its own. */
export function loginPid(client: Client): number {
  return (client as unknown as { processID: number }).processID
}

/** SESSION_LOST. */
export function lost(error: unknown, times: number): MigratorError {
  const reason = messageFrom(error)
  return failure('SESSION_LOST', { times, reason }, error)
}

function clientConfig({ database, schema, startsWith }: ConnectOptions): ClientConfig {
  const config = typeof database === 'string' ? configOfUrl(database) : database
  // A default of the session, which RESET ALL brings back. A backslash keeps the next character.
  const path = schema && `-c search_path=${quoteName(schema).replaceAll(/[\\ ]/g, '\\$&')}`
  const options = [config.options, path, startsWith].filter((one) => one !== undefined)
  return options.length === 0 ? config : { ...config, options: options.join(' ') }
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
 * True where the connection is gone, so that nobody knows what became of the last statement. What the server answers with
 * ERROR, of another server's connection for one, leaves this one as it is: its SQLSTATE says nothing.
 */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof MigratorError) return false
  if (sqlState(error) !== undefined) return endsSession(error)
  const reason = error instanceof Error ? error.message : ''
  return (
    /Connection terminated|not queryable|Client was closed|connection error/i.test(reason) ||
    /^E(CONNRESET|PIPE|CONNREFUSED|TIMEDOUT|HOSTUNREACH|NETUNREACH|NETDOWN)$/.test(errorCode(error))
  )
}

/** A severity may be translated; then the place in the server tells, which is that of no statement. */
function endsSession(error: unknown): boolean {
  const { severity, routine } = error as { readonly severity?: unknown; readonly routine?: unknown }
  const isInterrupted = routine === 'ProcessInterrupts'
  return (
    severity === 'FATAL' ||
    severity === 'PANIC' ||
    (isInterrupted && /^(57P0|25P0)/.test(sqlState(error) ?? ''))
  )
}

/** Lock not available, deadlock, serialization failure: the same segment may succeed a moment later. */
const RETRIED = new Set(['55P03', '40P01', '40001'])

/** The place in the server of PL/pgSQL's RAISE: what an author refuses, the next try refuses as well. */
const RAISE = 'exec_stmt_raise'

export function isRetried(error: unknown): boolean {
  const { routine } = (error ?? {}) as { readonly routine?: unknown }
  return RETRIED.has(sqlState(error) ?? '') && routine !== RAISE
}
