import type pg from 'pg'
import { failure, MigratorError } from '../errors/index.ts'
import type { Backfill, Statement } from '../migration.ts'
import type { Segment } from '../plan/segments.ts'
import { lendToCode } from '../session/code-session.ts'
import { firstViolation } from './checks.ts'
import { FailedStatement } from './failed-statement.ts'
import { cleanUpOutside, isAlreadyThere } from './completion.ts'
import { changesTables, CHECK_DEFERRED, mayWriteRows } from './deferred.ts'
import type { Evidence } from './evidence.ts'
import { readStrangersRelations, refuseWritten } from './strangers.ts'
import { LeftBehind } from '../locks/give-up.ts'
import { isConnectionLost, isRetried } from '../session/connect.ts'
import {
  asAuthorOutside,
  assertLockHeld,
  inAuthorsTransaction,
} from '../session/authors-transaction.ts'
import { suspectRemoved } from '../session/prepared.ts'
import { inTransaction } from '../session/transaction.ts'
import { listened } from '../session/statements.ts'
import { changesPath, refuseNewPath, refusePathSetBefore } from '../journal/path-in-force.ts'
import type { Session } from '../session/session.ts'

/** Writes `done`, and with the last segment the ledger, in the transaction that is open. */
export type Finish = (rows: number) => Promise<void>

/** What accompanies the statements of a segment in its transaction: the archive keeps and restores. */
export interface Companion {
  run(
    statement: Statement,
    execute: () => Promise<number>,
    rest: readonly Statement[],
  ): Promise<number>
  /** Runs what may call the author's code between two statements. */
  watch(work: () => Promise<unknown>): Promise<unknown>
  end(): Promise<void>
  /** After the segment was rolled back. */
  undone(): Promise<void>
}

const ALONE: Companion = {
  run: async (_, execute) => execute(),
  watch: async (work) => work(),
  end: async () => {},
  undone: async () => {},
}

/**
 * One try of a segment: all of it and its `done`, or nothing.
 * Throws FailedStatement, ENSURES, POOLED_CONNECTION, INDEX_IN_THE_WAY, or the error of a lost connection.
 */
export async function attempt(segment: Segment, session: Session, ways: Ways): Promise<void> {
  await (segment.mode === 'outside'
    ? runOutside(segment, session, ways)
    : runInTransaction(segment, session, ways))
}

export interface Ways {
  readonly finish: Finish
  /** The archive, where it takes part. */
  readonly accompany?: () => Promise<Companion | undefined>
  /** What a statement outside of a transaction is about. */
  readonly evidence: Evidence | undefined
  /** Runs a backfill, which has transactions of its own. Returns how many rows it has changed. */
  readonly fill: (backfill: Backfill) => Promise<number>
}

async function runInTransaction(
  segment: Segment,
  session: Session,
  { finish, accompany = async () => undefined }: Ways,
): Promise<void> {
  const { client, limits } = session
  const { lockTimeout } = limits
  const statementTimeout = segment.isLongRunning
    ? limits.longStatementTimeout
    : limits.statementTimeout
  let companion = ALONE
  const work = async () => {
    companion = (await accompany()) ?? ALONE
    const rows = await runBody(segment, session, companion)
    await companion.end()
    const says = await firstViolation(client, segment.ensures)
    if (says !== undefined) throw failure(ensuresCode(segment), { name: segment.migration, says })
    return rows
  }
  const { migration: name } = segment
  const mayWrite = segment.run !== undefined || segment.statements.some(mayWriteRows)
  const strangers = mayWrite ? await readStrangersRelations(client) : []
  const record = async (rows: number) => {
    await refuseWritten(client, strangers)
    await finish(rows)
  }
  const authors = { name, work, record }
  try {
    await inAuthorsTransaction(session, { lockTimeout, statementTimeout }, authors)
  } catch (error) {
    if (!isConnectionLost(error) && !session.transaction) await companion.undone()
    throw error
  }
}

