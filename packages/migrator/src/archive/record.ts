import type pg from 'pg'
import { appendEntry, type Writer } from '../journal/journal.ts'
import type { Count, CountedTaking } from './count.ts'
import { notKept, type Losable } from './obstacles.ts'
import { inArchive, insertEntry, type ArchiveEntry } from './schema.ts'
import type { Taking } from './takings.ts'

/** What the archive needs to know of the run that takes something away. */
export interface Keeping {
  readonly actor: Writer
  readonly migration: string
  readonly segment: number
  /** Tables and columns that may be lost: `jobs`, `jobs.payload`. */
  readonly lose: Losable
  /** Bytes that one copy may have. */
  readonly limit: number
  /** Rows of tables, by name, as they were counted before the run: a large one is not counted again under its locks. */
  readonly counted: ReadonlyMap<string, number>
}

type Kept = Pick<ArchiveEntry, 'id' | 'relations'> &
  Partial<Pick<ArchiveEntry, 'columns' | 'key' | 'sequences'>> & { readonly rows: number }

/** Writes the entry of the archive, and the journal. */
export async function record(
  client: pg.ClientBase,
  { actor, migration, segment }: Keeping,
  { kind, table }: Pick<Taking, 'kind' | 'table'>,
  { id, relations, rows, columns = [], key = [], sequences = {} }: Kept,
): Promise<void> {
  const { rows: sizes } = await client.query<{ bytes: string }>(
    'select sum(pg_table_size(name::regclass))::text as bytes from unnest($1::text[]) as name',
    [relations.map(inArchive)],
  )
  const bytes = sizes[0]?.bytes ?? '0'
  const { schema, name } = table
  await insertEntry(client, actor, {
    id,
    migration,
    kind,
    schema,
    table: name,
    columns,
    key,
    sequences,
    relations,
    bytes,
    rows: String(rows),
  })
  const objects =
    columns.length > 0 ? columns.map((column) => `${table.label}.${column}`) : [table.label]
  await appendEntry(client, actor, {
    event: 'archived',
    migration,
    direction: 'down',
    segment,
    rows,
    note: objects.join(', '),
    facts: { entry: id, kind, schema, table: name, columns, rows, bytes: Number(bytes) },
  })
}

/** Writes into the journal what the run was told to lose. */
export async function recordLost(
  client: pg.ClientBase,
  { actor, migration, segment }: Keeping,
  { object, what, count, bytes }: Count,
): Promise<void> {
  await appendEntry(client, actor, {
    event: 'discarded',
    migration,
    direction: 'down',
    segment,
    rows: count,
    note: object,
    facts: { object, what, count, bytes },
  })
}

/** Throws NOT_KEPT, unless whatever cannot be kept may be lost; then that is written down. */
export async function loseOrRefuse(
  client: pg.ClientBase,
  counted: CountedTaking,
  obstacle: string,
  keeping: Keeping,
): Promise<void> {
  if (typeof keeping.lose !== 'string') throw notKept([{ counted, obstacle }])
  for (const count of counted.counts) await recordLost(client, keeping, count)
}
