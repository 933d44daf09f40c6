import { failure } from '../errors.ts'
import type { Segment } from '../plan/segments.ts'
import { firstViolation } from './checks.ts'
import { cleanUpOutside, isAlreadyThere } from './completion.ts'
import { isConnectionLost, sqlState } from './connect.ts'
import { holdsLock, resetSettings, type Session } from './session.ts'

/** Writes `done`, and with the last segment the ledger, in the transaction that is open. */
export type Finish = (rows: number) => Promise<void>

/** A statement of the migration that PostgreSQL refused, as opposed to one of the runner's own. */
export class FailedStatement extends Error {
  override readonly name = 'FailedStatement'
  readonly sql: string

  constructor(sql: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.sql = sql
  }
}

/** Lock not available, deadlock, serialization failure: the same segment may succeed a moment later. */
const RETRIED = new Set(['55P03', '40P01', '40001'])

export function isRetried(error: unknown): boolean {
  return RETRIED.has(sqlState(error) ?? '')
}

/**
 * One try of a segment: all of it and its `done`, or nothing.
 * Throws FailedStatement, ENSURES, POOLED_CONNECTION, INDEX_IN_THE_WAY, or the error of a lost connection.
 */
export async function attempt(segment: Segment, session: Session, finish: Finish): Promise<void> {
  try {
    await (segment.mode === 'outside' ? runOutside : runInTransaction)(segment, session, finish)
  } finally {
    if (leavesSettings(segment)) await resetSettings(session).catch(() => {})
  }
}

async function runInTransaction(segment: Segment, session: Session, finish: Finish): Promise<void> {
  const { client, limits } = session
  try {
    await client.query('begin')
    for (const setting of segment.settings) await client.query(setting)
    const statementTimeout = segment.long ? limits.longStatementTimeout : limits.statementTimeout
    if (!(await holdsLock(client, { lockTimeout: limits.lockTimeout, statementTimeout }))) {
      throw failure('POOLED_CONNECTION')
    }
    const rows = await runBody(segment, session)
    const says = await firstViolation(client, segment.ensures)
    if (says !== undefined) throw failure(ensuresCode(segment), { name: segment.migration, says })
    await finish(rows)
    await client.query('commit')
  } catch (error) {
    if (!isConnectionLost(error)) await client.query('rollback')
    throw error
  }
}

/**
 * PostgreSQL refuses a transaction here. No lock timeout either: one that strikes in the middle of a
 * concurrent build leaves an invalid index. The statement has a budget of its own instead.
 */
async function runOutside(segment: Segment, session: Session, finish: Finish): Promise<void> {
  const { client, limits } = session
  for (const setting of segment.settings) await client.query(setting)
  await client.query(
    `select set_config('lock_timeout', '0', false), set_config('statement_timeout', $1, false)`,
    [String(limits.longStatementTimeout)],
  )
  const [statement] = segment.statements
  let rows = 0
  if (!statement || !(await isAlreadyThere(client, statement))) {
    try {
      rows = await runBody(segment, session)
    } catch (error) {
      if (statement && !isConnectionLost(error)) await cleanUpOutside(client, statement)
      throw error
    }
  }
  await client.query('begin')
  await finish(rows)
  await client.query('commit')
}

async function runBody(segment: Segment, { client }: Session): Promise<number> {
  let rows = 0
  for (const { sql } of segment.statements) {
    try {
      const { rowCount } = await client.query(sql)
      rows += rowCount ?? 0
    } catch (error) {
      if (isConnectionLost(error) || isRetried(error)) throw error
      throw new FailedStatement(sql, error)
    }
  }
  await segment.run?.({ query: async (sql, values) => client.query(sql, values && [...values]) })
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
