import type pg from 'pg'
import { isConnectionLost, sqlState } from '../session/connect.ts'
import { inTransaction } from '../session/in-transaction.ts'
import type { Listener } from '../run/events.ts'
import { ARCHIVE_SCHEMA, appendEntry, type Writer } from '../journal/journal.ts'
import { giveRows } from './give-rows.ts'
import { giveValues } from './give-values.ts'
import { dropEntry, readEntries, type ArchiveEntry } from './schema.ts'
import { findTable } from './tables.ts'
import { withExactText } from './text.ts'

/** What became of an entry of the archive. */
export interface Returned {
  readonly entry: string
  readonly migration: string
  /** `jobs`, or `jobs.payload, jobs.status`. */
  readonly object: string
  /** Rows, of a table or with values, that are as they were when they were taken. */
  readonly given: number
  /** What stays in the archive, and why; undefined where all was given back. */
  readonly note: string | undefined
}

/** What a way of giving back reports: how many rows are still in the archive because others stand there. */
export interface Given {
  readonly given: number
  readonly left: number
  readonly why: string
}

/** Gives back what the archive has of migrations that have just been applied again, and says so. */
export async function giveBackApplied(
  client: pg.ClientBase,
  actor: Writer,
  migrations: readonly string[],
  onEvent: Listener,
): Promise<void> {
  if (migrations.length === 0) return
  const returned = await giveBack(client, actor, migrations)
  if (returned.length > 0) onEvent({ type: 'given-back', returned })
}

/**
 * Gives back what the archive has of these migrations and what waits for nobody: each entry in a transaction
 * of its own, the last one first. What refers to rows of another entry is tried again behind that. Entries
 * that cannot be given back, or not wholly, stay, with a note.
 */
async function giveBack(
  client: pg.ClientBase,
  actor: Writer,
  migrations: readonly string[],
): Promise<Returned[]> {
  const entries = await readEntries(client, actor.ledger, migrations)
  let waiting = entries.filter(({ note }) => note === null).toReversed()
  const returned: Returned[] = []
  for (;;) {
    const refused: [ArchiveEntry, unknown][] = []
    for (const entry of waiting) {
      try {
        returned.push(await giveBackEntry(client, actor, entry))
      } catch (error) {
        if (isConnectionLost(error) || sqlState(error) === undefined) throw error
        refused.push([entry, error])
      }
    }
    if (refused.length === 0) return returned
    if (refused.length === waiting.length) {
      for (const [entry, error] of refused) returned.push(await leave(client, entry, error))
      return returned
    }
    waiting = refused.map(([entry]) => entry)
  }
}

/** Gives back one entry, in a transaction of its own. Throws what PostgreSQL throws. */
export async function giveBackEntry(
  client: pg.ClientBase,
  actor: Writer,
  entry: ArchiveEntry,
): Promise<Returned> {
  return inTransaction(client, async () => {
    const { given, left, why } = await withExactText(client, async () => give(client, entry))
    const note = left > 0 ? why : undefined
    if (left === 0) await dropEntry(client, entry)
    else await setNote(client, entry.id, why, left)
    const { id, migration } = entry
    const object = objectOf(entry)
    await appendEntry(client, actor, {
      event: 'given-back',
      migration,
      direction: 'up',
      rows: given,
      note: note === undefined ? object : `${object}: ${note}`,
      facts: { entry: id, object, given, left },
    })
    return { entry: id, migration, object, given, note }
  })
}

async function give(client: pg.ClientBase, entry: ArchiveEntry): Promise<Given> {
  const table = await findTable(client, { schema: entry.schema, name: entry.table })
  if (!table) {
    const why = `there is no table ${entry.schema}.${entry.table}`
    return { given: 0, left: Number(entry.rows), why }
  }
  return entry.kind === 'values' ? giveValues(client, entry, table) : giveRows(client, entry, table)
}

/** For people. */
export function objectOf({ schema, table, columns }: ArchiveEntry): string {
  const name = schema === 'public' ? table : `${schema}.${table}`
  return columns.length === 0 ? name : columns.map((column) => `${name}.${column}`).join(', ')
}

async function leave(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  error: unknown,
): Promise<Returned> {
  const reason = error instanceof Error ? error.message : String(error)
  const note = `it was refused: ${reason}`
  await setNote(client, entry.id, note)
  const { id, migration } = entry
  return { entry: id, migration, object: objectOf(entry), given: 0, note }
}

async function setNote(
  client: pg.ClientBase,
  id: string,
  note: string,
  rows?: number,
): Promise<void> {
  await client.query(
    `update ${ARCHIVE_SCHEMA}.entries set note = $2, rows = coalesce($3, rows) where id = $1`,
    [id, note, rows],
  )
}
