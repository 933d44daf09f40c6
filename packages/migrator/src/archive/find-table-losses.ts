import type { TableLoss, LostColumn, Findings } from './table-loss.ts'
import type pg from 'pg'
import type { DataLoss, Name, Statement } from '../migration.ts'
import { type Matching, readCalls, readMatching } from '../sql/affected-rows.ts'
import { asAuthor } from '../session/author.ts'
import { quoteName } from '../sql/quote-name.ts'
import { differs } from '../sql/differs.ts'
import { converted } from './conversions.ts'
import { dependants, findSnapshots, type Root } from './dependents.ts'
import { rowsDeleted, rowsTruncated } from './foreign-keys.ts'
import type { Current } from '../known/names-before.ts'
import { readReach } from './reach.ts'
import { findTable, meantBy, meantByAll, readTables, type StoredTable } from './tables.ts'
const UNCHANGED: Current = { table: (name) => name, column: (_, column) => column }

/**
 * Finds what a statement takes from the database as it is now, with everything that depends on it. It reads only the
 * catalog.
 */
export async function findTableLosses(
  client: pg.ClientBase,
  { sql, dataLosses }: Pick<Statement, 'sql' | 'dataLosses'>,
  current: Current = UNCHANGED,
): Promise<Findings> {
  const all: Findings[] = []
  for (const drop of dataLosses) all.push(await findLossesOf(client, sql, drop, current))
  return {
    tableLosses: merged(all.flatMap(({ tableLosses }) => tableLosses)),
    unknown: all.flatMap(({ unknown }) => unknown),
  }
}

async function findLossesOf(
  client: pg.ClientBase,
  sql: string,
  drop: DataLoss,
  current: Current,
): Promise<Findings> {
  switch (drop.what) {
    case 'unreadable':
      return { tableLosses: [], unknown: [drop.command] }
    case 'others':
      return { tableLosses: [], unknown: drop.cascade ? [drop.command] : [] }
    case 'calls':
      return { tableLosses: [], unknown: await volatileCalls(client, drop.functions) }
    case 'reads':
      return { tableLosses: [], unknown: await writersRead(client, drop.relations) }
    case 'written':
      return { tableLosses: [], unknown: [`${drop.command} of ${drop.table.name}`] }
    case 'insert': {
      const table = await findTable(client, current.table(drop.table))
      return { tableLosses: [], unknown: table ? await readTriggers(client, [table.oid]) : [] }
    }
    case 'objects':
      return gone(client, await findRoots(client, drop, current), drop.cascade)
    case 'truncate':
      return truncatedRows(client, drop, current)
    default: {
      const table = await findTable(client, current.table(drop.table))
      if (table) return takenFrom(client, sql, drop, table, current)
      return { tableLosses: [], unknown: await throughView(client, drop, current) }
    }
  }
}

async function truncatedRows(
  client: pg.ClientBase,
  drop: Extract<DataLoss, { readonly what: 'truncate' }>,
  current: Current,
): Promise<Findings> {
  const there: StoredTable[] = []
  for (const name of drop.tables) {
    const table = await findTable(client, current.table(name))
    if (table) there.push(table)
  }
  const tableLosses = await rowsTruncated(client, there, drop.cascade)
  const oids = tableLosses.map(({ table }) => table.oid)
  const foreign = await foreignRows(client, oids)
  return { tableLosses, unknown: [...foreign, ...(await readTriggers(client, oids))] }
}

/** Rows that are reached through a view, or on another server, or in a table that is not there yet. */
async function throughView(
  client: pg.ClientBase,
  { what, table }: TableDrop,
  current: Current,
): Promise<string[]> {
  const { schema, name } = current.table(table)
  const oid = await meantBy(client, quoteName(name, schema))
  const why = oid ? 'which is no table' : 'which is not there now'
  return [`${what.toUpperCase()} of ${name}, ${why}`]
}

type TableDrop = Extract<DataLoss, { readonly what: 'column' | 'conversion' | 'delete' | 'update' }>

