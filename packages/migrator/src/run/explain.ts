import { messageFrom } from '../errors/message-from.ts'
import { failure, MigratorError } from '../errors/index.ts'
import type { Segment } from '../plan/segments.ts'
import { LeftBehind } from '../locks/give-up.ts'
import { showHarmlessRow } from './failed-row.ts'
import { FailedStatement } from './failed-statement.ts'
import { adviceOnRestoredRows } from './restored-key.ts'
import { findDoing } from '../session/during.ts'
import type { NextStep } from '../errors/next-step.ts'
import { adviceOnResources, explainRefusal } from '../session/explain.ts'
import { privilegeSteps } from '../session/privileges.ts'
import { maskSecrets } from '../errors/mask-secrets.ts'
import {
  findPostgresError,
  hideValue,
  isGone,
  renderPosition,
  type PostgresError,
} from '../errors/postgres-error.ts'
import type { Session, Limits } from '../session/session.ts'
import { sqlState } from '../session/connect.ts'

/** Of the session, and what was raised before the error. */
type Refused = Pick<Session, 'limits' | 'client'> & { readonly notices: readonly PostgresError[] }

/**
 * STATEMENT_FAILED, with what PostgreSQL says and what is left; what it refused of our own statements;
 * BOOKKEEPING_DROPPED; a MigratorError stays what it is.
 */
export async function explainFailure(
  segment: Segment,
  error: unknown,
  { limits, client, notices }: Refused,
): Promise<MigratorError> {
  if (error instanceof MigratorError) return error
  await showHarmlessRow(client, error)
  const failed = error instanceof LeftBehind ? error.cause : error
  const refusal = refusalOfOurs(failed, segment, client)
  if (refusal) return refusal
  const isStatement = failed instanceof FailedStatement
  if (isStatement && maskSecrets(failed.sql) !== failed.sql) hideValue(failed)
  const code = segment.run ? 'the code of the migration' : placeOf(segment, failed)
  const postgres = findPostgresError(failed)
  const advice = adviceOn(failed, segment, postgres?.sqlstate)
  const rows = await adviceOnRestoredRows(client, postgres)
  const stands = describeStanding(segment)
  const left = error instanceof LeftBehind ? ' The next run removes what it left.' : ''
  const outcome =
    segment.mode === 'transaction'
      ? 'This segment was rolled back.'
      : `It ran outside a transaction${left === '' ? ', so a part of its work may stand' : ''}.`
  return failure(
    'STATEMENT_FAILED',
    {
      name: segment.migration,
      segment: segment.index,
      reason: explainReason(failed, segment, limits),
      statement: isStatement ? failed.sql : code,
      place: isStatement ? placeIn(failed.sql, postgres?.position) : undefined,
      after: `${outcome}${stands}${left} ${advice}${rows}`,
      ...(notices.length > 0 && { notices }),
      next: stepsFor(failed, segment, { limits, client, notices }),
    },
    error,
  )
}

function placeOf({ statements }: Segment, failed: unknown): string {
  const isOfBackfill = findDoing(failed) === undefined && statements.some((one) => one.backfill)
  return isOfBackfill ? 'its backfill' : 'the bookkeeping of the migrator'
}

/** What PostgreSQL refused of what the migrator itself was about. */
function refusalOfOurs(
  failed: unknown,
  { migration: name }: Segment,
  client: Session['client'],
): MigratorError | undefined {
  const hasOurs = findDoing(failed) !== undefined
  if (!hasOurs || isMadeReadOnly(failed)) return undefined
  // Before the segment it was there.
  if (isGone(failed)) {
    return failure('BOOKKEEPING_DROPPED', { name, reason: messageFrom(failed) }, failed)
  }
  const refusal = explainRefusal(failed, client)
  return refusal instanceof MigratorError ? refusal : undefined
}

function describeStanding({ index, direction, migration, mode }: Segment): string {
  if (index > 1) {
    return ` The segments before it remain ${direction === 'up' ? 'applied' : 'reverted'}.`
  }
  return direction === 'down' && mode === 'transaction' ? ` ${migration} is applied as before.` : ''
}

function adviceOn(failed: unknown, { direction }: Segment, sqlstate = ''): string {
  if (isMadeReadOnly(failed)) {
    return 'The migration makes its transaction read-only, and nothing that it did can be recorded: remove that, then run again.'
  }
  if (sqlstate === '2D000') {
    return 'COMMIT and ROLLBACK of a procedure or of DO need a migration that is in no transaction (isTransactional() returns false). Change that, then run again.'
  }
  const advice =
    direction === 'up'
      ? 'Remove the cause, then run again.'
      : 'If rows or objects are in its way, change them, then run again. If its down is wrong, correct it in the file.'
  return adviceOnResources(sqlstate) ?? advice
}

/** Before the segment the journal was written, so no server and no setting of it refuses changes: the migration does. */
function isMadeReadOnly(failed: unknown): boolean {
  return !(failed instanceof FailedStatement) && findPostgresError(failed)?.sqlstate === '25006'
}

/** One line of a statement with a secret may hold the secret without its name. */
function placeIn(sql: string, position: number | undefined): string | undefined {
  return maskSecrets(sql) === sql ? renderPosition(sql, position) : undefined
}

/** PostgreSQL gives a timeout and a cancel one code (57014). The time shows whether the limit was ours. */
function explainReason(error: unknown, { isLongRunning }: Segment, limits: Limits): string {
  // What code says of its own failure may have PostgreSQL's error as its cause.
  if (!(error instanceof FailedStatement)) return messageFrom(error)
  const reason = findPostgresError(error)?.message ?? messageFrom(error)
  if (sqlState(error.cause) !== '57014') return reason
  const limit = isLongRunning ? limits.longStatementTimeout : limits.statementTimeout
  if (error.milliseconds < limit) {
    return `${reason} (by another session, or by a limit that the migration set)`
  }
  return `${reason} (the limit of ${limit / 1000} s for one statement)`
}

/** What to run after PostgreSQL refused: a statement that grants what is missing, or the run with a higher limit. */
function stepsFor(
  error: unknown,
  segment: Segment,
  { limits, client }: Refused,
): readonly NextStep[] {
  const { isLongRunning, direction, index, mode } = segment
  const postgres = findPostgresError(error)
  if (postgres?.sqlstate === '42501') return privilegeSteps(postgres, client.user)
  const isOurLimit =
    error instanceof FailedStatement &&
    postgres?.sqlstate === '57014' &&
    !isLongRunning &&
    error.milliseconds >= limits.statementTimeout
  if (!isOurLimit) {
    const isWhole = direction === 'down' && index === 1 && mode === 'transaction'
    return isWhole && adviceOnResources(postgres?.sqlstate ?? '') === undefined
      ? correctDown(segment)
      : []
  }
  return [
    { command: 'again', options: { statementTimeout: 'SECONDS' }, why: 'To give it more time' },
  ]
}

/** What was applied stays as it is: that the file is another one now changes nothing of the schema. */
function correctDown({ migration }: Segment): readonly NextStep[] {
  return [
    { command: 'hash', why: 'Once it is corrected' },
    {
      command: 'repair',
      args: [migration],
      options: { checksum: true, reason: 'WHY' },
      why: 'Then, to record that only the way back is another one',
    },
    { command: 'again', why: 'And at last' },
  ]
}
