import type pg from 'pg'
import type { DatabaseState, OpenEntry } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import type { Statement } from '../migration.ts'
import { writeLedger } from '../journal/ledger.ts'
import { beginLockWait, lockRequest, type LockWaitContext } from '../locks/lock-wait.ts'
import { appendEntry, type JournalEntry, type Writer } from '../journal/journal.ts'
import { recoverInterrupted } from './completion.ts'
import { readFacts, isProbed, readOnlyMeaning, type Evidence } from './evidence.ts'
import { retryUntilLocked } from '../locks/retry.ts'
import { interruptedSegments } from './leftovers.ts'
import { continueAuthor } from '../session/author.ts'
import { inTransaction } from '../session/transaction.ts'
import { readStatements } from '../sql/read-statement.ts'

/**
 * Settles every interrupted segment: one outside a transaction from the catalog, by the statement that the
 * journal has of it. True where it wrote something, so that the state must be read again. The lock is held:
 * no orphan of a lost session can still be at work, since its lock would be. To clear an index away it waits
 * for others' transactions, within the budget for locks.
 * Throws IN_DOUBT, INDEX_IN_THE_WAY, LOCK_BUDGET_SPENT.
 */
export async function recover(state: DatabaseState, context: LockWaitContext): Promise<boolean> {
  const { session, actor, onEvent } = context
  const { client } = session
  const interrupted = interruptedSegments(state)
  for (const entry of interrupted) {
    const { migration, segment, mode } = entry
    const isComplete =
      mode === 'outside' &&
      (await retryUntilLocked(lockRequest(migration, segment, mode), context, beginLockWait(), () =>
        tookEffect(client, entry),
      ))
    const how = isComplete ? 'it had taken effect' : 'it had not taken effect and will run again'
    onEvent({ type: 'recovered', migration, segment, how })
    if (isComplete) await recordCompletion(client, state.ledgerTable, actor, entry, 'recovered')
    else await recordLoss(client, actor, entry, { event: 'no-effect' })
  }
  return interrupted.length > 0
}

/** Throws IN_DOUBT where the catalog does not tell. */
async function tookEffect(client: pg.Client, entry: OpenEntry): Promise<boolean> {
  const [journalled] = entry.statements
  // Only a CALL or DO depends on this, and those have no probe in either reading.
  const [statement] = journalled ? await readStatements(journalled.sql, false) : []
  // What could have run in a transaction is a backfill, which goes on from where it was.
  if (statement && statement.boundary !== 'outside') return false
  const { session, evidence } = readFacts(entry)
  continueAuthor(client, session)
  try {
    const outcome = statement
      ? await recoverInterrupted(client, statement, evidence ?? (await guess(client, statement)))
      : { unknown: 'PostgreSQL keeps no trace of it.' }
    if (typeof outcome === 'object') throw inDoubt(entry, outcome.unknown)
    return outcome === 'complete'
  } finally {
    continueAuthor(client)
  }
}

/** An older release kept no evidence. */
async function guess(client: pg.Client, { completion }: Statement): Promise<Evidence | undefined> {
  return completion && isProbed(completion) ? readOnlyMeaning(client, completion) : undefined
}

/** Writes that an open segment did not take effect. Without statements: nothing of it counts as done. */
export async function recordLoss(
  client: pg.Client,
  actor: Writer,
  { migration, direction, segment, segments, mode }: OpenEntry,
  how: Pick<JournalEntry, 'event' | 'note'>,
): Promise<void> {
  await appendEntry(client, actor, { ...how, migration, direction, segment, segments, mode })
}

/** Writes that an open segment took effect, and the ledger where it was the last of its migration. */
export async function recordCompletion(
  client: pg.Client,
  ledgerTable: string,
  actor: Writer,
  entry: OpenEntry,
  event: 'recovered' | 'resolved',
): Promise<void> {
  const { migration, direction, segment, segments, mode, statements, checksum } = entry
  const final = segment === segments
  await inTransaction(client, async () => {
    await appendEntry(client, actor, {
      event,
      migration,
      direction,
      segment,
      segments,
      mode,
      final,
      statements,
      ...(checksum !== null && { checksum }),
    })
    if (final) await writeLedger(client, ledgerTable, { migration, direction })
  })
}

function inDoubt({ migration, segment, statements }: OpenEntry, reason: string) {
  const statement = statements[0]?.sql ?? 'the code of the migration'
  const check = `${reason} Look at what it makes, removes or changes.`
  return failure('IN_DOUBT', { name: migration, segment, statement, check })
}
