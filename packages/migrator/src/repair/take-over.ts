import type pg from 'pg'
import type { DatabaseState } from '../database-state.ts'
import type { KnownMigration } from '../plan/integrity.ts'
import { writeLedger } from '../run/finish.ts'
import { inTransaction } from '../session/in-transaction.ts'
import { appendEntry, type Writer } from '../journal/journal.ts'

/** Puts rolled-up migrations in the place of their parts, in one transaction. The lock is held. */
export async function takeOver(
  client: pg.Client,
  writer: Writer,
  { ledgerTable }: Pick<DatabaseState, 'ledgerTable'>,
  rollups: readonly KnownMigration[],
): Promise<void> {
  await inTransaction(client, async () => {
    for (const { name, checksum, replaces = [] } of rollups) {
      for (const part of replaces) {
        await writeLedger(client, ledgerTable, { direction: 'down', migration: part.name })
      }
      await writeLedger(client, ledgerTable, { direction: 'up', migration: name })
      await appendEntry(client, writer, {
        event: 'rolled-up',
        migration: name,
        direction: 'up',
        final: true,
        checksum,
        facts: { replaces },
      })
    }
  })
}
