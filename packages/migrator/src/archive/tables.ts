import type pg from 'pg'
import type { Name } from '../migration.ts'
import { askAsAuthor, authorsSchemas } from '../session/author.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { askAgain } from '../session/prepared.ts'

/** A table as it is in the database now. */
export interface StoredTable {
  readonly oid: string
  readonly schema: string
  readonly name: string
  /** Quoted and qualified. */
  readonly sql: string
  /** What stands in FROM for its own rows: those of its partitions are, those of tables that inherit from it are not. */
  readonly from: string
  /** For people: without the schema where the search path finds it. */
  readonly label: string
  readonly isPartitioned: boolean
  /** The tables that it is a partition or an heir of, at any depth. */
  readonly wholes: readonly WholeTable[]
  /** The number of the column that was made last, whether or not it is still there. */
  readonly newest: number
  /** Triggers and rules of the application, on it or a partition, which may change more than a statement says. */
  readonly hasTriggers: boolean
  /** Row security binds its owner, too: rows may be there that this role does not see. */
  readonly hidesRows: boolean
  /** On disk, with partitions and TOAST, without indexes. */
  readonly bytes: number
  readonly columns: readonly StoredColumn[]
  /**
   * Columns of each key whose values are never NULL, the primary key first. Not with a column that PostgreSQL computes: of
   * that one nothing is kept, and it changes with columns that no text names.
   */
  readonly keys: readonly (readonly string[])[]
  /** A key of it may be broken until the end of a transaction: ON CONFLICT knows no such keys. */
  readonly hasDeferrableKeys: boolean
}

export interface WholeTable {
  readonly oid: string
  readonly schema: string
  readonly name: string
}

/** Columns that are, or were, a foreign key; with the table that they refer to. */
export interface Reference {
  readonly columns: readonly string[]
  /** The oid. */
  readonly table: string
  readonly schema: string
  readonly name: string
  readonly refers: readonly string[]
}

export interface StoredColumn {
  readonly name: string
  readonly number: number
  /** As SQL, without length or precision: a cast to it never cuts. */
  readonly type: string
  /** As SQL, whole. */
  readonly fullType: string
  /** The attributes of a composite type, or of what it is an array of or a domain over, in their order; '' of any other. */
  readonly shape: string
  readonly typeOid: string
  /** As SQL, where it takes different texts for equal; null of any other. */
  readonly collation: string | null
  /** The type is PostgreSQL's own. */
  readonly isBuiltIn: boolean
  /** A cast makes a value of a text by a function, which may make another one than its type reads. */
  readonly isCast: boolean
  /** PostgreSQL computes it: there is nothing in it to keep. */
  readonly isGenerated: boolean
  /** GENERATED ALWAYS AS IDENTITY: it can be set to a value by INSERT alone. */
  readonly isIdentity: boolean
  /** A new row gets something else than NULL in it. */
  readonly hasDefault: boolean
}

const WHOLES = `(with recursive whole as (
    select inhparent as oid from pg_inherits where inhrelid = c.oid
    union select i.inhparent from pg_inherits i join whole on i.inhrelid = whole.oid)
  select coalesce(json_agg(json_build_object('oid', whole.oid::text, 'schema', s.nspname, 'name', w.relname)), '[]')
    from whole join pg_class w using (oid) join pg_namespace s on s.oid = w.relnamespace)`

/** Of every table that is a partition or an heir now, by its oid: the tables that it is one of. */
export async function readWholes(
  client: pg.ClientBase,
): Promise<ReadonlyMap<string, readonly WholeTable[]>> {
  const { rows } = await client.query<{ oid: string; wholes: WholeTable[] }>(
    `select c.oid::text, ${WHOLES} as wholes from pg_class c
      where c.relkind in ('r', 'p') and c.oid in (select inhrelid from pg_inherits)`,
  )
  return new Map(rows.map(({ oid, wholes }) => [oid, wholes]))
}

const SHAPE = `coalesce((select ' (' || string_agg(quote_ident(p.attname) || ' ' || format_type(p.atttypid, p.atttypmod), ', ' order by p.attnum) || ')'
                      from pg_type t join pg_type e on e.oid = coalesce(nullif(t.typbasetype, 0), nullif(t.typelem, 0), t.oid)
                      join pg_attribute p on p.attrelid = e.typrelid and p.attnum > 0 and not p.attisdropped
                     where t.oid = a.atttypid and t.oid >= 16384), '')`

