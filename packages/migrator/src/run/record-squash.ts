import type { KnownMigration } from '../plan/known-migration.ts'
import type { ReplacedMigration } from '../migration.ts'
import type pg from 'pg'
import type { DatabaseState } from '../database-state.ts'
import { replaceInLedger, restoreInLedger, writeLedger } from '../journal/ledger.ts'
import { inTransaction } from '../session/transaction.ts'
import { appendEntry, type Writer } from '../journal/journal.ts'

type Ledger = Pick<DatabaseState, 'ledgerTable'>

/** Puts squashes in the place of their parts, in one transaction. The lock is held. */
export async function recordSquashes(
  client: pg.Client,
  writer: Writer,
  { ledgerTable }: Ledger,
  squashes: readonly KnownMigration[],
): Promise<void> {
  await inTransaction(client, async () => {
    for (const { name, checksum, replaces = [] } of squashes) {
      // It takes the row of its last part: the ledger's order is that in which MikroORM's own `down` goes back.
      const last = replaces.at(-1)?.name
      for (const part of replaces.filter((one) => one.name !== last)) {
        await writeLedger(client, ledgerTable, { direction: 'down', migration: part.name })
      }
      if (last !== undefined)
        await replaceInLedger(client, ledgerTable, { replaced: last, by: name })
      await appendParts(client, writer, replaces)
      await appendEntry(client, writer, {
        event: 'rollup-recorded',
        migration: name,
        direction: 'up',
        // A build that knows only the parts works on.
        phase: 'expand',
        final: true,
        checksum,
        facts: { replaces },
      })
    }
  })
}

/** Tells the gate of a build that knows only the parts that a squash stands for them. */
export async function appendParts(
  client: pg.Client,
  writer: Writer,
  parts: readonly ReplacedMigration[],
): Promise<void> {
  for (const { name: migration, checksum } of parts)
    await appendEntry(client, writer, {
      event: 'rollup-recorded',
      migration,
      direction: 'up',
      phase: 'expand',
      checksum,
    })
}

/**
 * The reverse: puts the parts of squashes in their place, outer ones first, so that a way back goes through them. What is
 * in the schema stays as it is.
 */
export async function recordParts(
  client: pg.Client,
  writer: Writer,
  { ledgerTable, squashed }: Ledger & Pick<DatabaseState, 'squashed'>,
  names: readonly string[],
): Promise<void> {
  await inTransaction(client, async () => {
    for (const name of names) {
      const replaces = squashed.get(name) ?? []
      const by = replaces.map((part) => part.name)
      await restoreInLedger(client, ledgerTable, { replaced: name, by })
      await appendEntry(client, writer, {
        event: 'rollup-recorded',
        migration: name,
        direction: 'down',
        final: true,
        // No row was lost by it.
        facts: { replaces, isWhole: true },
      })
    }
  })
}
