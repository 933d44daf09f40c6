import { messageFrom } from '../errors/message-from.ts'
import { openProject } from '../project/open.ts'
import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { type Project } from '../project/project.ts'
import { quoteName } from '../sql/quote-name.ts'
import { isConnectionLost, withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { inTransaction } from '../session/transaction.ts'
import { upgradeBookkeeping } from '../journal/bookkeeping.ts'
import { appendEntry, toWriter, type Writer } from '../journal/journal.ts'
import { withSession } from '../session/session.ts'
import { readState } from '../journal/state.ts'
import type { RestoreResult } from '../events.ts'
import { showObject, restoreEntries } from './restore.ts'
import {
  dropEntry,
  hasArchive,
  inArchive,
  lookInto,
  readEntries,
  type ArchiveEntry,
} from './schema.ts'
import { noticeCopy } from './copied.ts'
import { purgeRows, type ArchivedRows } from './purge-rows.ts'
import { findTable } from './tables.ts'

/**
 * What the archive holds, the oldest first. Takes no lock, writes nothing.
 * @example
 * for (const { id, table, rows } of await listArchive(project, target)) console.log(id, table, rows)
 */
export async function listArchive(
  project: Project,
  database: DatabaseTarget,
): Promise<ArchiveEntry[]> {
  const { manifest } = await openProject(project)
  return withConnection(database, async (client) => {
    const { ledgerTable } = await readState(client, manifest.ledger, 'look')
    return (await hasArchive(client)) ? readEntries(client, ledgerTable) : []
  })
}

/** What became of an entry, and statements that show what of it stays in the archive. */
export interface RestoredEntry extends RestoreResult {
  readonly look: readonly string[]
  /** Of a table that was gone: what makes it, too, when its migration is reverted or applied, and finds it there then. */
  readonly alsoMadeBy?: { readonly migration: string; readonly when: 'reverted' | 'applied' }
}

/**
 * Restores one entry by hand, into its table. A table that is gone comes back with rows and columns, without its
 * indexes and constraints.
 * Throws ARCHIVE_ENTRY_UNKNOWN, RESTORE_REFUSED.
 */
export async function restoreFromArchive(
  project: Project,
  database: DatabaseTarget,
  id: string,
): Promise<RestoredEntry> {
  return withArchive(project, database, async (client, writer) => {
    const [entry] = await chosen(client, writer, [id])
    if (!entry) throw failure('ARCHIVE_ENTRY_UNKNOWN', { id })
    if (entry.facts.prepared) {
      const reason = 'it is a copy of what is still in the database'
      throw failure('RESTORE_REFUSED', { id, object: showObject(entry), reason, look: [] })
    }
    const look = lookInto(entry)
    const name = { schema: entry.schema, name: entry.table }
    const isThere = (await findTable(client, name)) !== undefined
    try {
      const isTable = entry.kind === 'table' && !isThere
      if (isTable) return await restoreTable(client, writer, entry)
      const result = await restoreByHand(client, writer, entry)
      return { ...result, look: result.note === undefined ? [] : look }
    } catch (error) {
      if (isConnectionLost(error)) throw error
      const reason = messageFrom(error)
      throw failure('RESTORE_REFUSED', { id, object: showObject(entry), reason, look }, error)
    }
  })
}

export interface PurgeRequest {
  /** Empty: all. */
  readonly ids: readonly string[]
  /** Only what is older, in milliseconds. */
  readonly olderThan?: number
  /** Only these rows of a table, wherever the archive has them: a person's data, say. */
  readonly rows?: ArchivedRows
  readonly yes: boolean
}

/**
 * Drops entries of the archive for good, or rows of them; returns what it has dropped.
 * Throws ARCHIVE_ENTRY_UNKNOWN, PURGE_UNCONFIRMED where nobody has said yes, PURGE_UNKNOWN, PURGE_AMBIGUOUS and
 * PURGE_VALUE_INVALID where what is asked for is no table, several or no value of its column, and PURGE_UNJUDGED where entries may have something of the rows
 * and nothing can tell.
 */
export async function purgeArchive(
  project: Project,
  database: DatabaseTarget,
  request: PurgeRequest,
): Promise<ArchiveEntry[]> {
  const { ids, olderThan = 0, yes } = request
  return withArchive(project, database, async (client, writer) => {
    const found = await chosen(client, writer, ids)
    const entries = found.filter(({ at }) => Date.now() - Date.parse(at) >= olderThan)
    if (entries.length > 0 && !yes) {
      const lines = entries.map((entry) => `${entry.id}: ${showObject(entry)}, ${entry.rows} rows`)
      throw failure('PURGE_UNCONFIRMED', { entries: lines })
    }
    const { rows } = request
    if (rows) return purgeRows(client, writer, entries, rows)
    for (const entry of entries) await purge(client, writer, entry)
    return entries
  })
}

/** Lends `work` a session that holds the migration lock, and the writer of its journal entries. */
async function withArchive<T>(
  project: Project,
  database: DatabaseTarget,
  work: (client: pg.Client, writer: Writer) => Promise<T>,
): Promise<T> {
  const { manifest } = await openProject(project)
  return withSession(database, async ({ client }) => {
    const state = await readState(client, manifest.ledger)
    await upgradeBookkeeping(client, database.actor, manifest.ledger, state)
    await noticeCopy(client)
    return work(client, toWriter(database.actor, state))
  })
}

/** Throws ARCHIVE_ENTRY_UNKNOWN. */
async function chosen(
  client: pg.Client,
  { ledger }: Writer,
  ids: readonly string[],
): Promise<ArchiveEntry[]> {
  const entries = (await hasArchive(client)) ? await readEntries(client, ledger) : []
  const missing = ids.find((id) => !entries.some((entry) => entry.id === id))
  if (missing !== undefined) throw failure('ARCHIVE_ENTRY_UNKNOWN', { id: missing })
  return ids.length === 0 ? entries : entries.filter(({ id }) => ids.includes(id))
}

async function restoreByHand(
  client: pg.Client,
  actor: Writer,
  entry: ArchiveEntry,
): Promise<RestoreResult> {
  return inTransaction(client, async () => {
    const pending = (await readEntries(client, actor.ledger)).filter(({ facts }) => !facts.prepared)
    const [result] = await restoreEntries(client, [entry], { actor, pending })
    if (!result) throw new Error(`entry ${entry.id} was not restored`)
    return result
  })
}

async function restoreTable(
  client: pg.Client,
  writer: Writer,
  entry: ArchiveEntry,
): Promise<RestoredEntry> {
  const { id, migration, relations, rows } = entry
  const object = showObject(entry)
  await inTransaction(client, async () => {
    const source = inArchive(relations[0] ?? '')
    await client.query(`create table ${quoteName(entry.table, entry.schema)} as table ${source}`)
    await dropEntry(client, entry)
    await appendEntry(client, writer, {
      event: 'restored',
      migration,
      direction: 'up',
      rows: Number(rows),
      note: `${object}, as a table`,
      facts: { entry: id, object, given: Number(rows), left: 0 },
    })
  })
  const applied = await client.query(`select from ${writer.ledger} where name = $1`, [migration])
  const when = applied.rowCount === 0 ? 'applied' : 'reverted'
  const restored = { entry: id, migration, object, restoredRows: Number(rows), note: undefined }
  return { ...restored, look: [], alsoMadeBy: { migration, when } }
}

async function purge(client: pg.Client, writer: Writer, entry: ArchiveEntry): Promise<void> {
  const { id, migration, rows, bytes } = entry
  const object = showObject(entry)
  await inTransaction(client, async () => {
    await dropEntry(client, entry)
    await appendEntry(client, writer, {
      event: 'purged',
      migration,
      rows: Number(rows),
      note: object,
      facts: { entry: id, object, rows: Number(rows), bytes: Number(bytes) },
    })
  })
}
