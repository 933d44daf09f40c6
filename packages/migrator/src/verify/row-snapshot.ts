import type { Client } from 'pg'
import { toIdentity, type Catalog } from '../catalog/index.ts'
import type { LedgerName } from '../database-state.ts'
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

const IS_OURS = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema', '${JOURNAL_SCHEMA}', '${ARCHIVE_SCHEMA}')`

const TABLES = `
  select c.oid::text, n.nspname as schema, c.relname as name, coalesce(pg_partition_root(c.oid)::oid, c.oid)::text as root,
         (select coalesce(json_agg(json_build_object('number', attnum, 'name', attname, 'isGenerated', attgenerated <> '')
                   order by attnum), '[]')
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
    if (name === ledger.table && schema === (ledger.schema ?? schema)) continue
    // An output function writes what a cast to text might write in another way.
    const values = table.columns.map(
      (column) =>
        `case when ${quoteName(column.name)} is not null then format('%s', ${quoteName(column.name)}) end`,
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
