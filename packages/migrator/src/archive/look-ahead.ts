import type pg from 'pg'
import { refusingHiddenRows } from '../session/all-rows.ts'
import {
  asMigrator,
  authorsSettings,
  beginAsAuthor,
  rollBackAsAuthor,
  withLockTimeout,
} from '../session/author.ts'

/**
 * Runs `work` in a transaction that changes nothing, of the author's session as it is now: what statements mean can be
 * asked there, and what they set before is gone afterwards.
 */
export async function lookingAhead(
  client: pg.ClientBase,
  lockTimeout: number,
  work: () => Promise<void>,
): Promise<void> {
  const before = authorsSettings(client)
  const limits = { lock_timeout: String(lockTimeout), statement_timeout: '0' }
  await beginAsAuthor(client, 'select 1', limits, 'read only')
  try {
    // Otherwise rows that a policy hides would be lost without being counted.
    await client.query('set local row_security = off')
    await withLockTimeout(client, lockTimeout, () =>
      asMigrator(client, () => refusingHiddenRows(work)),
    )
  } finally {
    await rollBackAsAuthor(client, before).catch(() => {})
  }
}
