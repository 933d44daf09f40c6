import type pg from 'pg'
import type { Drop, Name, Statement } from '../migration.ts'
import type { Conversion, Matching } from '../sql/matching.ts'
import { quoteName } from '../sql/quote-name.ts'
import { dependants, type Root } from './dependants.ts'
import { rowsDeleted, rowsTruncated } from './foreign-keys.ts'
import { findTable, stored, type StoredTable } from './tables.ts'
import { textOf } from './text.ts'
import { readConversions, readMatching } from '../sql/matching.ts'

/** What a statement takes from one table. */
export interface Taking {
  /** `table`: all of it. `rows`: rows that are deleted. `values`: values that go, or become others. */
  readonly kind: 'table' | 'rows' | 'values'
  readonly table: StoredTable
  /** A query of (tableoid, ctid) of the rows concerned; absent: all. */
  readonly matching?: string
  /** Of `values`: the columns. */
  readonly columns: readonly TakenColumn[]
  /** Of `values`: columns that the statement does not name, and triggers may change with it. */
  readonly beside?: readonly string[]
}

export interface TakenColumn {
  readonly name: string
  /** A condition on a row of the table that holds where its value goes or changes. */
  readonly isTaken: string
  /** True where the column itself goes. */
  readonly goes?: boolean
  /** Wider conditions, for where the ones before cannot be evaluated. */
  readonly orElse?: readonly string[]
}

/** What a statement takes, and why nobody can tell more: the commands that cannot be read. */
export interface Findings {
  readonly takings: readonly Taking[]
  readonly unknown: readonly string[]
}

/** Tells by what name an object goes now that a later statement knows by another. */
export type CurrentName = (name: Name) => Name

/**
 * Finds what a statement takes from the database as it is now, with all that depends on it. Reads the
 * catalog, and no table.
 */
export async function findTakings(
  client: pg.ClientBase,
  { sql, drops }: Pick<Statement, 'sql' | 'drops'>,
  current: CurrentName = (name) => name,
): Promise<Findings> {
  const all: Findings[] = []
  for (const drop of drops) all.push(await findingsOf(client, sql, drop, current))
  return {
    takings: merged(all.flatMap(({ takings }) => takings)),
    unknown: all.flatMap(({ unknown }) => unknown),
  }
}

async function findingsOf(
  client: pg.ClientBase,
  sql: string,
  drop: Drop,
  current: CurrentName,
): Promise<Findings> {
  switch (drop.what) {
    case 'unreadable':
      return { takings: [], unknown: [drop.command] }
    case 'calls':
      return { takings: [], unknown: await volatileCalls(client, drop.functions) }
    case 'objects':
      return known(await dependants(client, await rootsOf(client, drop, current), drop.cascade))
    case 'truncate': {
      const names = drop.tables.map(current)
      const tables = await Promise.all(names.map(async (name) => findTable(client, name)))
      const there = tables.flatMap((table) => table ?? [])
      return known(await rowsTruncated(client, there, drop.cascade))
    }
    default: {
      const table = await findTable(client, current(drop.table))
      if (table) return takenFrom(client, sql, drop, table)
      return { takings: [], unknown: await throughView(client, drop, current) }
    }
  }
}

/** Rows that are reached through a view, or on another server, are seen by nobody here. */
async function throughView(
  client: pg.ClientBase,
  { what, table }: TableDrop,
  current: CurrentName,
): Promise<string[]> {
  if (what !== 'delete' && what !== 'update') return []
  const { schema, name } = current(table)
  const { rows } = await client.query(
    `select from pg_class where oid = to_regclass($1) and relkind in ('v', 'f')`,
    [quoteName(name, schema)],
  )
  return rows.map(() => `${what.toUpperCase()} of ${name}, which is no table`)
}

type TableDrop = Extract<Drop, { readonly table: Name }>

async function takenFrom(
  client: pg.ClientBase,
  sql: string,
  drop: TableDrop,
  table: StoredTable,
): Promise<Findings> {
  if (drop.what === 'column') {
    return known(await dependants(client, await columnOf(client, table, drop.column), drop.cascade))
  }
  if (drop.what === 'conversion') {
    const conversions = await readConversions(sql)
    return known(
      convertedValues(
        table,
        conversions.find(({ column }) => column === drop.column),
      ),
    )
  }
  const matching = await readMatching(sql)
  if (!matching) return { takings: [], unknown: [drop.what.toUpperCase()] }
  return known(
    drop.what === 'delete'
      ? await rowsDeleted(client, table, matching.rows)
      : overwrittenValues(table, matching),
  )
}

