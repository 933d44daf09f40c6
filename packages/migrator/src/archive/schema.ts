import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { ARCHIVE_SCHEMA, type Writer } from '../journal/journal.ts'

/**
 * One relation of the archive.
 * - `table`: the table itself, moved here. `rows`: rows of a table, as text.
 * - `values`: values of columns by the key of their rows, as text.
 */
export interface ArchiveEntry {
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  readonly migration: string
  readonly kind: 'table' | 'rows' | 'values'
  readonly schema: string
  readonly table: string
  /** Of `values`: the columns that they are of. */
  readonly columns: readonly string[]
  /** Of `values`: the columns that find their rows. */
  readonly key: readonly string[]
  /** Of `table`: where its sequences stood, by column. */
  readonly sequences: Readonly<Record<string, string>>
  /** The relations in the archive's schema, the one to read first. */
  readonly relations: readonly string[]
  readonly rows: string
  readonly bytes: string
  /** Why it was not, or not wholly, given back: it waits for a person. */
  readonly note: string | null
}

const CREATE = `
create schema ${ARCHIVE_SCHEMA};
revoke all on schema ${ARCHIVE_SCHEMA} from public;
comment on schema ${ARCHIVE_SCHEMA} is
  'What migrate down took away. See: migrate archive list';
create table ${ARCHIVE_SCHEMA}.entries (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  run uuid not null,
  ledger text not null,
  migration text not null,
  kind text not null,
  "schema" text not null,
  "table" text not null,
  columns text[] not null,
  key text[] not null,
  sequences jsonb not null,
  relations text[] not null,
  rows bigint not null,
  bytes bigint not null,
  note text
);`

/** True where something was archived once. */
export async function hasArchive(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    'select to_regclass($1) is not null as there',
    [`${ARCHIVE_SCHEMA}.entries`],
  )
  return rows[0]?.there ?? false
}

/** Creates the archive where it is missing; part of the caller's transaction. */
export async function ensureArchive(client: pg.ClientBase): Promise<void> {
  if (!(await hasArchive(client))) await client.query(CREATE)
}

/** The id that the next entry takes, which also names its relation. */
export async function nextEntryId(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `select nextval(pg_get_serial_sequence('${ARCHIVE_SCHEMA}.entries', 'id'))::text as id`,
  )
  return rows[0]?.id ?? ''
}

/** A relation of the archive, quoted and qualified. */
export function inArchive(relation: string): string {
  return quoteName(relation, ARCHIVE_SCHEMA)
}

export async function insertEntry(
  client: pg.ClientBase,
  { run, ledger }: Writer,
  entry: Omit<ArchiveEntry, 'at' | 'note'>,
): Promise<void> {
  await client.query(
    `insert into ${ARCHIVE_SCHEMA}.entries
       (id, run, migration, kind, "schema", "table", columns, key, sequences, relations, rows, bytes, ledger)
     overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      entry.id,
      run,
      entry.migration,
      entry.kind,
      entry.schema,
      entry.table,
      entry.columns,
      entry.key,
      JSON.stringify(entry.sequences),
      entry.relations,
      entry.rows,
      entry.bytes,
      ledger,
    ],
  )
}

/** The entries of a ledger, or those of some of its migrations, the oldest first. */
export async function readEntries(
  client: pg.ClientBase,
  ledger: string,
  migrations?: readonly string[],
): Promise<ArchiveEntry[]> {
  const { rows } = await client.query<ArchiveEntry>(
    `select id::text, to_json(at)#>>'{}' as at, migration, kind, "schema", "table", columns, key,
            sequences, relations, rows::text, bytes::text, note
       from ${ARCHIVE_SCHEMA}.entries
      where ledger = $1 and ($2::text[] is null or migration = any($2))
      order by entries.id`,
    [ledger, migrations],
  )
  return rows
}

/** Removes an entry with its relations. */
export async function dropEntry(client: pg.ClientBase, entry: ArchiveEntry): Promise<void> {
  const relations = entry.relations.map(inArchive).join(', ')
  // Partitions go with their table.
  await client.query(`drop table if exists ${relations} cascade`)
  await client.query(`delete from ${ARCHIVE_SCHEMA}.entries where id = $1`, [entry.id])
}
