import type pg from 'pg'
import type { Direction } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'
import { ARCHIVE_SCHEMA, hasRelation, type Writer } from '../journal/journal.ts'
import { CREATE_PLACE, noticeCopyWithin } from './copied.ts'
import type { Reference, WholeTable } from './tables.ts'

/** Digests of the versions of rows, by the quoted and qualified name of their table; empty where it is not known. */
export type Digests = Readonly<Record<string, string>>

/** What decides whether, when and where an entry is restored. Absent in entries of older versions. */
export interface EntryFacts {
  /** The direction that took it away; it is restored when the migration goes the other way. */
  readonly direction?: Direction
  /** The checksum of the migration then. */
  readonly checksum?: string
  /** The oid of the table. */
  readonly table?: string
  /** The names before the migration went this way, where its own statements have renamed something first. */
  readonly before?: {
    readonly schema?: string
    readonly table: string
    readonly columns: readonly string[]
  }
  /** The tables that it was a partition or an heir of. */
  readonly wholes?: readonly WholeTable[]
  /** Of `table` and `rows`: nothing was left in the table. */
  readonly isWhole?: boolean
  /** The newest transaction that wrote a row which lost something; of `table` its rows tell. */
  readonly written?: string
  /** Of `values` and `rows`: the numbers of the columns. */
  readonly numbers?: readonly number[]
  /** Of `values`: the highest number of the table then: what is made later has a higher one. */
  readonly newest?: number
  /** Of `values`: the numbers of the columns of their key. Absent in entries of older versions. */
  readonly keyNumbers?: readonly number[]
  /** Of `values`: the full types of the columns, with the attributes of those that are composite, where the columns themselves went or changed their types. */
  readonly types?: readonly string[]
  /** Of `values`: the foreign keys that the columns belonged to. */
  readonly references?: readonly Reference[]
  /** Of `rows`, whose copy is text: the types of their columns, by name. Absent in entries of older versions. */
  readonly rowTypes?: Readonly<Record<string, string>>
  /** The collations of its columns that take different texts for equal, by name. */
  readonly collations?: Readonly<Record<string, string>>
  /** Of `values` whose column is there again: in this direction, behind what later migrations of the run write. */
  readonly waits?: Direction
  /** Of each table, as the last segment left it: see `rememberContents`. */
  readonly digests?: Digests
  /** Of `values`: a later migration has set values of its rows from rows that were written since. */
  readonly isDerived?: boolean
  /** What it would be restored into was not there; it is tried again once its migration has gone both ways again. */
  readonly lacks?: boolean
  /** The database was copied since, row by row: what is here by numbers was forgotten. */
  readonly isCopied?: boolean
  /** Of `sequence`. */
  readonly sequence?: SequencePosition
  /** Of `values` that nobody has lost yet: a copy that waits for its segment. */
  readonly prepared?: PreparedFacts
}

/** Of a copy that was made before its segment. */
export interface PreparedFacts {
  /** The oid of the table. */
  readonly table: string
  /** Which rows are copied; absent: all. */
  readonly where?: string
  /** The files of the table when it was copied; absent: it is watched, and not copied yet. */
  readonly files?: string
  /** A row had something in one of the columns. */
  readonly isFilled?: boolean
  /** The newest transaction that wrote one of the rows; absent without any, and in copies of older versions. */
  readonly written?: string
}

/** Where a sequence stands. */
export interface SequencePosition {
  readonly last: string
  readonly isCalled: boolean
  /** The column that it serves, of the entry's table; absent: it stands by itself, and the entry's table is its name. */
  readonly column?: string
  /** Its own name, where the column has several. */
  readonly own?: string
}

/**
 * One thing that the archive holds.
 * - `table`: the table itself, moved here. `rows`: rows of a table, as text.
 * - `values`: values of columns, as text, with what finds their rows again: `key1` … or `place`, and `stamp`.
 * - `sequence`: no relation, only where a sequence stood.
 */
export interface ArchiveEntry {
  readonly id: string
  /** The run that took it away. */
  readonly run: string
  /** ISO 8601. */
  readonly at: string
  readonly migration: string
  readonly kind: 'table' | 'rows' | 'values' | 'sequence'
  readonly schema: string
  readonly table: string
  /** Of `values`: the columns that they are of. */
  readonly columns: readonly string[]
  /** Of `values`: the columns that find their rows. */
  readonly key: readonly string[]
  /** Of `table`: where its sequences stood, by column. Entries of today have an entry for each sequence instead. */
  readonly sequences: Readonly<Record<string, string>>
  readonly facts: EntryFacts
  /** The relations in the archive's schema, the one to read first. */
  readonly relations: readonly string[]
  readonly rows: string
  readonly bytes: string
  /** Why it was not, or not wholly, restored: it waits for a person. */
  readonly note: string | null
}

