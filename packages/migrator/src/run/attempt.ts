import type pg from 'pg'
import { failure, MigratorError } from '../errors.ts'
import type { Statement } from '../migration.ts'
import type { Segment } from '../plan/segments.ts'
import { lendToCode } from '../session/code-session.ts'
import { firstViolation } from './checks.ts'
import { FailedStatement } from './failed-statement.ts'
import { cleanUpOutside, isAlreadyThere } from './completion.ts'
import { isConnectionLost, isRetried } from '../session/connect.ts'
import { inTransaction } from '../session/in-transaction.ts'
import { holdsLock, resetSettings, type Session } from '../session/session.ts'

/** Writes `done`, and with the last segment the ledger, in the transaction that is open. */
export type Finish = (rows: number) => Promise<void>

/** Runs a statement inside the transaction of its segment; returns how many rows it met. */
export type Execute = (client: pg.Client, statement: Statement) => Promise<number>

const executePlainly: Execute = async (client, { sql }) => (await client.query(sql)).rowCount ?? 0

/** A statement outside a transaction failed (the cause), and what is left of it could not be removed. */
export class LeftBehind extends Error {
  override readonly name = 'LeftBehind'

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/**
 * One try of a segment: all of it and its `done`, or nothing.
 * Throws FailedStatement, ENSURES, POOLED_CONNECTION, INDEX_IN_THE_WAY, or the error of a lost connection.
 */
export async function attempt(
  segment: Segment,
  session: Session,
  finish: Finish,
  execute: Execute = executePlainly,
): Promise<void> {
  try {
    await (segment.mode === 'outside'
      ? runOutside(segment, session, finish)
      : runInTransaction(segment, session, finish, execute))
  } finally {
    if (leavesSettings(segment)) await resetSettings(session).catch(() => {})
  }
}

async function runInTransaction(
  segment: Segment,
  session: Session,
  finish: Finish,
  execute: Execute,
): Promise<void> {
  const { client, limits } = session
  await inTransaction(client, async () => {
    for (const setting of segment.settings) await client.query(setting)
    const statementTimeout = segment.long ? limits.longStatementTimeout : limits.statementTimeout
    if (!(await holdsLock(client, { lockTimeout: limits.lockTimeout, statementTimeout }))) {
      throw failure('POOLED_CONNECTION')
    }
    const rows = await runBody(segment, session, execute)
    const says = await firstViolation(client, segment.ensures)
    if (says !== undefined) throw failure(ensuresCode(segment), { name: segment.migration, says })
    await finish(rows)
  })
}

/**
 * PostgreSQL refuses a transaction here. CONCURRENTLY has no lock timeout: one that strikes in the middle of
 * a build leaves an invalid index. Its waiting has a budget instead, which the watch keeps.
 */
async function runOutside(segment: Segment, session: Session, finish: Finish): Promise<void> {
  const { client, limits } = session
  // Parallel workers starve a small machine; a migration that wants them SETs this itself.
  await client.query(`set max_parallel_maintenance_workers = 0`)
  for (const setting of segment.settings) await client.query(setting)
  const [statement] = segment.statements
  const lockTimeout = statement?.completion?.probe === 'repeatable' ? limits.lockTimeout : 0
  await client.query(
    `select set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false)`,
    [String(lockTimeout), String(limits.longStatementTimeout)],
  )
  let rows = 0
  if (!statement || !(await isAlreadyThere(client, statement))) {
    try {
      rows = await runBody(segment, session, executePlainly)
    } catch (error) {
      if (statement && !isConnectionLost(error)) await clear(client, statement, error)
      throw error
    }
  }
  await inTransaction(client, () => finish(rows))
}

async function clear(client: pg.Client, statement: Statement, error: unknown): Promise<void> {
  try {
    await cleanUpOutside(client, statement)
  } catch (problem) {
    if (isConnectionLost(problem)) throw problem
    throw new LeftBehind(error)
  }
}

async function runBody(segment: Segment, { client }: Session, execute: Execute): Promise<number> {
  let rows = 0
  for (const statement of segment.statements) {
    const started = performance.now()
    try {
      rows += await execute(client, statement)
    } catch (error) {
      if (isConnectionLost(error) || isRetried(error) || error instanceof MigratorError) throw error
      throw new FailedStatement(statement.sql, performance.now() - started, error)
    }
  }
  const { run } = segment
  if (run) await lendToCode(client, run)
  return rows
}

/** An empty segment behind others only looks: what they did stays, whether or not it is as promised. */
function ensuresCode(segment: Segment): 'ENSURES' | 'ENSURES_IN_DOUBT' {
  return segment.statements.length === 0 && !segment.run ? 'ENSURES_IN_DOUBT' : 'ENSURES'
}

function leavesSettings(segment: Segment): boolean {
  return (
    segment.mode === 'outside' ||
    segment.settings.length > 0 ||
    segment.statements.some((statement) => statement.setting)
  )
}
