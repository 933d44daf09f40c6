import { messageFrom } from '../errors/message-from.ts'
import { failure, MigratorError } from '../errors/index.ts'
import type { OpenProject, RunnableProject } from '../project/project.ts'
import { lendToCode } from '../session/code-session.ts'
import { isConnectionLost } from '../session/connect.ts'
import { lookAfter } from './attempt.ts'
import { beginLockWait, lockRequest, type LockWaitContext } from '../locks/lock-wait.ts'
import { appendEntry } from '../journal/journal.ts'
import { inAuthorsTransaction } from '../session/authors-transaction.ts'
import { retryUntilLocked } from '../locks/retry.ts'
import { readStrangersRelations, refuseWritten } from './strangers.ts'

/** What is not the fault of the seeders. */
const KNOWN: ReadonlySet<string> = new Set([
  'LOCK_BUDGET_SPENT',
  'OBJECT_UNTRUSTED',
  'PATH_UNTRUSTED',
])

/**
 * Runs the seeders and journals their checksum, in one transaction, which is tried again like a segment's
 * where it meets a lock. Returns what they report.
 * Throws SEED_FAILED, LOCK_BUDGET_SPENT, OBJECT_UNTRUSTED, PATH_UNTRUSTED.
 */
export async function seedSession(
  context: LockWaitContext,
  project: RunnableProject,
  { seedersChecksum }: OpenProject,
): Promise<readonly string[]> {
  const { session, actor } = context
  const { client, limits } = session
  const attempt = async () => {
    let report: readonly string[] = []
    const strangers = await readStrangersRelations(client)
    await inAuthorsTransaction(session, limits, {
      name: 'The seeders',
      work: async () => {
        const afterQuery = lookAfter(client)
        const seeders = { name: 'the seeders', isTransactional: true, afterQuery }
        report = await lendToCode(client, seeders, (code) => project.seed(code))
      },
      record: async () => {
        await refuseWritten(client, strangers)
        await appendEntry(client, actor, {
          event: 'seeded',
          ...(seedersChecksum && { checksum: seedersChecksum }),
          note: report.join('\n'),
        })
      },
    })
    return report
  }
  try {
    return await retryUntilLocked(lockRequest('Seeding', 0), context, beginLockWait(), attempt)
  } catch (error) {
    const isKnown = error instanceof MigratorError && KNOWN.has(error.code)
    if (isConnectionLost(error) || isKnown) throw error
    throw failure('SEED_FAILED', { reason: messageFrom(error) }, error)
  }
}
