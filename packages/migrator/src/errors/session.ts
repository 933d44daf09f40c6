import type { Entries } from './entry.ts'

const EXAMPLE = 'postgres://user:password@host:5432/database'

/** No session with the server, or a migration does something to its session that it must not do. */
export const SESSION_ERRORS = {
  LOCK_LOST: [
    'failed',
    (p: { name: string; after: string }) =>
      `${p.name} released the migration lock (for instance by pg_advisory_unlock_all), so another run may be at work. ${p.after} Nothing of it was recorded. Remove that, then run again.`,
  ],
  TRANSACTION_ENDED: [
    'failed',
    (p: { name: string }) =>
      `${p.name} ended the transaction in which it ran: only the migrator may commit or roll back. Nothing of it was recorded, but what it committed itself remains: look at it. Remove that from the migration, then run again.`,
  ],
  URL_MISSING: [
    'usage',
    () => `There is no database URL. It looks like ${EXAMPLE}`,
    () => [{ setting: 'databaseUrl', why: 'To name the database' }],
  ],
  URL_MALFORMED: [
    'usage',
    (p: { reason: string }) =>
      `The database URL is not a PostgreSQL URL (${p.reason}). It looks like ${EXAMPLE}`,
  ],
  URL_PARAMETER: [
    'usage',
    (p: { name: string; advice: string }) =>
      `The database URL has the parameter "${p.name}", which has no effect here. ${p.advice}`,
  ],
  SERVER_UNREACHABLE: [
    'failed',
    (p: { server: string; reason: string; waited: number; settings: string }) =>
      `No PostgreSQL server answers at ${p.server} (${p.reason}${waited(p)}). Check host and port in ${p.settings}, or start the server.`,
    waitForServer,
  ],
  SERVER_NOT_READY: [
    'failed',
    (p: { server: string; reason: string; waited: number }) =>
      `${p.server} does not accept connections now: ${p.reason}${waited(p)}. Run again when it is up.`,
    waitForServer,
  ],
  TOO_MANY_CONNECTIONS: [
    'failed',
    (p: { server: string; reason: string; waited: number }) =>
      `${p.server} has no free connection: ${p.reason}${waited(p)}. A run needs two. End sessions, or raise the limit.`,
    waitForServer,
  ],
  LOGIN_REFUSED: [
    'usage',
    (p: { server: string; reason: string; settings: string; advice?: string }) =>
      `${p.server} refused the login: ${p.reason}. ${p.advice ?? `Check user and password in ${p.settings}.`}`,
  ],
  TLS_FAILED: [
    'usage',
    (p: { server?: string; reason: string; advice: string }) =>
      `There is no encrypted connection${p.server === undefined ? '' : ` to ${p.server}`}: ${p.reason}. ${p.advice}`,
  ],
  DATABASE_UNKNOWN: [
    'usage',
    (p: { database: string; server: string; settings: string }) =>
      `Database "${p.database}" does not exist on ${p.server}. The migrator never creates a database: run CREATE DATABASE as an administrator, or correct ${p.settings}.`,
  ],
  DATABASE_CLOSED: [
    'usage',
    (p: { database: string; server: string; reason: string }) =>
      `Database "${p.database}" on ${p.server} does not accept connections: ${p.reason}. Name another database, or have an administrator open it.`,
  ],
  READ_ONLY: [
    'usage',
    (p: { server: string; why: string; advice: string }) =>
      `${p.server} accepts no changes: ${p.why}. Nothing was changed. ${p.advice}`,
  ],
  OUT_OF_RESOURCES: [
    'failed',
    (p: { server: string; doing: string; reason: string; advice: string }) =>
      `${p.server} ran out of a resource while ${p.doing}: ${p.reason}. ${p.advice}`,
  ],
  ENCODING_UNUSABLE: [
    'usage',
    (p: { doing: string; reason: string; encoding: string }) =>
      `The encoding of the database (${p.encoding}) lacks a character that is needed for ${p.doing}: ${p.reason}. Remove the character, or use a database in UTF8.`,
  ],
  BOOKKEEPING_DROPPED: [
    'refused',
    (p: { name: string; reason: string }) =>
      `${p.name} removes or renames what the migrator records it in: ${p.reason}. The segment was rolled back. Remove that from the migration.`,
    () => [{ command: 'hash', why: 'After that' }],
  ],
  BOOKKEEPING_UNUSABLE: [
    'integrity',
    (p: { table: string; doing: string; reason: string; advice: string }) =>
      `${p.table} cannot be used. While ${p.doing}: ${p.reason}. ${p.advice}`,
  ],
  FUNCTION_FAILED: [
    'failed',
    (p: { function: string; doing: string; reason: string }) =>
      `The function ${p.function} of this database failed while ${p.doing}: ${p.reason}. An event trigger, or a trigger of the table, runs it.`,
    ({ function: called }: { function: string }) => [
      {
        why: 'To find the event trigger',
        sql: `select evtname from pg_event_trigger where evtfoid = '${called.replaceAll("'", "''")}'::regprocedure`,
      },
      {
        why: 'If it is not to run for the bookkeeping of the migrator: mend the function, or switch its trigger off meanwhile, as its owner',
        sql: 'alter event trigger NAME disable',
      },
    ],
  ],
  POSTGRES_REFUSED: [
    'failed',
    (p: { doing: string; reason: string; advice?: string }) =>
      `PostgreSQL failed while ${p.doing}: ${p.reason}. ${p.advice ?? 'Remove the cause, then run again.'}`,
  ],
  POOLED_CONNECTION: [
    'usage',
    () =>
      'The database URL leads to a pooler that shares server connections between transactions, so neither the migration lock nor the transactions of batches can hold.',
    () => [{ setting: 'directUrl', why: 'To connect to the server directly' }],
  ],
  SERVER_TOO_OLD: [
    'usage',
    (p: { server: string; version: string }) =>
      `${p.server} is PostgreSQL ${p.version}. PostgreSQL 15 and newer are supported: upgrade the server, or name another.`,
  ],
  SESSION_LOST: [
    'failed',
    (p: { times: number; reason: string }) =>
      `The connection was lost ${p.times === 1 ? 'once' : `${p.times} times`} (${p.reason}). The journal has everything that was committed: run again to go on.`,
  ],
  CODE_TRANSACTION: [
    'failed',
    (p: { name: string; statement: string }) =>
      `The code of ${p.name} runs in the migrator's transaction, and may neither end it nor begin another: ${p.statement}. Nothing of it was applied. Remove that. If it must commit in between, let isTransactional() return false.`,
  ],
  CODE_NOT_AWAITED: [
    'failed',
    (p: { name: string }) =>
      `The code of ${p.name} did not wait for one of its queries. Nothing of it was recorded. Await every query, then run again.`,
  ],
  CODE_NEVER_ENDS: [
    'failed',
    (p: { name: string }) =>
      `The code of ${p.name} waits for a promise that never settles. Nothing of it was recorded. Correct it, then run again.`,
  ],
  TRANSACTION_LEFT_OPEN: [
    'failed',
    (p: { name: string }) =>
      `The code of ${p.name} left a transaction open, which was rolled back. What it did outside of that transaction remains, and nothing of it was recorded. Commit the transaction there, then run again.`,
  ],
} as const satisfies Entries

function waited(p: { waited: number }): string {
  return p.waited > 0 ? `, waited ${p.waited} s` : ''
}

function waitForServer() {
  return [
    { command: 'again', options: { wait: 'SECONDS' }, why: 'To wait for the server' },
  ] as const
}
