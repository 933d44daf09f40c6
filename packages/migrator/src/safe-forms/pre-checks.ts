import type { Check } from '../migration.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'

/** What a unique index is of. */
interface Unique {
  readonly table: string
  readonly name: string
  /** Columns, quoted, or expressions. */
  readonly keys: readonly string[]
  readonly where?: string | undefined
  readonly areNullsEqual: boolean
}

/** A unique index over duplicates fails at its end, and leaves an invalid one. */
export function noDuplicates({ table, name, keys, where, areNullsEqual }: Unique): Check {
  const set = areNullsEqual ? [] : keys.map((key) => `${key} is not null`)
  const rows = [...(where === undefined ? [] : [`(${where})`]), ...set]
  const only = rows.length > 0 ? ` where ${rows.join(' and ')}` : ''
  return {
    query: `select count(*) as duplicates from (select from ${table}${only} group by ${keys.join(', ')} having count(*) > 1) d`,
    says: plain(
      `${name} requires each ${keys.join(', ')} of ${table} once, and some are there more than once. Make them different, then run this again.`,
    ),
  }
}

export function noNulls(table: string, column: string): Check {
  return {
    query: `select count(*) as nulls from ${table} where ${column} is null`,
    says: plain(
      `${column} of ${table} will require a value, and some rows have none. Give them one, then run this again.`,
    ),
  }
}

interface Condition {
  readonly table: string
  readonly name: string
  readonly condition: string
}

/** A row for which a condition is NULL passes a CHECK. */
export function noViolation({ table, name, condition }: Condition): Check {
  return {
    query: `select count(*) as rows from ${table} where not (${condition})`,
    says: plain(`${name} forbids some rows of ${table}. Change them, then run this again.`),
  }
}

interface ForeignKey {
  readonly table: string
  readonly name: string
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
}

/** Where one of several columns is NULL, MATCH SIMPLE asks for no row. */
export function noOrphans({ table, name, columns, target, targetColumns }: ForeignKey): Check {
  const set = columns.map((column) => `t.${column} is not null`)
  const same = columns.map((column, i) => `r.${targetColumns[i] ?? ''} = t.${column}`)
  return {
    query: `select count(*) as orphans from ${table} t where ${set.join(' and ')} and not exists (select from ${target} r where ${same.join(' and ')})`,
    says: plain(
      `${name} requires a row of ${target} for each ${columns.join(', ')} of ${table}, and some have none. Add or clear those, then run this again.`,
    ),
  }
}

interface Cast {
  readonly table: string
  readonly column: string
  readonly type: string
  readonly condition: string
}

/** What is cut or rounded is gone; what PostgreSQL refuses fails after the rewrite of all rows before it. */
export function allFit({ table, column, type, condition }: Cast): Check {
  return {
    query: `select count(*) as changed from ${table} where ${condition}`,
    says: plain(
      `${column} of ${table} becomes ${type}, and some values would be cut, rounded or refused. Change them first; or delete this check, where they may be cut or rounded. Then run this again.`,
    ),
  }
}

interface Dependants {
  /** Both quoted. */
  readonly table: string
  readonly column: string
  /** Those that go along to the new column, and that come and go with it. */
  readonly indexes: readonly string[]
  readonly constraints: readonly string[]
}

const isOf = (field: string, names: readonly string[]) =>
  `${field} = any (array[${names.map(quoteLiteral).join(', ')}]::name[])`

/**
 * What depends on a column goes with it in silence, but for what the migrations know of: so do rights on it alone, and its
 * settings. Triggers of the table would run for each row that is filled, and its children have rows that are not filled.
 */
export function noDependants({ table, column, indexes, constraints }: Dependants): Check {
  const name = quoteLiteral(column.slice(1, -1).replaceAll('""', '"'))
  const known = [
    'select oid from pg_attrdef where adrelid = a.attrelid and adnum = a.attnum',
    `select oid from pg_constraint where conrelid = a.attrelid and (contype = 'n' or ${isOf('conname', constraints)})`,
    `select c.oid from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = a.attrelid and ${isOf('c.relname', indexes)}`,
  ]
  const depends = `d.refclassid = 'pg_class'::regclass and d.refobjid = a.attrelid and d.refobjsubid = a.attnum`
  const counts = {
    dependants: `from pg_depend d where ${depends} and d.objid not in (${known.join(' union all ')})`,
    rights: 'where a.attacl is not null',
    settings: `where ${SETTINGS.join(' or ')}`,
    // One of UPDATE OF other columns does not run.
    triggers: `from pg_trigger t where t.tgrelid = a.attrelid and not t.tgisinternal and t.tgtype & 16 <> 0 and t.tgattr::text = '' and t.tgenabled not in ('D', 'R')`,
    children: 'from pg_inherits where inhparent = a.attrelid',
  }
  const asked = Object.entries(counts).map(([as, from]) => `(select count(*) ${from}) as ${as}`)
  return {
    query: `select ${asked.join(', ')} from pg_attribute a where a.attrelid = ${quoteLiteral(table)}::regclass and a.attname = ${name}`,
    says: plain(
      `A new column takes the place of ${column} of ${table}, and something in this database would be lost, or would run for each row: what depends on the old column and no migration here has made, rights on it alone, settings of its own (statistics, storage, compression, an index with a comment, as replica identity or for CLUSTER), triggers at each UPDATE, or children of the table. Take it away for the time of the run, and make it again afterwards; or write ALTER COLUMN … TYPE by hand, which locks the table for as long as it writes it again.`,
    ),
  }
}

/** What a column, or what is made of it, has beside its definition. */
const SETTINGS = [
  'a.attstattarget >= 0',
  'a.attoptions is not null',
  `a.attcompression <> ''`,
  'a.attstorage <> (select typstorage from pg_type where oid = a.atttypid)',
  `exists (select from pg_index i where i.indrelid = a.attrelid and a.attnum = any (i.indkey) and (i.indisreplident or i.indisclustered or obj_description(i.indexrelid, 'pg_class') is not null))`,
  `exists (select from pg_constraint k where k.conrelid = a.attrelid and a.attnum = any (k.conkey) and obj_description(k.oid, 'pg_constraint') is not null)`,
]

/** PostgreSQL refuses a value that is no label of an enum, after it has written the rows before it. */
export function allLabelled({
  table,
  column,
  type,
  condition,
  labels,
}: Cast & { readonly labels: string }): Check {
  return {
    query: `select count(*) as others from ${table} where ${condition}`,
    says: plain(
      `${column} of ${table} will have one of the labels of ${type}: ${labels}. Some rows have another one. Change them, then run this again.`,
    ),
  }
}

export function noRows(table: string, column: string): Check {
  return {
    query: `select count(*) as rows from (select from ${table} limit 1) one`,
    says: plain(
      `${column} of ${table} requires a value, and the rows that are there have none. Give the column a default, or add it as nullable, fill it, and require it in a later migration.`,
    ),
  }
}

/** Names as a person says them. */
function plain(text: string): string {
  return text.replaceAll('"', '')
}