/** SQL: a table and its partitions, their `oid`. `table` is SQL of its oid. */
export function partitionsOf(table: string): string {
  return `(select ${table} as oid union select relid from pg_partition_tree(${table}::regclass))`
}

/** Those of the table $1. */
export const PARTITIONS = partitionsOf('$1::oid')

/** Of a table and its partitions. */
export async function readPartitionNames(
  client: pg.ClientBase,
  { oid }: StoredTable,
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class join ${PARTITIONS} part on part.oid = pg_class.oid`,
    [oid],
  )
  return rows.map(({ name }) => name)
}

/** Of a column `a`: its collation, where that takes different texts for equal. */
export const EQUATING = `(select format('%I.%I', s.nspname, o.collname) from pg_collation o join pg_namespace s on s.oid = o.collnamespace
                       where o.oid = a.attcollation and not o.collisdeterministic)`

const IS_CAST = `exists (select from pg_cast k join pg_type t on t.oid = a.atttypid
                       where k.castsource = 'text'::regtype and k.castmethod = 'f' and k.casttarget in (t.oid, t.typbasetype))`

/** A trigger that gives a column of the row the value of another one, as the copy of a column does, takes nothing away. */
const COPIES = `exists (select from pg_proc where oid = tgfoid and prosrc ~ '^ begin new\\."([^"]|"")+" := new\\."([^"]|"")+"; return new; end $')`

const TABLES = `select c.oid::text, n.nspname as schema, c.relname as name,
      c.relkind = 'p' as "isPartitioned", ${WHOLES} as wholes, c.relnatts as newest,
      exists (select from (select c.oid union select relid from pg_partition_tree(c.oid)) part where (select relhasrules from pg_class where oid = part.oid)
           or exists (select from pg_trigger where tgrelid = part.oid and not tgisinternal and tgenabled <> 'D' and not ${COPIES})) as "hasTriggers", c.relforcerowsecurity as "hidesRows",
      (select coalesce(sum(pg_table_size(t.relid)), pg_table_size(c.oid)) from pg_partition_tree(c.oid) t)::text as bytes,
      (select coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, -1),
                'fullType', format_type(a.atttypid, a.atttypmod), 'shape', ${SHAPE}, 'typeOid', a.atttypid::text, 'collation', ${EQUATING},
                'isGenerated', a.attgenerated <> '', 'isIdentity', a.attidentity = 'a', 'number', a.attnum,
                'isBuiltIn', a.atttypid < 16384, 'isCast', ${IS_CAST},
                'hasDefault', a.atthasdef or a.attidentity <> '') order by a.attnum), '[]')
         from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      exists (select from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'u', 'x') and k.condeferrable) as "hasDeferrableKeys",
      (select coalesce(json_agg(k.names order by not k.indisprimary, k.indexrelid), '[]') from (
         select i.indexrelid, i.indisprimary, json_agg(a.attname order by at.n) as names
           from pg_index i cross join unnest(i.indkey::int2[]) with ordinality as at(attnum, n)
           join pg_attribute a on a.attrelid = i.indrelid and a.attnum = at.attnum
          where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate
            and i.indpred is null and i.indexprs is null and at.n <= i.indnkeyatts
          group by i.indexrelid, i.indisprimary having bool_and(a.attnotnull and a.attgenerated = '' and not exists (
            select from pg_constraint v where v.conrelid = i.indrelid and v.contype = 'n' and v.conkey[1] = a.attnum and not v.convalidated))) k) as keys
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.oid = any($1::oid[]) and c.relkind in ('r', 'p') and c.relpersistence <> 't'
order by n.nspname, c.relname`

/** Reads tables by their oids, in the order of their names. What is no table (a view, say) is left out. */
export async function readTables(
  client: pg.ClientBase,
  oids: readonly string[],
): Promise<StoredTable[]> {
  if (oids.length === 0) return []
  const { rows } = await askAgain<TableRow>(client, TABLES, [oids])
  const schemas = authorsSchemas(client) ?? ['public']
  return rows.map(({ bytes, ...row }) => ({
    ...row,
    bytes: Number(bytes),
    sql: quoteName(row.name, row.schema),
    from: `${row.isPartitioned ? '' : 'only '}${quoteName(row.name, row.schema)}`,
    label: schemas.includes(row.schema) ? row.name : `${row.schema}.${row.name}`,
  }))
}

type TableRow = Omit<StoredTable, 'sql' | 'from' | 'label' | 'bytes'> & { bytes: string }

/** The columns of a relation of the archive, by its quoted name. */
export async function readArchived(
  client: pg.ClientBase,
  relation: string,
): Promise<readonly StoredColumn[]> {
  const { rows } = await client.query<{ oid: string }>('select $1::regclass::oid::text as oid', [
    relation,
  ])
  const [table] = await readTables(client, [rows[0]?.oid ?? '0'])
  return table?.columns ?? []
}

/** Tables that another one is a partition or an heir of. */
export async function readWholeTables(
  client: pg.ClientBase,
  wholes: readonly WholeTable[],
): Promise<StoredTable[]> {
  return readTables(
    client,
    wholes.map(({ oid }) => oid),
  )
}

/** The table that a name means now; undefined where it means none. */
export async function findTable(
  client: pg.ClientBase,
  { schema, name }: Name,
): Promise<StoredTable | undefined> {
  const oid = await meantBy(client, quoteName(name, schema))
  return oid === undefined ? undefined : findTableByOid(client, oid)
}

/** The oid of the relation that a name, quoted, means to the author; undefined where it means none. */
export async function meantBy(client: pg.ClientBase, name: string): Promise<string | undefined> {
  return (await oidsOf(client, [name]))[0] ?? undefined
}

/** The oids of the relations that names mean to the author, without those that mean none. */
export async function meantByAll(client: pg.ClientBase, names: readonly Name[]): Promise<string[]> {
  return (await meantByEach(client, names)).filter((oid) => oid !== null)
}

/** The same of each name; null where it means none. */
export async function meantByEach(
  client: pg.ClientBase,
  names: readonly Name[],
): Promise<(string | null)[]> {
  if (names.length === 0) return []
  return oidsOf(
    client,
    names.map(({ schema, name }) => quoteName(name, schema)),
  )
}

async function oidsOf(client: pg.ClientBase, names: readonly string[]): Promise<(string | null)[]> {
  const meant = names.map(
    (name) => `pg_catalog.to_regclass(${quoteLiteral(name)})::pg_catalog.oid::pg_catalog.text`,
  )
  const [found] = await askAsAuthor<{ oids: (string | null)[] }>(
    client,
    `select array[${meant.join(', ')}] as oids`,
  )
  return found?.oids ?? []
}

/** The table with an oid; undefined where there is none. */
export async function findTableByOid(
  client: pg.ClientBase,
  oid: string,
): Promise<StoredTable | undefined> {
  return (await readTables(client, [oid]))[0]
}

/** The number of a column; undefined where the table has none of that name. */
export function findNumber(
  { columns }: Pick<StoredTable, 'columns'>,
  column: string | undefined,
): number | undefined {
  return columns.find(({ name }) => name === column)?.number
}

/** The first key with none of these columns: what finds a row again when they are changed or gone. */
export function keyWithout(
  { keys }: Pick<StoredTable, 'keys'>,
  columns: readonly string[],
): readonly string[] | undefined {
  return keys.find((key) => !key.some((column) => columns.includes(column)))
}

/** What PostgreSQL computes need not be kept, and cannot be restored. */
export function stored({ columns }: StoredTable): StoredColumn[] {
  return columns.filter(({ isGenerated }) => !isGenerated)
}

export async function isEmpty(
  client: pg.ClientBase,
  { from, hidesRows, bytes }: StoredTable,
): Promise<boolean> {
  if (hidesRows) return bytes === 0
  const { rows } = await client.query<{ empty: boolean }>(
    `select not exists (select from ${from}) as empty`,
  )
  return rows[0]?.empty ?? true
}

/** NULLs of a column that comes back with a default are content as well. */
export async function hasContent(
  client: pg.ClientBase,
  table: StoredTable,
  columns: readonly StoredColumn[],
): Promise<boolean> {
  if (columns.some(({ hasDefault }) => hasDefault)) return !(await isEmpty(client, table))
  const any = columns.map(({ name }) => `${quoteName(name)} is distinct from null`)
  return !(await isEmpty(client, { ...table, from: `${table.from} where ${any.join(' or ')}` }))
}

/** `from`: what stands in FROM. */
export async function countRows(client: pg.ClientBase, from: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`select count(*) from ${from}`)
  return Number(rows[0]?.count ?? 0)
}
