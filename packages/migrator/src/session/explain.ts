import type { Client } from 'pg'
import { failure, MigratorError } from '../errors/index.ts'
import type { NextStep } from '../errors/next-step.ts'
import { findPostgresError, type PostgresError } from '../errors/postgres-error.ts'
import { findDoing, type Doing } from './during.ts'
import { privilegeSteps } from './privileges.ts'
import { showServer } from './database-url.ts'
import { serverParameters } from './server-parameters.ts'

/** The parts of a connection that messages name. */
type Connected = Pick<Client, 'host' | 'port' | 'user'>

/**
 * The error of the catalogue for what PostgreSQL refused, or what the file system did; anything else stays what it is:
 * a fault of ours. What `client` has said of itself at login tells why.
 */
export function explainRefusal(error: unknown, client?: Connected): unknown {
  if (error instanceof MigratorError) return error
  const postgres = findPostgresError(error)
  if (postgres) return explainCode(postgres, error, client)
  return fileRefusal(error) ?? error
}

function explainCode(
  postgres: PostgresError,
  error: unknown,
  client: Connected | undefined,
): MigratorError {
  const { sqlstate, message: reason } = postgres
  const { doing, bookkeeping } = findDoing(error) ?? UNKNOWN
  const server = client ? showServer(client.host, client.port) : 'The server'
  if (sqlstate === '42501') {
    const next = privilegeSteps(postgres, client?.user)
    return failure('PRIVILEGE_MISSING', { reason, doing, next }, error)
  }
  if (sqlstate === '25006') return failure('READ_ONLY', { server, ...whyReadOnly(client) }, error)
  if (sqlstate.startsWith('53')) {
    const advice = adviceOnResources(sqlstate) ?? ''
    return failure('OUT_OF_RESOURCES', { server, doing, reason, advice }, error)
  }
  if (ENCODING.has(sqlstate)) {
    const encoding = serverParameters(client).get('server_encoding') ?? 'unknown'
    return failure('ENCODING_UNUSABLE', { doing, reason, encoding }, error)
  }
  const called = outermostFunction(postgres)
  if (called !== undefined) {
    return failure('FUNCTION_FAILED', { function: called, doing, reason }, error)
  }
  if (bookkeeping !== undefined && /^(2|42|55000)/.test(sqlstate)) {
    const { advice, next } = bookkeepingAdvice(sqlstate, bookkeeping)
    return failure(
      'BOOKKEEPING_UNUSABLE',
      { table: bookkeeping, doing, reason, advice, next },
      error,
    )
  }
  const advice = sqlstate === '57014' && { advice: ENDED_BY_OTHERS }
  return failure('POSTGRES_REFUSED', { doing, reason, ...advice }, error)
}

/** The limits of the role and of the database are off by then. */
const ENDED_BY_OTHERS =
  'Another session ended it, or a statement_timeout that the database itself sets, for instance in an event trigger ON login. Raise it or take it away for the role that migrates, then run again.'

/** A function of the database's own that ran by itself: the migrator calls none. PostgreSQL names the innermost first. */
function outermostFunction({ where = '' }: PostgresError): string | undefined {
  const called = [...where.matchAll(/^(?:PL\/\w+|SQL) function (.+\)) (?:line|statement|while)/gm)]
  return called.at(-1)?.[1]
}

const UNKNOWN: Doing = { doing: 'looking at the database' }

/** No such character in the other encoding; bytes that are none in this one. */
const ENCODING = new Set(['22P05', '22021'])

/** https://www.postgresql.org/docs/18/errcodes-appendix.html, class 53 */
const RESOURCES: Readonly<Record<string, string>> = {
  '53100':
    'Free space on the disk of the server, then run again: what was committed is in the journal.',
  '53200':
    'Give the server more memory, or lower what it allots; where it names locks, raise max_locks_per_transaction. Then run again.',
  '53300': 'End sessions, or raise the limit, then run again.',
}

/** What to do where the server has run out of something; undefined where it has not. */
export function adviceOnResources(sqlstate: string): string | undefined {
  if (!sqlstate.startsWith('53')) return undefined
  return RESOURCES[sqlstate] ?? 'Raise the limit that it names, then run again.'
}

/** PostgreSQL says both at login: https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-ASYNC */
export function whyReadOnly(client: Connected | undefined): { why: string; advice: string } {
  const parameters = serverParameters(client)
  if (parameters.get('in_hot_standby') === 'on') {
    return { why: 'it is a standby', advice: 'Connect to the primary.' }
  }
  const isDefault = parameters.get('default_transaction_read_only') === 'on'
  return {
    why: isDefault ? 'default_transaction_read_only is on' : 'the transaction is read-only',
    advice:
      'If it is to be changed, turn default_transaction_read_only off for the database and the role; a standby has a primary that takes changes.',
  }
}

function bookkeepingAdvice(
  sqlstate: string,
  table: string,
): { advice: string; next: readonly NextStep[] } {
  const sequence = `pg_get_serial_sequence('${table.replaceAll("'", "''")}', 'id')`
  const behindIds = `select setval(${sequence}, (select coalesce(max(id), 1) from ${table}))`
  if (sqlstate === '2200H') {
    return {
      advice: 'The sequence of its ids is at its end.',
      next: [
        {
          why: 'To have its ids begin behind the last one that is used',
          sql: behindIds,
        },
        {
          why: 'If that is the end of the type, to widen it first',
          sql: `alter table ${table} alter column id type bigint; alter sequence NAME as bigint -- NAME: select ${sequence}`,
        },
      ],
    }
  }
  if (sqlstate === '23505') {
    return {
      advice: 'The sequence of its ids is behind the ids that are there.',
      next: [
        {
          why: 'To set it right',
          sql: behindIds,
        },
      ],
    }
  }
  return {
    advice:
      'Another tool made or changed it. A ledger has the columns id, name and executed_at, and no other that must be given; name another table in migrations.tableName, or bring this one to that form. The schema migrator is made by the migrator alone.',
    next: [],
  }
}

function fileRefusal(error: unknown): MigratorError | undefined {
  if (!(error instanceof Error)) return undefined
  const { syscall, path, code } = error as NodeJS.ErrnoException
  if (syscall === undefined || path === undefined || code === undefined) return undefined
  return failure('FILE_UNUSABLE', { path, doing: syscall, reason: code }, error)
}
