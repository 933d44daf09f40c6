import { failure } from '../errors.ts'
import type { LoadedProject, LockedProject } from '../project/project.ts'
import { isConnectionLost } from './connect.ts'
import { appendEntry, type Writer } from './journal.ts'
import { holdsLock, type Session } from './session.ts'

/**
 * Runs the seeders and journals their checksum, in one transaction. Returns what they report.
 * Throws SEED_FAILED.
 */
export async function seedSession(
  { client, limits }: Session,
  loaded: LoadedProject,
  actor: Writer,
  { seedersChecksum }: LockedProject,
): Promise<readonly string[]> {
  try {
    await client.query('begin')
    const { statementTimeout } = limits
    if (!(await holdsLock(client, { lockTimeout: statementTimeout, statementTimeout }))) {
      throw failure('POOLED_CONNECTION')
    }
    const report = await loaded.seed({
      query: async (sql, values) => client.query(sql, values && [...values]),
    })
    await appendEntry(client, actor, {
      event: 'seeded',
      ...(seedersChecksum && { checksum: seedersChecksum }),
      note: report.join('\n'),
    })
    await client.query('commit')
    return report
  } catch (error) {
    if (isConnectionLost(error)) throw error
    await client.query('rollback')
    throw failure(
      'SEED_FAILED',
      { reason: error instanceof Error ? error.message : String(error) },
      error,
    )
  }
}
