import type pg from 'pg'
import { entryStatement, inJournal, type JournalEntry } from '../journal/journal.ts'
import { inLedger, ledgerStatement } from '../journal/ledger.ts'
import type { Segment } from '../plan/segments.ts'
import { authorsMessage, authorsSettings, rollBackAsAuthor } from '../session/author.ts'
import { ASSERT_UNBROKEN, explainBroken, MARK_TRANSACTION } from '../session/authors-transaction.ts'
import { COMMITS_DURABLY, COMMITS_LATER } from '../session/side-settings.ts'
import { isConnectionLost, isRetried } from '../session/connect.ts'
import { suspectRemoved } from '../session/prepared.ts'
import { errorIn } from './error-in-message.ts'
import { FailedStatement } from './failed-statement.ts'
import { mayCall } from './plain-segment.ts'
import type { SegmentContext } from './context.ts'

/** What a plain segment writes around its statements. */
export interface PlainRecord {
  /** Its `started`; undefined where that is there already. */
  readonly started: JournalEntry | undefined
  readonly done: JournalEntry
  /** Whether it may be lost in a crash, with all that comes after it. */
  readonly commitsLater: boolean
}

/** What became of it. `unsent`: it is to be tried statement by statement, which says what is wrong. */
export type Outcome = 'done' | 'unsent'

/**
 * One try of a segment between whose statements nothing is decided, as one message: `started` in a transaction of its own,
 * then the statements with `done` and the ledger, all of them or nothing. The session is afterwards what it was before.
 * The author has set nothing, and the migrator's side is in force. `onStarted` is called where `started` is committed.
 * Throws FailedStatement, LOCK_LOST, TRANSACTION_ENDED, or the error of a lost connection.
 */
export async function sendPlain(
  segment: Segment,
  context: SegmentContext,
  record: PlainRecord,
  onStarted: () => void,
): Promise<Outcome> {
  const { client } = context.session
  const message = compose(segment, context, record)
  const sent = performance.now()
  let completed = 0
  const count = () => (completed += 1)
  client.connection.on('commandComplete', count)
  try {
    await client.query(message.texts.join(SEPARATOR))
    onStarted()
    return 'done'
  } catch (error) {
    if (isConnectionLost(error)) throw error
    // The rollback completes, too.
    const failed = { error, completed, milliseconds: performance.now() - sent }
    if (completed >= message.statements) onStarted()
    await rollBackAsAuthor(client, authorsSettings(client))
    return await explain(segment, context, message, failed)
  } finally {
    client.connection.off('commandComplete', count)
    suspectRemoved(client)
  }
}

/** A statement may end with a comment. */
const SEPARATOR = '\n;\n'

interface Message {
  readonly texts: readonly string[]
  /** The places of the first statement, and of what comes after the last one. */
  readonly statements: number
  readonly record: number
}

function compose(
  segment: Segment,
  { session, actor, ledgerTable }: SegmentContext,
  { started, done, commitsLater }: PlainRecord,
): Message {
  const { lockTimeout, statementTimeout, longStatementTimeout } = session.limits
  const limits = {
    lock_timeout: String(lockTimeout),
    statement_timeout: String(segment.isLongRunning ? longStatementTimeout : statementTimeout),
  }
  const { begin, enter, leave } = authorsMessage(session.client, limits, mayCall(segment))
  const before = [...(started ? startedTexts(actor, started) : []), begin, MARK_TRANSACTION, enter]
  const statements = segment.statements.map(({ sql }) => sql)
  const record = [
    leave,
    ASSERT_UNBROKEN,
    entryStatement(actor, done, sinceThen(done.durationMs)),
    ...(segment.isLast ? [ledgerStatement(ledgerTable, segment)] : []),
    commitsLater ? COMMITS_LATER : COMMITS_DURABLY,
    'commit',
  ]
  return {
    texts: [...before, ...statements, ...record],
    statements: before.length,
    record: before.length + statements.length,
  }
}

/** `started` needs not be on disk: where it is lost, so is what it announces. */
function startedTexts(actor: SegmentContext['actor'], entry: JournalEntry): string[] {
  return ['begin', COMMITS_LATER, entryStatement(actor, entry), 'commit']
}

/** Milliseconds, with those since the message has arrived. */
function sinceThen(before = 0): string {
  const since = 'extract(epoch from clock_timestamp() - statement_timestamp()) * 1000'
  return `(${before.toFixed(3)} + ${since})::integer`
}

async function explain(
  segment: Segment,
  { ledgerTable }: SegmentContext,
  { texts, statements, record }: Message,
  { error, completed, milliseconds }: { error: unknown; completed: number; milliseconds: number },
): Promise<Outcome> {
  const statement = segment.statements[completed - statements]
  if (completed >= statements && completed < record && statement) {
    const before = texts.slice(0, completed).map((text) => text + SEPARATOR)
    const alone = errorIn(error, before.join(''))
    throw isRetried(error) ? alone : new FailedStatement(statement.sql, milliseconds, alone)
  }
  if (isRetried(error)) throw error
  // Statements that call nothing release no lock: then it was gone before.
  const mayBreak = completed === record + 1 && mayCall(segment)
  const broken = mayBreak ? explainBroken(error, segment.migration) : error
  if (broken !== error) throw broken
  if (completed === record + 2) return inJournal(() => Promise.reject(error))
  if (completed === record + 3 && segment.isLast)
    return inLedger(ledgerTable, () => Promise.reject(error))
  // Everything else that is not the author's is refused again, in its own words.
  return 'unsent'
}

/** Writes `started` before a segment that goes statement by statement in a transaction. */
export async function sendStarted(
  client: pg.Client,
  actor: SegmentContext['actor'],
  entry: JournalEntry,
): Promise<boolean> {
  try {
    await client.query(startedTexts(actor, entry).join(SEPARATOR))
    return true
  } catch (error) {
    if (isConnectionLost(error)) throw error
    await client.query('rollback')
    return false
  }
}
