import type { KnownMigration } from '../plan/known-migration.ts'
import type pg from 'pg'
import type { DatabaseState } from '../database-state.ts'
import { replaceInLedger, writeLedger } from '../journal/ledger.ts'
import { inTransaction } from '../session/transaction.ts'
import { appendEntry, type Writer } from '../journal/journal.ts'

/** Puts rolled-up migrations in the place of their parts, in one transaction. The lock is held. */
export async function recordRollup(
  client: pg.Client,
  writer: Writer,
  { ledgerTable }: Pick<DatabaseState, 'ledgerTable'>,
  rollups: readonly KnownMigration[],
): Promise<void> {
  await inTransaction(client, async () => {
    for (const { name, checksum, replaces = [] } of rollups) {
      // It takes the row of its last part: the ledger's order is that in which MikroORM's own `down` goes back.
      const last = replaces.at(-1)?.name
      for (const part of replaces.filter((one) => one.name !== last)) {
        await writeLedger(client, ledgerTable, { direction: 'down', migration: part.name })
      }
      if (last !== undefined)
        await replaceInLedger(client, ledgerTable, { replaced: last, by: name })
      await appendEntry(client, writer, {
        event: 'rollup-recorded',
        migration: name,
        direction: 'up',
        final: true,
        checksum,
        facts: { replaces },
      })
    }
  })
}