async function takenFrom(
  client: pg.ClientBase,
  sql: string,
  drop: TableDrop,
  table: StoredTable,
  current: Current,
): Promise<Findings> {
  if (drop.what === 'column') {
    const column = current.column(drop.table, drop.column)
    return gone(client, await readColumn(client, table, column), drop.cascade)
  }
  if (drop.what === 'conversion') return converted(sql, drop, table, () => isCountable(client, sql))
  const reached = await readReach(client, [table], false)
  const foreign = await foreignRows(client, [table.oid])
  const unknown = [...foreign, ...(await readTriggers(client, reached))]
  const matching = (await isCountable(client, sql)) ? await readMatching(sql) : undefined
  if (!matching)
    return {
      tableLosses: [],
      unknown: [...unknown, `${drop.what.toUpperCase()} of ${table.label}`],
    }
  if (drop.what === 'delete') {
    return { tableLosses: await rowsDeleted(client, table, matching.rows), unknown }
  }
  const keys = await keysFollowing(client, table, matching)
  return { tableLosses: overwrittenValues(table, matching), unknown: [...unknown, ...keys] }
}

/** Counting must not call a function that may write, or return something else the next time. */
const isCountable = async (client: pg.ClientBase, sql: string) =>
  !(await callsOwnFunctions(client, sql))

/** The application's triggers and rules on these tables: nobody can know here what they do. */
async function readTriggers(client: pg.ClientBase, oids: readonly string[]): Promise<string[]> {
  const tables = await readTables(client, oids)
  return tables
    .filter(({ hasTriggers }) => hasTriggers)
    .map(({ label }) => `triggers and rules of ${label}`)
}

/** Partitions and heirs that are foreign tables: what a statement changes there it changes on another server. */
async function foreignRows(client: pg.ClientBase, oids: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ object: string }>(
    `with recursive heir (oid) as (
       select unnest($1::oid[]) union select inhrelid from heir join pg_inherits on inhparent = heir.oid)
     select format('rows of the foreign table %s', oid::regclass) as object
       from heir join pg_class using (oid) where relkind = 'f' order by 1`,
    [oids],
  )
  return rows.map(({ object }) => object)
}

/** Foreign keys that set other rows where the columns that they refer to are overwritten. */
async function keysFollowing(
  client: pg.ClientBase,
  table: StoredTable,
  { sets }: Matching,
): Promise<string[]> {
  const numbers = table.columns
    .filter(({ name }) => sets.some(({ column }) => column === name))
    .map(({ number }) => number)
  const { rows } = await client.query<{ name: string }>(
    `select distinct conrelid::regclass::text as name from pg_constraint
      where contype = 'f' and confrelid = $1 and confupdtype in ('c', 'n', 'd') and confkey && $2::int2[]
      order by 1`,
    [table.oid, numbers],
  )
  return rows.map(({ name }) => `rows of ${name}, through its foreign key`)
}

function overwrittenValues(table: StoredTable, { rows: matching, sets }: Matching): TableLoss[] {
  const columns = sets.flatMap(({ column, value }) => {
    const set = table.columns.find(({ name }) => name === column)
    if (!set) return []
    const isTaken = value === undefined ? 'true' : isOverwritten(value, set.fullType, column)
    return [{ name: column, isTaken, orElse: ['true'] }]
  })
  return [{ kind: 'values', table, matching, columns }]
}

async function gone(
  client: pg.ClientBase,
  roots: readonly Root[],
  cascade: boolean,
): Promise<Findings> {
  return {
    tableLosses: await dependants(client, roots, cascade),
    unknown: await findSnapshots(client, roots, cascade),
  }
}

/** For `where`: the row meets another value in the query of (tableoid, ctid, value). */
function isOverwritten(value: string, type: string, column: string): string {
  const written = `"migrator new"."migrator value"::${type}`
  return `exists (select from (${value}) as "migrator new" ("migrator table", "migrator row", "migrator value")
    where "migrator table" = tableoid and "migrator row" = ctid and ${differs(written, quoteName(column))})`
}

/** Joins the losses of columns that one statement takes from one table. */
function merged(tableLosses: readonly TableLoss[]): TableLoss[] {
  const result: TableLoss[] = []
  for (const tableLoss of tableLosses) {
    const isSame = (other: TableLoss) =>
      other.kind === tableLoss.kind &&
      other.table.oid === tableLoss.table.oid &&
      other.matching === tableLoss.matching
    const same = result.findIndex(isSame)
    const before = result[same]
    if (before === undefined) result.push(tableLoss)
    else result[same] = { ...before, columns: union(before.columns, tableLoss.columns) }
  }
  return result
}

