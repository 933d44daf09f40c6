import type { Client } from 'pg'
import { toIdentity, type Catalog } from '../catalog/index.ts'
import { isLedger, type LedgerName } from '../database-state.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from '../journal/journal.ts'
import { inTransaction } from '../session/transaction.ts'
import { quoteName } from '../sql/quote-name.ts'

/** All that a migration could change: the schema, every row in its exact text, every sequence's position. */
export interface Snapshot {
  readonly catalog: Catalog
  readonly tables: readonly TableRows[]
  readonly sequences: ReadonlyMap<string, Position>
}

export interface TableRows {
  readonly oid: string
  /** As the catalog has it. */
  readonly name: string
  /** The oid of the partitioned table that it is a part of, or its own. */
  readonly root: string
  readonly columns: readonly Column[]
  /** Numbers of the columns of the primary key. */
  readonly key: readonly number[]
  readonly rows: readonly Row[]
}

export interface Column {
  readonly number: number
  readonly name: string
  /** PostgreSQL computes it. */
  readonly isGenerated: boolean
  /** What its values are written with besides: the labels of enums and the attributes of composite types, by oid. */
  readonly words: Readonly<Record<string, string>>
}

/** The values of the columns, in their order, as PostgreSQL writes them. */
export type Row = readonly (string | null)[]

export interface Position {
  readonly last: bigint
  readonly increment: bigint
}

/** Reads everything but what is the migrator's own. */
export async function takeSnapshot(client: Client, ledger: LedgerName): Promise<Snapshot> {
  const catalog = await readApplicationCatalog(client, ledger)
  return inTransaction(client, async () => {
    await client.query(EXACT)
    return {
      catalog,
      tables: await readTables(client, ledger),
      sequences: await readPositions(client),
    }
  })
}

/** So that a value has one text, whoever looks. */
const EXACT = `set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'; set local intervalstyle = 'postgres';
  set local extra_float_digits = 1; set local bytea_output = 'hex'; set local xmloption = content;
  set local lc_monetary = 'C'; set local row_security = off`

/** Of a relation c in a namespace n: no system's and not the migrator's. */
export const IS_OURS = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema', '${JOURNAL_SCHEMA}', '${ARCHIVE_SCHEMA}')`

/** The parts of a type are those of its elements, of what a domain or a range is over, and of its attributes. */
const WORDS = `
  with recursive part (root, oid) as (
    select distinct atttypid, atttypid from pg_attribute where attnum > 0 and not attisdropped and atttypid >= 16384
    union
    select part.root, next.oid from part join pg_type t on t.oid = part.oid cross join lateral (
      select t.typelem union select t.typbasetype
      union select rngsubtype from pg_range where rngtypid = t.oid or rngmultitypid = t.oid
      union select atttypid from pg_attribute where t.typtype = 'c' and attrelid = t.typrelid and attnum > 0 and not attisdropped
    ) next (oid) where next.oid >= 16384),
  words (root, words) as (
    select root, json_object_agg(word.oid, word.name) from part cross join lateral (
      select oid::text, enumlabel::text from pg_enum where enumtypid = part.oid
      union all select t.oid::text, string_agg(attnum::text, ' ' order by attnum) from pg_type t join pg_attribute on attrelid = typrelid
        where t.oid = part.oid and typtype = 'c' and attnum > 0 and not attisdropped group by 1) word (oid, name)
    group by root)`

const TABLES = `${WORDS}
  select c.oid::text, n.nspname as schema, c.relname as name, coalesce(pg_partition_root(c.oid)::oid, c.oid)::text as root,
         (select coalesce(json_agg(json_build_object('number', attnum, 'name', attname, 'isGenerated', attgenerated <> '',
                   'words', coalesce((select words from words where root = atttypid), '{}')) order by attnum), '[]')
            from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
         coalesce((select to_json(indkey::int2[]) from pg_index where indrelid = c.oid and indisprimary), '[]') as key
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'r' and c.relpersistence <> 't' and ${IS_OURS}
   order by 2, 3`

interface Found extends Omit<TableRows, 'name' | 'rows'> {
  readonly schema: string
  readonly name: string
}

async function readTables(client: Client, ledger: LedgerName): Promise<TableRows[]> {
  const { rows: found } = await client.query<Found>(TABLES)
  const tables: TableRows[] = []
  for (const { schema, name, ...table } of found) {
    if (isLedger(ledger, { schema, name })) continue
    // An output function writes what a cast to text might write in another way. A composite value with a NULL in it is not
    // `is not null`.
    const values = table.columns.map(
      (column) =>
        `case when ${quoteName(column.name)} is distinct from null then format('%s', ${quoteName(column.name)}) end`,
    )
    const { rows } = await client.query<{ row: Row }>(
      `select array[${values.join(', ')}]::text[] as row from only ${quoteName(name, schema)}`,
    )
    tables.push({ ...table, name: toIdentity(schema, name), rows: rows.map(({ row }) => row) })
  }
  return tables
}

async function readPositions(client: Client): Promise<Map<string, Position>> {
  const { rows } = await client.query<{ schema: string; name: string; last: string; step: string }>(
    `select n.nspname as schema, c.relname as name, s.seqincrement::text as step,
            coalesce(pg_sequence_last_value(c.oid), s.seqstart - s.seqincrement)::text as last
       from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_sequence s on s.seqrelid = c.oid
      where ${IS_OURS}`,
  )
  return new Map(
    rows.map(({ schema, name, last, step }) => [
      toIdentity(schema, name),
      { last: BigInt(last), increment: BigInt(step) },
    ]),
  )
}
