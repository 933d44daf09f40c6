import { foreseeCopies, mayNeedCopies, type ForeseenCopy } from '../archive/foresee.ts'
import { copyWatched, findPrepared, readPrepared, watchTable } from '../archive/prepared-copy.ts'
import type { ArchiveRun } from '../archive/record.ts'
import { dropEntry, type ArchiveEntry } from '../archive/schema.ts'
import { beginLockWait, lockRequest, type LockRequest } from '../locks/lock-wait.ts'
import { retryUntilLocked } from '../locks/retry.ts'
import { secureBookkeeping } from '../journal/rights.ts'
import type { LockMode } from '../migration.ts'
import type { Segment } from '../plan/segments.ts'
import { inTransaction } from '../session/transaction.ts'
import type { SegmentContext } from './context.ts'

type Context = Pick<SegmentContext, 'session' | 'actor' | 'onEvent'>
type CopyContext = Context & Pick<SegmentContext, 'archive' | 'ledgerTable'>

/**
 * Copies what a segment will take from large tables, before it begins, while the application reads and writes on.
 * What an interrupted run has copied for the same segment is used.
 * Throws NOT_KEPT above the limit of the archive, LOCK_BUDGET_SPENT.
 */
export async function prepareCopies(segment: Segment, context: CopyContext): Promise<void> {
  const { session, actor, archive } = context
  const { statements, direction, migration, checksum, index } = segment
  // What is done in a transaction of the caller's is all of it.
  if (!archive || session.transaction || segment.mode !== 'transaction') return
  if (!mayNeedCopies(statements)) return
  const { lose, limit } = archive
  const { lockTimeout } = session.limits
  const run = { actor, migration, checksum, direction, segment: index, lose, limit }
  const foreseen = await retryUntilLocked(
    lockRequest(migration, index),
    context,
    beginLockWait(),
    () =>
      foreseeCopies(session.client, {
        statements,
        own: archive.statements,
        direction,
        lose,
        lockTimeout,
      }),
  )
  for (const copy of foreseen) await prepareCopy(segment, context, run, copy)
}

async function prepareCopy(
  segment: Segment,
  context: CopyContext,
  run: ArchiveRun,
  copy: ForeseenCopy,
): Promise<void> {
  const { client } = context.session
  const { migration, index } = segment
  const found = await findPrepared(client, run, copy)
  if (found?.facts.prepared.files !== undefined) return
  if (!found) {
    await withLock(segment, context, copy, 'SHARE ROW EXCLUSIVE', () =>
      watchTable(client, run, copy),
    )
  }
  const entry = await findPrepared(client, run, copy)
  if (!entry) return
  const object = copy.columns.map(({ name }) => `${copy.table.label}.${name}`).join(', ')
  const started = performance.now()
  context.onEvent({ type: 'copying', migration, segment: index, object, bytes: copy.table.bytes })
  const { rows, bytes } = await withLock(segment, context, copy, 'ACCESS SHARE', async () => {
    const copied = await copyWatched(client, run, copy, entry)
    await secureBookkeeping(client, context.ledgerTable)
    return copied
  })
  const milliseconds = performance.now() - started
  context.onEvent({ type: 'copied', migration, segment: index, object, rows, bytes, milliseconds })
}

/** Removes the copies that no segment will ask for. */
export async function removePrepared(
  context: Context,
  isNeeded: (entry: ArchiveEntry) => boolean = () => false,
): Promise<void> {
  const { client } = context.session
  for (const entry of await readPrepared(client, context.actor.ledger)) {
    if (isNeeded(entry)) continue
    const { migration, schema, table: name } = entry
    const request = lockRequest(migration, 1)
    await withLock(request, context, { table: { schema, name } }, 'ACCESS EXCLUSIVE', () =>
      dropEntry(client, entry),
    )
  }
}

/** Tries like a segment: it waits for nobody in a queue for longer than one try. */
async function withLock<T>(
  request: LockRequest,
  context: Context,
  { table }: { readonly table: { readonly schema: string; readonly name: string } },
  mode: LockMode,
  work: () => Promise<T>,
): Promise<T> {
  const { client, limits } = context.session
  const lock = { schema: table.schema, table: table.name, mode }
  const locks = [lock, { ...lock, through: 'partitions' }] as const
  const statements = [{ sql: '', isSet: false, locks }]
  return retryUntilLocked({ ...request, statements }, context, beginLockWait(), () =>
    inTransaction(client, async () => {
      await client.query(
        `select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)`,
        [String(limits.lockTimeout), String(limits.longStatementTimeout)],
      )
      return work()
    }),
  )
}
