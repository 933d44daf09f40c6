import { messageFrom } from '../errors/message-from.ts'
import type { Client } from 'pg'
import { failure, type MigratorError } from '../errors/index.ts'
import { findPostgresError, type PostgresError } from '../errors/postgres-error.ts'
import type { NextStep } from '../errors/next-step.ts'
import { quoteName } from '../sql/quote-name.ts'
import { showServer } from './database-url.ts'

/** Where a connection was to lead, what its user calls the settings that say so, and how many seconds it was tried. */
export interface Attempted {
  readonly client: Pick<Client, 'host' | 'port' | 'user' | 'database'>
  readonly settings: string
  readonly waited: number
}

/** Says in one line why there is no connection. No password is in it. */
export function explainConnection(error: unknown, attempted: Attempted): MigratorError {
  const postgres = findPostgresError(error)
  if (postgres) return refused(postgres, error, attempted)
  const { client, settings, waited } = attempted
  const server = showServer(client.host, client.port)
  const reason = messageFrom(error)
  const code = nodeCode(error)
  if (/client password must be/.test(reason)) {
    const advice = `Add one to ${settings}, or set PGPASSWORD.`
    return failure('LOGIN_REFUSED', { server, reason: NO_PASSWORD, settings, advice }, error)
  }
  if (/SASL|SCRAM|password/i.test(reason)) {
    return failure('LOGIN_REFUSED', { server, reason, settings }, error)
  }
  if (/\b(SSL|TLS|certificate)\b/i.test(reason) || TLS_CODES.test(code)) {
    return failure('TLS_FAILED', { server, reason, advice: tlsAdvice(reason) }, error)
  }
  const why = CODES[code] ?? (reason || code)
  return failure('SERVER_UNREACHABLE', { server, reason: why, waited, settings }, error)
}

const NO_PASSWORD = 'it asks for a password, and none was given'

function refused(
  postgres: PostgresError,
  error: unknown,
  { client, settings, waited }: Attempted,
): MigratorError {
  const { sqlstate, message: reason } = postgres
  const { database = '', user = '' } = client
  const server = showServer(client.host, client.port)
  switch (sqlstate) {
    case '3D000':
      return failure('DATABASE_UNKNOWN', { database, server, settings }, error)
    case '55000':
      return failure('DATABASE_CLOSED', { database, server, reason }, error)
    case '53300':
      return failure('TOO_MANY_CONNECTIONS', { server, reason, waited }, error)
    case '57P01':
    case '57P02':
    case '57P03':
      return failure('SERVER_NOT_READY', { server, reason, waited }, error)
    default:
  }
  const advised = adviceOnLogin(postgres, error, { database, user, settings })
  if (!advised)
    return failure('POSTGRES_REFUSED', { doing: `connecting to ${server}`, reason }, error)
  return failure('LOGIN_REFUSED', { server, reason, settings, ...advised }, error)
}

interface Advice {
  readonly advice?: string
  readonly next?: readonly NextStep[]
}

/** Undefined where the refusal is none of who logs in, or of what is set then. */
function adviceOnLogin(
  { sqlstate, message, where }: PostgresError,
  error: unknown,
  { database, user, settings }: { readonly [of in 'database' | 'user' | 'settings']: string },
): Advice | undefined {
  // Nothing but an event trigger ON login runs a function by then.
  if (where !== undefined) return LOGIN_TRIGGER
  if (sqlstate.startsWith('28')) return /pg_hba/.test(message) ? { advice: HBA_ADVICE } : {}
  if (sqlstate === '42501' && routineOf(error) === 'CheckMyDatabase') {
    const sql = `grant connect on database ${quoteName(database)} to ${quoteName(user)}`
    const advice = 'The role may not connect to this database.'
    return { advice, next: [{ why: 'As an administrator', sql }] }
  }
  if (!/^(?:22|42)/.test(sqlstate)) return undefined
  return {
    advice: `The connection asks for a setting that cannot be set: correct "options" in ${settings}, or PGOPTIONS.`,
  }
}

/** The function of PostgreSQL that has raised it: its words come in the server's language. */
function routineOf(error: unknown): unknown {
  return error instanceof Error && 'routine' in error ? error.routine : undefined
}

const LOGIN_TRIGGER: Advice = {
  advice: 'An event trigger of the database runs this function at each login: have it mended.',
  next: [
    {
      why: 'To switch it off, as a superuser whose URL has options=-c%20event_triggers%3Doff',
      sql: `select evtname from pg_event_trigger where evtevent = 'login'; alter event trigger NAME disable`,
    },
  ],
}

const HBA_ADVICE =
  "The server's pg_hba.conf does not let this user into this database from here: have an entry added. Where it says that there was no encryption, sslmode=require may be what is missing."

function tlsAdvice(reason: string): string {
  if (/does not support SSL/.test(reason)) {
    return 'Have encryption turned on at the server (ssl = on), or write sslmode=disable where the way to it is safe without.'
  }
  return 'Write sslrootcert=FILE with the certificate of the authority that the server has its own from, or sslmode=require to trust whoever answers.'
}

const TLS_CODES = /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/

/** What Node's codes mean here. */
const CODES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known: ENOTFOUND',
  EAI_AGAIN: 'its name cannot be looked up at the moment: EAI_AGAIN',
  ENOENT: 'there is no such socket: ENOENT',
  EACCES: 'the socket may not be opened: EACCES',
}

function nodeCode(error: unknown): string {
  const isCoded = error instanceof Error && 'code' in error
  return isCoded && typeof error.code === 'string' ? error.code : 'no reason given'
}
