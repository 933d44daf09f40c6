import type pg from 'pg'
import { appendEntry, ARCHIVE_SCHEMA, type Writer } from '../journal/journal.ts'
import { inTransaction } from '../session/transaction.ts'
import { quoteName } from '../sql/quote-name.ts'
import { objectOf } from './restore.ts'
import { dropEntry, inArchive, type ArchiveEntry } from './schema.ts'
import { columnOf, textOf } from './text.ts'

/** The rows of a table that have a value, as text, in a column. */
export interface ArchivedRows {
  /** `jobs`, or `app.jobs`. */
  readonly table: string
  readonly column: string
  readonly value: string
}

/** Drops rows of these entries for good, each entry in a transaction; returns the entries, with the rows that went. */
export async function purgeRows(
  client: pg.Client,
  writer: Writer,
  entries: readonly ArchiveEntry[],
  { table, column, value }: ArchivedRows,
): Promise<ArchiveEntry[]> {
  const purged: ArchiveEntry[] = []
  for (const entry of entries) {
    const isOf = entry.table === table || `${entry.schema}.${entry.table}` === table
    const where = isOf ? await columnIn(client, entry, column) : undefined
    if (where === undefined) continue
    await inTransaction(client, async () => {
      const { rowCount } = await client.query(
        `delete from ${inArchive(entry.relations[0] ?? '')} a where (${textOf(columnOf('a', where))}) = $1`,
        [value],
      )
      const rows = rowCount ?? 0
      if (rows === 0) return
      await recordPurged(client, writer, entry, rows)
      purged.push({ ...entry, rows: String(rows) })
    })
  }
  return purged
}

/** The column of the entry's relation that has the values of the table's column. */
async function columnIn(
  client: pg.Client,
  { kind, key, columns, relations }: ArchiveEntry,
  column: string,
): Promise<string | undefined> {
  if (kind === 'values') {
    if (key.includes(column)) return `key${key.indexOf(column) + 1}`
    return columns.includes(column) ? `old${columns.indexOf(column) + 1}` : undefined
  }
  const { rows } = await client.query(
    'select from pg_attribute where attrelid = to_regclass($1) and attname = $2 and not attisdropped',
    [quoteName(relations[0] ?? '', ARCHIVE_SCHEMA), column],
  )
  return rows.length > 0 ? column : undefined
}

async function recordPurged(
  client: pg.Client,
  writer: Writer,
  entry: ArchiveEntry,
  rows: number,
): Promise<void> {
  const { id, migration } = entry
  const left = Number(entry.rows) - rows
  if (left > 0) {
    await client.query(`update ${ARCHIVE_SCHEMA}.entries set rows = $2 where id = $1`, [id, left])
  } else await dropEntry(client, entry)
  const object = objectOf(entry)
  const facts = { entry: id, object, rows }
  await appendEntry(client, writer, { event: 'purged', migration, rows, note: object, facts })
}
