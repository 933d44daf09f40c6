import type { Client } from 'pg'
import type { Catalog } from '../../catalog/index.ts'
import { readApplicationCatalog } from '../../drift/application-catalog.ts'
import { quoteName } from '../../sql/quote-name.ts'

/** All that a way back could lose: every row in its exact text, every sequence's position, the schema. */
export interface Snapshot {
  /** By quoted name; a row's `id` where it has such a column. */
  readonly tables: ReadonlyMap<string, readonly Row[]>
  readonly sequences: ReadonlyMap<string, Position>
  readonly catalog: Catalog
}

export interface Row {
  readonly text: string
  readonly id: string | null
}

export interface Position {
  readonly last: bigint
  readonly isCalled: boolean
  readonly increment: bigint
}

/** So that a value has one text, whoever looks. */
export const EXACT = `set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres';
  set extra_float_digits = 1; set bytea_output = 'hex'; set array_nulls = on; set xmloption = content;
  set lc_monetary = 'C'; set search_path = public; set row_security = off; set statement_timeout = '60s'`

/** They are no table's, and gone for good. */
const LARGE_OBJECTS = 'pg_catalog.pg_largeobject'

const OURS = `n.nspname !~ '^(pg_|migrator|information_schema)' and c.relname <> 'mikro_orm_migrations'`

/** Reads everything; `client` is a superuser's, with {@link EXACT} set. */
export async function takeSnapshot(client: Client, withCatalog: boolean): Promise<Snapshot> {
  const { rows } = await client.query<{ schema: string; name: string; kind: string; step: string }>(
    `select n.nspname as schema, c.relname as name, c.relkind as kind, s.seqincrement::text as step
       from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_sequence s on s.seqrelid = c.oid
      where c.relkind in ('r', 'S') and c.relpersistence <> 't' and ${OURS}
        and not exists (select from pg_depend d join pg_class t on t.oid = d.refobjid
                         where d.objid = c.oid and d.classid = 'pg_class'::regclass and t.relname = 'mikro_orm_migrations')
      order by 1, 2`,
  )
  const named = rows.map((row) => ({ ...row, sql: quoteName(row.name, row.schema) }))
  const tables = named.filter(({ kind }) => kind === 'r').map(({ sql }) => sql)
  const sequences = named.filter(({ kind }) => kind === 'S')
  return {
    tables: await readRows(client, [...tables, LARGE_OBJECTS]),
    sequences: await readPositions(client, sequences),
    catalog: withCatalog
      ? await readApplicationCatalog(client, { table: 'mikro_orm_migrations' })
      : { objects: [] },
  }
}

async function readRows(client: Client, tables: readonly string[]): Promise<Map<string, Row[]>> {
  const found = new Map<string, Row[]>(tables.map((table) => [table, []]))
  if (tables.length === 0) return found
  const all = tables.map(
    (table, n) =>
      `select ${n} as n, "the row"::text as text, to_jsonb("the row") ->> 'id' as id from only ${table} "the row"`,
  )
  const { rows } = await client.query<Row & { n: number }>(
    `${all.join(' union all ')} order by n, text`,
  )
  for (const { n, text, id } of rows) found.get(tables[n] ?? '')?.push({ text, id })
  return found
}

async function readPositions(
  client: Client,
  sequences: readonly { sql: string; step: string }[],
): Promise<Map<string, Position>> {
  if (sequences.length === 0) return new Map()
  const all = sequences.map(
    ({ sql }, n) => `select ${n} as n, last_value::text as last, is_called as called from ${sql}`,
  )
  const { rows } = await client.query<{ n: number; last: string; called: boolean }>(
    all.join(' union all '),
  )
  return new Map(
    rows.map(({ n, last, called }) => {
      const { sql = '', step = '1' } = sequences[n] ?? {}
      return [sql, { last: BigInt(last), isCalled: called, increment: BigInt(step) }]
    }),
  )
}
