import { messageFrom } from '../errors/message-from.ts'
import type { Client } from 'pg'
import { failure, type MigratorError } from '../errors/index.ts'
import { postgresErrorOf, type PostgresError } from '../errors/postgres-error.ts'
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
  const postgres = postgresErrorOf(error)
  if (postgres) return refused(postgres, error, attempted)
  const { client, settings, waited } = attempted
  const server = showServer(client.host, client.port)
  const reason = messageFrom(error)
  const code = nodeCode(error)
  if (/SASL|SCRAM|password/i.test(reason)) {
    return failure('LOGIN_REFUSED', { server, reason, settings }, error)
  }
  if (/\b(SSL|TLS|certificate)\b/i.test(reason) || TLS_CODES.test(code)) {
    return failure('TLS_FAILED', { server, reason, advice: tlsAdvice(reason) }, error)
  }
  const why = CODES[code] ?? (reason || code)
  return failure('SERVER_UNREACHABLE', { server, reason: why, waited, settings }, error)
}

function refused(
  { sqlstate, message: reason }: PostgresError,
  error: unknown,
  { client, settings, waited }: Attempted,
): MigratorError {
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
    case '42501': {
      const sql = `grant connect on database ${quoteName(database)} to ${quoteName(user)}`
      const advice = 'The role may not connect to this database.'
      const next = [{ why: 'As an administrator', sql }]
      return failure('LOGIN_REFUSED', { server, reason, settings, advice, next }, error)
    }
    default:
  }
  if (sqlstate.startsWith('28')) {
    const advice = /pg_hba/.test(reason) ? { advice: HBA_ADVICE } : {}
    return failure('LOGIN_REFUSED', { server, reason, settings, ...advice }, error)
  }
  return failure('POSTGRES_REFUSED', { doing: `connecting to ${server}`, reason }, error)
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
