import { countReadable } from './strangers.ts'
import type pg from 'pg'
import type { Direction } from '../migration.ts'
import { appendEntry, type Writer } from '../journal/journal.ts'
import type { AllowedLosses } from './unarchivable.ts'
import { inArchive, insertEntry, readEntry, type ArchiveEntry } from './schema.ts'
import { type StoredTable } from './tables.ts'

/** What the archive needs to know of the run that takes something away. */
export interface ArchiveRun {
  readonly actor: Writer
  readonly migration: string
  readonly checksum: string
  readonly direction: Direction
  readonly segment: number
  /** Tables and columns that may be lost: `jobs`, `jobs.payload`. */
  readonly lose: AllowedLosses
  /** Bytes that one copy may have. */
  readonly limit: number
  /** Bytes that one copy of rows may have that `up` changes; absent: they are as the author wants them. */
  readonly keepRows?: number
}

/** True where rows that are deleted or updated are kept. */
export function keepsRows({ direction, keepRows }: ArchiveRun): boolean {
  return direction === 'down' || keepRows !== undefined
}

type Kept = Pick<ArchiveEntry, 'id' | 'kind' | 'relations'> &
  Partial<Pick<ArchiveEntry, 'columns' | 'key' | 'facts'>> & {
    readonly rows: number
    /** Of a copy that was made before: how many rows were read again under the lock of the statement. */
    readonly reread?: number
  }

type Place = Pick<StoredTable, 'schema' | 'name'> & Partial<Pick<StoredTable, 'oid'>>

/** Writes an entry of the archive, and the journal. */
export async function recordArchived(
  client: pg.ClientBase,
  { actor, migration, checksum, direction, segment }: ArchiveRun,
  { oid, schema, name }: Place,
  { id, kind, relations, rows, reread, columns = [], key = [], facts = {} }: Kept,
): Promise<ArchiveEntry> {
  const { rows: sizes } = await client.query<{ bytes: string | null }>(
    'select sum(pg_table_size(name::regclass))::text as bytes from unnest($1::text[]) as name',
    [relations.map(inArchive)],
  )
  const bytes = sizes[0]?.bytes ?? '0'
  await insertEntry(client, actor, {
    id,
    migration,
    kind,
    schema,
    table: name,
    columns,
    key,
    sequences: {},
    relations,
    bytes,
    rows: String(rows),
    facts: { ...facts, direction, checksum, ...(oid !== undefined && { table: oid }) },
  })
  const label = schema === 'public' ? name : `${schema}.${name}`
  const objects = columns.length > 0 ? columns.map((column) => `${label}.${column}`) : [label]
  await appendEntry(client, actor, {
    event: 'archived',
    migration,
    direction,
    segment,
    rows,
    note: objects.join(', '),
    facts: { entry: id, kind, schema, table: name, columns, rows, reread, bytes: Number(bytes) },
  })
  return readEntry(client, id)
}

/** Writes into the journal what the run was told to lose: a table, or a column of it. */
export async function discard(
  client: pg.ClientBase,
  { actor, migration, direction, segment }: ArchiveRun,
  table: StoredTable,
  column?: string,
): Promise<void> {
  const object = column === undefined ? table.label : `${table.label}.${column}`
  const count = await countReadable(client, table)
  await appendEntry(client, actor, {
    event: 'discarded',
    migration,
    direction,
    segment,
    rows: count,
    note: object,
    facts: { object, count },
  })
}
