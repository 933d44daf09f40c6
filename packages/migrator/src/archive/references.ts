import type pg from 'pg'
import { ARCHIVE_SCHEMA, JOURNAL } from '../journal/journal.ts'
import { COPIED_UNTIL } from './copied.ts'
import { findAdding, type Ways } from './own-writes.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import {
  findTable,
  findTableByOid,
  readTables,
  type Reference,
  type StoredTable,
} from './tables.ts'
import { asText, writeColumn } from './text.ts'
import { isSameValue } from './values.ts'
import { isWritten } from './versions.ts'

/*
 * What refers to a row names it by a number, and a migration that runs again may give that number to another row. So
 * values, and rows, that refer to rows are restored only where those rows are.
 */

/** SQL: the names of a relation's columns by their numbers. */
export const NAMES = (relation: string, numbers: string) =>
  `(select json_agg(a.attname order by k.n) from unnest(${numbers}) with ordinality as k(num, n)
      join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.num)`

/** SQL: the table $1 and those that it is a partition of. */
export const WHOLE = `(select $1::oid union select relid from pg_partition_ancestors($1::oid::regclass))`

/** The foreign keys of a table that have one of these columns. */
export async function readReferences(
  client: pg.ClientBase,
  oid: string,
  columns: readonly string[],
): Promise<Reference[]> {
  const { rows } = await client.query<Reference>(
    `select ${NAMES('f.conrelid', 'f.conkey')} as columns, f.confrelid::text as "table", n.nspname as schema, p.relname as name,
            ${NAMES('f.confrelid', 'f.confkey')} as refers
       from pg_constraint f join pg_class p on p.oid = f.confrelid join pg_namespace n on n.oid = p.relnamespace
      where f.contype = 'f' and f.conparentid = 0 and f.conrelid in ${WHOLE} order by f.oid`,
    [oid],
  )
  return rows.filter((key) => key.columns.some((column) => columns.includes(column)))
}

/** Which values are not restored, though their rows are those that lost them. */
export interface Astray {
  /** True for such a row `a` of the archive, and its row `t`. */
  readonly sql: string
  /** Those values, in the archive. */
  readonly columns: ReadonlySet<string>
  /** Follows a number of rows. */
  readonly why: string
}

/** What is so for the one reason or for the other. */
export function join(one: Astray | undefined, other: Astray | undefined): Astray | undefined {
  if (!one || !other) return one ?? other
  return {
    sql: `(${one.sql} or ${other.sql})`,
    columns: new Set([...one.columns, ...other.columns]),
    why: one.why === other.why ? one.why : `${one.why}, or ${other.why}`,
  }
}

interface Judging {
  readonly ways: Ways
  /** The migration goes on: what waits may still be restored. */
  readonly isLent?: boolean
}

/**
 * The values of an entry that refer to rows which the archive still has, which were in a table that was made again and was
 * given nothing back, or which the migration has written since. `names`: those of its columns in the table now. Undefined
 * where there are none.
 */
export async function findAstray(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  { names, ...judging }: Judging & { readonly names: readonly string[] },
): Promise<Astray | undefined> {
  const noted = entry.facts.references ?? []
  const isNoted = ({ name, columns }: Reference) =>
    noted.some((key) => key.name === name && key.columns.join() === columns.join())
  const then = noted.map((key) => ({ key, list: entry.columns, since: entry }))
  const now = (await readReferences(client, table.oid, names))
    .filter((key) => !isNoted(key))
    .map((key) => ({ key, list: names, since: undefined }))
  const all = [...then, ...now].map(({ key, list, since }) => ({
    key,
    values: key.columns.map((column) => valueIn(list, column, table)),
    since,
  }))
  return findHeld(client, entry, all, judging)
}

/** The same of rows. `values`: what the archive has, by the columns of the table. */
export async function findRowsAstray(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  { values, ways }: Judging & { readonly values: ReadonlyMap<string, string> },
): Promise<Astray | undefined> {
  const keys = await readReferences(client, table.oid, [...values.keys()])
  // To rows of its own it refers as it did.
  const others = keys.filter((key) => key.table !== table.oid)
  const all = others.map((key) => ({
    key,
    values: key.columns.map((column) => values.get(column)),
    since: entry,
  }))
  // Of what still waits, all will be restored with it.
  return findHeld(client, entry, all, { isLent: true, ways })
}

interface Referred {
  readonly key: Reference
  readonly values: readonly (string | undefined)[]
  /** The values named rows which were there: what the archive had before has nothing to do with them. */
  readonly since: ArchiveEntry | undefined
}

async function findHeld(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  all: readonly Referred[],
  { isLent = false, ways }: Judging,
): Promise<Astray | undefined> {
  const found: { sql: string; values: readonly string[]; name: string }[] = []
  for (const referred of all) {
    const { key, values } = referred
    const isSet = values.flatMap((value) => (value ? [`${value} is not null`] : []))
    const held = await whereHeld(client, entry, referred, isLent)
    for (const condition of [...held, ...(await whereWritten(client, entry, referred, ways))]) {
      found.push({
        sql: `(${[...isSet, condition].join(' and ')})`,
        values: values.filter((value) => value !== undefined),
        name: key.name,
      })
    }
  }
  if (found.length === 0) return undefined
  const tables = [...new Set(found.map(({ name }) => name))]
  return {
    sql: `(${found.map(({ sql }) => sql).join(' or ')})`,
    columns: new Set(found.flatMap(({ values }) => values)),
    why: `refer to rows of ${tables.join(', ')} that are not restored`,
  }
}

