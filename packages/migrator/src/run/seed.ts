import { messageFrom } from '../errors/message-from.ts'
import { failure, MigratorError } from '../errors/index.ts'
import type { KeptRow } from '../events.ts'
import type { OpenProject, RunnableProject } from '../project/project.ts'
import { lendToCode } from '../session/code-session.ts'
import { isConnectionLost } from '../session/connect.ts'
import { lookAfter } from './attempt.ts'
import { beginLockWait, lockRequest, type LockWaitContext } from '../locks/lock-wait.ts'
import { appendEntry } from '../journal/journal.ts'
import { readBase } from '../reference/base.ts'
import { mergeReferenceData, type MergeResult } from '../reference/merge.ts'
import { inAuthorsTransaction } from '../session/authors-transaction.ts'
import { retryUntilLocked } from '../locks/retry.ts'
import { readStrangersRelations, refuseWritten } from './strangers.ts'

/** What is not the fault of the seeders. */
const KNOWN: ReadonlySet<string> = new Set([
  'LOCK_BUDGET_SPENT',
  'OBJECT_UNTRUSTED',
  'PATH_UNTRUSTED',
  'REFERENCE_DATA_INVALID',
])

/** What seeding did. */
export interface Seeded {
  /** A line for each row of reference data that was changed or kept, and what the seeders report. */
  readonly seeded: readonly string[]
  readonly kept?: readonly KeptRow[]
}

/** What a run knows of what it seeds. */
export interface SeedRequest extends Pick<OpenProject, 'seedersChecksum'> {
  /** False where what the seeders left may have gone for good since. */
  readonly isWhole: boolean
  /** True where rows that were deleted are asked for. */
  readonly restoresDeleted: boolean
}

/**
 * Merges the reference data, runs the seeders and journals both with their checksum, in one transaction, which is tried
 * again like a segment's where it meets a lock.
 * Throws SEED_FAILED, REFERENCE_DATA_INVALID, LOCK_BUDGET_SPENT, OBJECT_UNTRUSTED, PATH_UNTRUSTED.
 */
export async function seedSession(
  context: LockWaitContext,
  project: RunnableProject,
  request: SeedRequest,
): Promise<Seeded> {
  try {
    const attempt = () => seedOnce(context, project, request)
    const wait = beginLockWait()
    const seeded = await retryUntilLocked(lockRequest('Seeding', 0), context, wait, attempt)
    if (seeded.kept) context.onEvent({ type: 'reference-kept', kept: seeded.kept })
    return seeded
  } catch (error) {
    const isKnown = error instanceof MigratorError && KNOWN.has(error.code)
    if (isConnectionLost(error) || isKnown) throw error
    throw failure('SEED_FAILED', { reason: messageFrom(error) }, error)
  }
}

async function seedOnce(
  context: LockWaitContext,
  project: RunnableProject,
  request: SeedRequest,
): Promise<Seeded> {
  const { session, actor } = context
  const { client, limits } = session
  let report: readonly string[] = []
  let merged: MergeResult | undefined
  const strangers = await readStrangersRelations(client)
  const merge = await prepareMerge(context, project, request)
  await inAuthorsTransaction(session, limits, {
    name: 'The seeders',
    work: async () => {
      merged = await merge?.()
      const afterQuery = lookAfter(client)
      const seeders = { name: 'the seeders', isTransactional: true, afterQuery }
      const lines = await lendToCode(client, seeders, (code) => project.seed(code))
      report = [...(merged?.report ?? []), ...lines]
    },
    record: async () => {
      await refuseWritten(client, strangers)
      await appendEntry(client, actor, {
        event: 'seeded',
        ...(request.seedersChecksum && { checksum: request.seedersChecksum }),
        note: report.join('\n'),
        ...(merged && { facts: { reference: merged.record } }),
      })
    },
  })
  const kept = merged?.record.kept ?? []
  return { seeded: report, ...(kept.length > 0 && { kept }) }
}

/** Undefined where no rows are shipped, and none were. On the migrator's side. */
async function prepareMerge(
  { session: { client }, actor }: LockWaitContext,
  project: RunnableProject,
  { isWhole, restoresDeleted }: SeedRequest,
): Promise<(() => Promise<MergeResult>) | undefined> {
  const base = await readBase(client, actor)
  const shipped = await project.readReferenceData()
  if (shipped.length === 0 && (base ?? []).length === 0) return undefined
  const request = { shipped, base: base ?? [], mayHaveLost: !isWhole, restoresDeleted }
  return () => mergeReferenceData(client, request)
}
