import type { Entries } from './entry.ts'

/**
 * The part of the catalogue of errors that is about the way to a server, and what it refuses, and
 * what a migration does to its session.
 */
export const SESSION_ERRORS = {
  LOCK_LOST: [
    'failed',
    (p: { name: string; after: string }) =>
      `${p.name} let go of the migration lock (pg_advisory_unlock_all, say), so another run may be at work. ${p.after} Nothing of it was recorded. Take that out of it, then run again.`,
  ],
  TRANSACTION_ENDED: [
    'failed',
    (p: { name: string }) =>
      `${p.name} ended the transaction that it ran in: COMMIT and ROLLBACK belong to the runner. Nothing of it was recorded, but what it committed itself stands: look at it. Take that out of it, then run again.`,
  ],
  URL_MISSING: [
    'usage',
    () => 'DATABASE_URL is not set. Set it to postgres://user:password@host:5432/database',
  ],
  URL_MALFORMED: [
    'usage',
    (p: { reason: string }) =>
      `DATABASE_URL is not a PostgreSQL URL (${p.reason}). It looks like postgres://user:password@host:5432/database`,
  ],
  URL_PARAMETER: [
    'usage',
    (p: { name: string; advice: string }) =>
      `DATABASE_URL has the parameter "${p.name}", which nothing would obey here. ${p.advice}`,
  ],
  SERVER_UNREACHABLE: [
    'failed',
    (p: { server: string; reason: string; waited: number; settings: string }) =>
      `No PostgreSQL server answers at ${p.server} (${p.reason}${p.waited > 0 ? `, waited ${p.waited} s` : ''}). Check host and port in ${p.settings}, or start the server.`,
  ],
  SERVER_NOT_READY: [
    'failed',
    (p: { server: string; reason: string; waited: number }) =>
      `${p.server} takes no connections at the moment: ${p.reason}${p.waited > 0 ? ` (waited ${p.waited} s)` : ''}. Run again when it is up, or wait for it with --wait SECONDS.`,
  ],
  TOO_MANY_CONNECTIONS: [
    'failed',
    (p: { server: string; reason: string; waited: number }) =>
      `${p.server} has no connection left: ${p.reason}${p.waited > 0 ? ` (waited ${p.waited} s)` : ''}. A run needs two. End sessions, raise the limit, or wait with --wait SECONDS.`,
  ],
  LOGIN_REFUSED: [
    'usage',
    (p: { server: string; reason: string; settings: string; advice?: string }) =>
      `${p.server} refused the login: ${p.reason}. ${p.advice ?? `Check user and password in ${p.settings}.`}`,
  ],
  TLS_FAILED: [
    'usage',
    (p: { server?: string; reason: string; advice: string }) =>
      `No encrypted connection${p.server === undefined ? '' : ` to ${p.server}`}: ${p.reason}. ${p.advice}`,
  ],
  DATABASE_UNKNOWN: [
    'usage',
    (p: { database: string; server: string; settings: string }) =>
      `Database "${p.database}" does not exist on ${p.server}. The migrator never creates one: run CREATE DATABASE as an administrator, or correct ${p.settings}.`,
  ],
  DATABASE_CLOSED: [
    'usage',
    (p: { database: string; server: string; reason: string }) =>
      `Database "${p.database}" on ${p.server} takes no connections: ${p.reason}. Name another database, or have it opened by an administrator.`,
  ],
  READ_ONLY: [
    'usage',
    (p: { server: string; why: string; advice: string }) =>
      `${p.server} takes no changes: ${p.why}. Nothing was changed. ${p.advice}`,
  ],
  OUT_OF_RESOURCES: [
    'failed',
    (p: { server: string; doing: string; reason: string; advice: string }) =>
      `${p.server} has run out of something while ${p.doing}: ${p.reason}. ${p.advice}`,
  ],
  ENCODING_UNUSABLE: [
    'usage',
    (p: { doing: string; reason: string; encoding: string }) =>
      `The database's encoding (${p.encoding}) does not have a character that is needed for ${p.doing}: ${p.reason}. Leave the character out, or use a database in UTF8.`,
  ],
  BOOKKEEPING_UNUSABLE: [
    'integrity',
    (p: { table: string; doing: string; reason: string; advice: string }) =>
      `${p.table} cannot be used as it is; while ${p.doing}: ${p.reason}. ${p.advice}`,
  ],
  POSTGRES_REFUSED: [
    'failed',
    (p: { doing: string; reason: string }) =>
      `PostgreSQL refused it while ${p.doing}: ${p.reason}.`,
  ],
  POOLED_CONNECTION: [
    'usage',
    () =>
      'DATABASE_URL leads through a pooler that shares server connections between transactions, so a session lock cannot hold there. Set MIGRATE_DATABASE_URL to a direct URL of the server.',
  ],
  SERVER_TOO_OLD: [
    'usage',
    (p: { server: string; version: string }) =>
      `${p.server} is PostgreSQL ${p.version}. PostgreSQL 15 and newer are supported: upgrade the server, or name another in DATABASE_URL.`,
  ],
  SESSION_LOST: [
    'failed',
    (p: { times: number; reason: string }) =>
      `The connection was lost ${p.times === 1 ? 'once' : `${p.times} times`} (${p.reason}). What was committed is in the journal; run again to go on.`,
  ],
  CODE_TRANSACTION: [
    'failed',
    (p: { name: string; statement: string }) =>
      `The code of ${p.name} runs in the runner's transaction, and may not end it or begin another: ${p.statement}. Nothing of it was applied. Take that out; where it must commit in between, let isTransactional() return false.`,
  ],
  CODE_NOT_AWAITED: [
    'failed',
    (p: { name: string }) =>
      `The code of ${p.name} did not wait for a query of its own. Nothing of it was recorded. Await every query, then run again.`,
  ],
  CODE_NEVER_ENDS: [
    'failed',
    (p: { name: string }) =>
      `The code of ${p.name} waits for a promise that nothing will settle. Nothing of it was recorded. Mend it, then run again.`,
  ],
  TRANSACTION_LEFT_OPEN: [
    'failed',
    (p: { name: string }) =>
      `The code of ${p.name} left a transaction open, which was rolled back. What it did outside of that stands, and nothing of it was recorded. Commit it there, then run again.`,
  ],
} as const satisfies Entries