function convertedValues(table: StoredTable, conversion: Conversion | undefined): Taking[] {
  const old = table.columns.find(({ name }) => name === conversion?.column)
  if (!conversion || !old || old.isGenerated) return []
  const column = quoteName(old.name)
  const isSet = `${column} is distinct from null`
  const converted = `(${conversion.expression})::${conversion.type}`
  const isChanged = (to: string) => `${isSet} and ${differs(to, column)}`
  // Lost is what the type that it had cannot be given back from the one that it gets.
  const isTaken = isChanged(`(${converted})::${old.fullType}`)
  const columns = [{ name: old.name, isTaken, orElse: [isChanged(converted), isSet] }]
  return [{ kind: 'values', table, columns }]
}

function overwrittenValues(table: StoredTable, { rows: matching, sets }: Matching): Taking[] {
  const columns = sets.flatMap(({ column, value }) => {
    const set = table.columns.find(({ name }) => name === column)
    if (!set) return []
    const isTaken = value === undefined ? 'true' : isOverwritten(value, set.fullType, column)
    return [{ name: column, isTaken, orElse: ['true'] }]
  })
  const others = stored(table).filter(({ name }) => !sets.some(({ column }) => column === name))
  const beside = table.hasUpdateTriggers ? others.map(({ name }) => name) : []
  return [{ kind: 'values', table, matching, columns, beside }]
}

const known = (takings: readonly Taking[]): Findings => ({ takings, unknown: [] })

function differs(one: string, other: string): string {
  return `(${textOf(one)}) is distinct from (${textOf(other)})`
}

/** For `where`: the row meets another value in the query of (tableoid, ctid, value). */
function isOverwritten(value: string, type: string, column: string): string {
  const written = `"migrator new"."migrator value"::${type}`
  return `exists (select from (${value}) as "migrator new" ("migrator table", "migrator row", "migrator value")
    where "migrator table" = tableoid and "migrator row" = ctid and ${differs(written, quoteName(column))})`
}

/** Several columns of one table that one statement takes are one taking. */
function merged(takings: readonly Taking[]): Taking[] {
  const result: Taking[] = []
  for (const taking of takings) {
    const isSame = (other: Taking) =>
      other.kind === taking.kind &&
      other.table.oid === taking.table.oid &&
      other.matching === taking.matching
    const same = result.findIndex(isSame)
    const before = result[same]
    if (before === undefined) result.push(taking)
    else result[same] = { ...before, columns: union(before.columns, taking.columns) }
  }
  return result
}

function union(some: readonly TakenColumn[], others: readonly TakenColumn[]): TakenColumn[] {
  const added = others.filter(({ name }) => !some.some((column) => column.name === name))
  return [...some, ...added]
}

/** How an object of each kind is found by its name, $1; those of no schema take it unquoted. */
const LOOKUPS = {
  table: ['pg_class', 'to_regclass($1)'],
  type: ['pg_type', 'to_regtype($1)'],
  domain: ['pg_type', 'to_regtype($1)'],
  collation: ['pg_collation', 'to_regcollation($1)'],
  schema: ['pg_namespace', '(select oid from pg_namespace where nspname = $1)'],
  extension: ['pg_extension', '(select oid from pg_extension where extname = $1)'],
} as const

/** The objects that a DROP names and that are there. */
export async function rootsOf(
  client: pg.ClientBase,
  { kind, names }: Extract<Drop, { readonly what: 'objects' }>,
  current: CurrentName = (name) => name,
): Promise<Root[]> {
  const [catalog, lookup] = LOOKUPS[kind]
  const roots: Root[] = []
  for (const written of names) {
    const { schema, name } = kind === 'table' ? current(written) : written
    const isBare = kind === 'schema' || kind === 'extension'
    const { rows } = await client.query<{ objid: string | null }>(
      `select (${lookup})::oid::text as objid`,
      [isBare ? name : quoteName(name, schema)],
    )
    if (rows[0]?.objid) roots.push({ catalog, objid: rows[0].objid, objsubid: 0 })
  }
  return roots
}

async function columnOf(
  client: pg.ClientBase,
  { oid }: StoredTable,
  column: string,
): Promise<Root[]> {
  const { rows } = await client.query<{ attnum: number }>(
    'select attnum from pg_attribute where attrelid = $1 and attname = $2 and not attisdropped',
    [oid, column],
  )
  return rows.map(({ attnum }) => ({ catalog: 'pg_class', objid: oid, objsubid: attnum }))
}

/** The volatile functions among those that are called, but for PostgreSQL's own and those of extensions. */
async function volatileCalls(client: pg.ClientBase, functions: readonly Name[]): Promise<string[]> {
  const { rows } = await client.query<{ call: string }>(
    `select distinct format('%s()', p.oid::regproc) as call
       from unnest($1::text[], $2::text[]) as called(schema, name)
       join pg_proc p on p.proname = called.name
       join pg_namespace n on n.oid = p.pronamespace and n.nspname = coalesce(called.schema, n.nspname)
      where p.provolatile = 'v' and n.nspname <> 'pg_catalog'
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
      order by 1`,
    [functions.map(({ schema }) => schema ?? null), functions.map(({ name }) => name)],
  )
  return rows.map(({ call }) => call)
}