/**
 * PostgreSQL refuses a transaction here. CONCURRENTLY has no lock timeout: one that strikes in the middle of
 * a build leaves an invalid index. Its waiting has a budget instead, which the watch keeps.
 */
async function runOutside(
  segment: Segment,
  session: Session,
  { finish, evidence, fill }: Ways,
): Promise<void> {
  const { client, limits } = session
  const [statement] = segment.statements
  const { backfill } = statement ?? {}
  if (statement && backfill) {
    const rows = await listened(session.onStatement, statement.sql, () => fill(backfill))
    return inTransaction(client, () => finish(rows))
  }
  const lockTimeout = statement?.completion?.probe === 'repeatable' ? limits.lockTimeout : 0
  let rows = 0
  if (!statement || !(await isAlreadyThere(client, statement, evidence))) {
    try {
      const { longStatementTimeout: statementTimeout } = limits
      rows = await asAuthorOutside(client, { lockTimeout, statementTimeout }, () =>
        runBody(segment, session, ALONE),
      )
    } catch (error) {
      if (statement && !isConnectionLost(error)) await clear(client, statement, evidence, error)
      throw error
    }
  }
  const after = 'What it did outside of a transaction stands; the next run looks after it.'
  await assertLockHeld(client, segment.migration, after)
  await inTransaction(client, () => finish(rows))
}

async function clear(
  client: pg.Client,
  statement: Statement,
  evidence: Evidence | undefined,
  error: unknown,
): Promise<void> {
  try {
    await cleanUpOutside(client, statement, evidence)
  } catch (problem) {
    if (isConnectionLost(problem)) throw problem
    throw new LeftBehind(error)
  }
}

async function runBody(
  segment: Segment,
  { client, onStatement }: Session,
  companion: Companion,
): Promise<number> {
  let rows = 0
  let hasWritten = false
  await refusePathSetBefore(client)
  for (const [i, statement] of segment.statements.entries()) {
    const started = performance.now()
    const execute = async () => (await send(client, statement.sql)).rowCount ?? 0
    try {
      if (hasWritten && changesTables(statement)) {
        await companion.watch(() => send(client, CHECK_DEFERRED))
        hasWritten = false
      }
      rows += await listened(onStatement, statement.sql, () =>
        companion.run(statement, execute, segment.statements.slice(i + 1)),
      )
      if (maySetPath(statement)) await refuseNewPath(client)
      hasWritten ||= mayWriteRows(statement)
    } catch (error) {
      if (isConnectionLost(error) || isRetried(error) || error instanceof MigratorError) throw error
      throw new FailedStatement(statement.sql, performance.now() - started, error)
    }
  }
  const { run } = segment
  if (run) {
    const { migration: name, mode } = segment
    const isTransactional = mode === 'transaction'
    await lendToCode(client, { name, isTransactional, afterQuery: lookAfter(client) }, run)
  }
  return rows
}

/** What the author's functions and triggers have a part in. */
async function send(client: pg.Client, sql: string): Promise<pg.QueryResult> {
  return client.query(sql).finally(() => suspectRemoved(client))
}

/** For code: only a query that may set another path is followed by a look. */
export function lookAfter(client: pg.Client): (sql: string) => Promise<void> {
  return async (sql) => {
    suspectRemoved(client)
    if (changesPath(sql)) await refuseNewPath(client)
  }
}

/** What rows set off may set something, too. */
function maySetPath(statement: Statement): boolean {
  return mayWriteRows(statement) || changesPath(statement.sql)
}

/** An empty segment after others only checks: their work stays, whether or not the check holds. */
function ensuresCode(segment: Segment): 'ENSURES' | 'ENSURES_IN_DOUBT' {
  return segment.statements.length === 0 && !segment.run ? 'ENSURES_IN_DOUBT' : 'ENSURES'
}