const CREATE = `
create schema ${ARCHIVE_SCHEMA};
revoke all on schema ${ARCHIVE_SCHEMA} from public;
comment on schema ${ARCHIVE_SCHEMA} is
  'What migrations took away. The command archive lists and restores it.';
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
);
${CREATE_PLACE}`

/** What later versions have added. */
const UPGRADE = `alter table ${ARCHIVE_SCHEMA}.entries add column if not exists facts jsonb not null default '{}'`

/** True where something was archived once. */
export async function hasArchive(client: pg.ClientBase): Promise<boolean> {
  return hasRelation(client, `${ARCHIVE_SCHEMA}.entries`)
}

/** Creates the archive where it is missing; part of the caller's transaction. */
export async function ensureArchive(client: pg.ClientBase): Promise<void> {
  if (await hasArchive(client)) await noticeCopyWithin(client)
  else await client.query(CREATE)
  await client.query(UPGRADE)
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

/** The statement that shows what an entry holds; none of a sequence. */
export function lookInto({ kind, key, columns, relations }: ArchiveEntry): string[] {
  const [relation] = relations
  if (relation === undefined) return []
  const values = [
    ...key.map((name, i) => `key${i + 1} as ${quoteName(name)}`),
    ...columns.map((name, i) => `old${i + 1} as ${quoteName(name)}`),
  ]
  return [`select ${kind === 'values' ? values.join(', ') : '*'} from ${inArchive(relation)}`]
}

/** Makes a relation of the archive; a publication of all tables lets nobody change rows that nothing identifies. */
export async function createRelation(
  client: pg.ClientBase,
  relation: string,
  definition: string,
): Promise<void> {
  await client.query(
    `create table ${relation} ${definition}; alter table ${relation} replica identity full`,
  )
}

export async function insertEntry(
  client: pg.ClientBase,
  { run, ledger }: Writer,
  entry: Omit<ArchiveEntry, 'at' | 'run' | 'note'> & Partial<Pick<ArchiveEntry, 'note'>>,
): Promise<void> {
  await client.query(
    `insert into ${ARCHIVE_SCHEMA}.entries
       (id, run, migration, kind, "schema", "table", columns, key, sequences, relations, rows, bytes, ledger, facts, note)
     overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
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
      JSON.stringify(entry.facts),
      entry.note,
    ],
  )
}

const READ = `select id::text, run::text, to_json(at)#>>'{}' as at, migration, kind, "schema", "table", columns, key,
            sequences, relations, rows::text, bytes::text, note,
            coalesce(to_jsonb(entries)->'facts', '{}') as facts
       from ${ARCHIVE_SCHEMA}.entries`

/** The entries of a ledger, the oldest first. */
export async function readEntries(client: pg.ClientBase, ledger: string): Promise<ArchiveEntry[]> {
  const { rows } = await client.query<ArchiveEntry>(
    `${READ} where ledger = $1 order by entries.id`,
    [ledger],
  )
  return rows
}

/** What a run has put there, and what waits there for its migrations to go the other way. */
export async function readEntriesOfRun(
  client: pg.ClientBase,
  { run, ledger }: Writer,
): Promise<ArchiveEntry[]> {
  if (!(await hasArchive(client))) return []
  const { rows } = await client.query<ArchiveEntry>(
    `${READ} where ledger = $1 and run = $2 and note is null order by entries.id`,
    [ledger, run],
  )
  return rows
}

export async function readEntry(client: pg.ClientBase, id: string): Promise<ArchiveEntry> {
  const { rows } = await client.query<ArchiveEntry>(`${READ} where id = $1`, [id])
  if (!rows[0]) throw new Error(`the archive has no entry ${id}`)
  return rows[0]
}

export async function setFacts(
  client: pg.ClientBase,
  id: string,
  facts: EntryFacts,
): Promise<void> {
  await client.query(`update ${ARCHIVE_SCHEMA}.entries set facts = $2 where id = $1`, [
    id,
    JSON.stringify(facts),
  ])
}

/** Removes an entry with its relations. */
export async function dropEntry(client: pg.ClientBase, entry: ArchiveEntry): Promise<void> {
  const relations = entry.relations.map(inArchive).join(', ')
  // Partitions go with their table.
  if (relations !== '') await client.query(`drop table if exists ${relations} cascade`)
  if (entry.facts.prepared) await dropTriggers(client, `e${entry.id}`)
  await client.query(`delete from ${ARCHIVE_SCHEMA}.entries where id = $1`, [entry.id])
}

/** Drops the functions of a capture, and with them the triggers that call them. */
export async function dropTriggers(client: pg.ClientBase, name: string): Promise<void> {
  const functions = ['changed', 'emptied'].map((kind) => inArchive(`${kind}_${name}`))
  for (const one of functions) await client.query(`drop function if exists ${one}() cascade`)
}