/** A value as the archive has it; of a column that stayed, as it is in the row; undefined of one that is not there. */
function valueIn(
  list: readonly string[],
  column: string,
  { columns }: StoredTable,
): string | undefined {
  const place = list.indexOf(column)
  if (place !== -1) return `a.old${place + 1}`
  return columns.some(({ name }) => name === column) ? asText(writeColumn('t', column)) : undefined
}

interface Holder {
  readonly oid: string
  readonly relation: string
  readonly kind: ArchiveEntry['kind']
  readonly columns: readonly string[]
}

/**
 * Conditions, one of which is true where the values name a row that is not restored; or one that is there, but has not
 * been given the key back by which they name it, so that another row may have it.
 */
async function whereHeld(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  { key, values, since }: Referred,
  isLent: boolean,
): Promise<string[]> {
  const { table, schema, name, refers } = key
  const { rows } = await client.query<Holder>(
    `select to_regclass(format('%I.%I', '${ARCHIVE_SCHEMA}', relations[1]))::oid::text as oid, relations[1] as relation,
            kind, columns
       from ${ARCHIVE_SCHEMA}.entries
      where (kind in ('table', 'rows') or kind = 'values' and columns && $7::text[] and id <> $8 and (note is not null or run = $6))
        and (note is not null or not $4)
        and ($5::bigint is null or id > $5 or run = $6)
        and (facts->>'table' = $1 or schema = $2 and "table" = $3 or facts->'wholes' @> jsonb_build_array(jsonb_build_object('oid', $1::text)))`,
    [table, schema, name, isLent, since?.id, entry.run, refers, entry.id],
  )
  const conditions: string[] = []
  for (const { oid, relation, kind, columns } of rows) {
    const isSame =
      kind === 'values' ? valuesOf(columns) : columnsOf((await readTables(client, [oid]))[0], 'h')
    conditions.push(
      `exists (select from ${inArchive(relation)} h where ${namedBy(refers, values, isSame)})`,
    )
  }
  const isMadeAgain = !isLent && (await wasMadeAgain(client, key))
  return isMadeAgain ? [...conditions, 'true'] : conditions
}

/** True for a row that the values name, by those of its columns that are there to be compared. */
function namedBy(
  refers: readonly string[],
  values: readonly (string | undefined)[],
  isSame: (name: string, value: string) => string | undefined,
): string {
  const same = refers.map((name, i) => (values[i] ? isSame(name, values[i]) : undefined))
  return same.map((condition) => condition ?? 'true').join(' and ')
}

/** By the columns of a table, under an alias. */
function columnsOf(table: StoredTable | undefined, alias: string) {
  return (name: string, value: string): string | undefined => {
    const column = table?.columns.find((one) => one.name === name)
    return column && isSameValue(column, writeColumn(alias, name), value)
  }
}

/** By the values that an entry has of these columns, in its relation `h`. */
function valuesOf(columns: readonly string[]) {
  return (name: string, value: string): string | undefined => {
    const place = columns.indexOf(name)
    return place === -1 ? undefined : `h.old${place + 1} operator(pg_catalog.=) ${value}`
  }
}

/**
 * True where the values name a row that the migration has added since, on this way or the other, to a table that was given
 * nothing back: it may have given the number of one row to another.
 */
async function whereWritten(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  { key, values }: Referred,
  ways: Ways,
): Promise<string[]> {
  const table = (await findItself(client, key)) ?? (await findTable(client, key))
  const both = [...ways.own, ...ways.other]
  if (!table || findAdding(both, [table.name, key.name]).length === 0) return []
  if (await isGiven(client, table, entry)) return []
  const isNamed = namedBy(key.refers, values, columnsOf(table, 't'))
  return [`exists (select from ${table.from} t where ${isNamed} and ${isWritten(entry, ways)})`]
}

/** The table that was referred to, where it is in the database still. */
async function findItself(
  client: pg.ClientBase,
  { table }: Pick<Reference, 'table'>,
): Promise<StoredTable | undefined> {
  const itself = await findTableByOid(client, table)
  return itself?.schema === ARCHIVE_SCHEMA ? undefined : itself
}

/** Another table has the name of one that is gone, and nothing of the archive is in it. */
async function wasMadeAgain(client: pg.ClientBase, key: Reference): Promise<boolean> {
  if (await findItself(client, key)) return false
  const now = await findTable(client, key)
  return now !== undefined && !(await isGiven(client, now))
}

/** The archive has restored something into a table; with an entry, since its loss. */
export async function isGiven(
  client: pg.ClientBase,
  { oid }: StoredTable,
  since?: ArchiveEntry,
): Promise<boolean> {
  const { rows } = await client.query<{ given: boolean }>(
    `select exists (select from ${JOURNAL} where event = 'restored' and facts->>'table' = $1 and (facts->>'given')::float8 > 0
        and id > greatest(${COPIED_UNTIL}, (select max(id) from ${JOURNAL} where event = 'archived' and facts->>'entry' = $2))) as given`,
    [oid, since?.id],
  )
  return rows[0]?.given ?? false
}