function union(some: readonly LostColumn[], others: readonly LostColumn[]): LostColumn[] {
  const added = others.filter(({ name }) => !some.some((column) => column.name === name))
  return [...some, ...added]
}

/** How an object of each kind is found by its name, $1. Names of kinds without a schema are unquoted. */
const LOOKUPS = {
  table: ['pg_class', 'pg_catalog.to_regclass($1)'],
  relation: ['pg_class', 'pg_catalog.to_regclass($1)'],
  type: ['pg_type', 'pg_catalog.to_regtype($1)'],
  domain: ['pg_type', 'pg_catalog.to_regtype($1)'],
  collation: ['pg_collation', 'pg_catalog.to_regcollation($1)'],
  schema: ['pg_namespace', '(select oid from pg_catalog.pg_namespace where nspname = $1)'],
  extension: ['pg_extension', '(select oid from pg_catalog.pg_extension where extname = $1)'],
} as const

/** The objects that a DROP names and that are there. */
export async function findRoots(
  client: pg.ClientBase,
  { kind, names }: Extract<DataLoss, { readonly what: 'objects' }>,
  current: Current = UNCHANGED,
): Promise<Root[]> {
  const [catalog, lookup] = LOOKUPS[kind]
  const roots: Root[] = []
  for (const written of names) {
    const isRelation = kind === 'table' || kind === 'relation'
    const { schema, name } = isRelation ? current.table(written) : written
    const isBare = kind === 'schema' || kind === 'extension'
    const { rows } = await asAuthor(client, () =>
      client.query<{ objid: string | null }>(
        `select (${lookup})::pg_catalog.oid::pg_catalog.text as objid`,
        [isBare ? name : quoteName(name, schema)],
      ),
    )
    if (rows[0]?.objid) roots.push({ catalog, objid: rows[0].objid, objsubid: 0 })
  }
  return roots
}

async function readColumn(
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

/** The volatile functions among those that are called, but for PostgreSQL's own that only read. */
async function volatileCalls(client: pg.ClientBase, functions: readonly Name[]): Promise<string[]> {
  const { rows } = await client.query<{ call: string }>(
    `select distinct format('%s()', p.oid::regproc) as call
       from unnest($1::text[], $2::text[]) as called(schema, name)
       join pg_proc p on p.proname = called.name
       join pg_namespace n on n.oid = p.pronamespace and n.nspname = coalesce(called.schema, n.nspname)
      where p.provolatile = 'v'
        and (n.nspname <> 'pg_catalog' or p.proname ~ '^(lo_|lowrite|query_to_xml|cursor_to_xml)')
        and not (p.proname ~ '^(uuid_|gen_|crypt$)' and exists (
          select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'))
      order by 1`,
    [functions.map(({ schema }) => schema ?? null), functions.map(({ name }) => name)],
  )
  return rows.map(({ call }) => call)
}

/** True where a statement calls a function or an operator of the author's, or one that is volatile. */
async function callsOwnFunctions(client: pg.ClientBase, sql: string): Promise<boolean> {
  const { functions, operators } = await readCalls(sql)
  const { rows } = await client.query<{ own: boolean }>(
    `select exists (select from pg_proc where proname = any($1) and (provolatile = 'v' or pronamespace <> 'pg_catalog'::regnamespace))
         or exists (select from pg_operator where oprname = any($2) and oprnamespace <> 'pg_catalog'::regnamespace) as own`,
    [functions, operators],
  )
  return rows[0]?.own ?? true
}

/** Views among these that call volatile functions of the author's, through other views too. */
async function writersRead(client: pg.ClientBase, names: readonly Name[]): Promise<string[]> {
  const oids = await meantByAll(client, names)
  if (oids.length === 0) return []
  const { rows } = await client.query<{ call: string }>(
    `with recursive read (oid) as (
       select unnest($1::oid[])
       union
       select d.refobjid from read join pg_rewrite r on r.ev_class = read.oid
         join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass)
     select distinct format('%s()', p.oid::regproc) as call from read join pg_rewrite r on r.ev_class = read.oid
       join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_proc'::regclass
       join pg_proc p on p.oid = d.refobjid
      where p.provolatile = 'v' order by 1`,
    [oids],
  )
  return rows.map(({ call }) => call)
}
