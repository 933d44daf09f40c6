import type pg from 'pg'
import { ARCHIVE_SCHEMA, JOURNAL } from '../journal/journal.ts'
import { NAMES, readReferences, WHOLE } from './read-references.ts'
import { mayAddRows, type Ways } from './own-writes.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import {
  findTable,
  findTableByOid,
  readTables,
  type Reference,
  type StoredTable,
} from './tables.ts'
import { asText, writeColumn } from './text.ts'
import { isSameRow, isSameValue, keyIn } from './values.ts'
import { isOurs, isWritten } from './versions.ts'

/*
 * What refers to a row names it by a number, and a migration that runs again may give that number to another row. So
 * values that refer to rows are restored only where those rows are, and what a migration has just inserted gives way
 * to rows of the archive only where nothing refers to it that stays.
 */

/** Which values are not restored, though their rows are those that lost them. */
export interface Astray {
  /** True for such a row `a` of the archive, and its row `t`. */
  readonly sql: string
  /** Those values, in the archive. */
  readonly columns: ReadonlySet<string>
  /** Follows a number of rows. */
  readonly why: string
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
      where (kind in ('table', 'rows') or kind = 'values' and columns && $7::text[] and id <> $8)
        and (note is not null or not $4)
        and ($5::bigint is null or id > $5 or run = $6)
        and (facts->>'table' = $1 or schema = $2 and "table" = $3 or facts->'wholes' @> jsonb_build_array(jsonb_build_object('oid', $1::text)))`,
    [table, schema, name, isLent, since?.id, since?.run, refers, entry.id],
  )
  const conditions: string[] = []
  for (const { oid, relation, kind, columns } of rows) {
    const isNamed =
      kind === 'values'
        ? keyedBy('h', columns, refers, values)
        : namedBy((await readTables(client, [oid]))[0], 'h', refers, values)
    conditions.push(`exists (select from ${inArchive(relation)} h where ${isNamed})`)
  }
  const isMadeAgain = !isLent && (await wasMadeAgain(client, key))
  return isMadeAgain ? [...conditions, 'true'] : conditions
}

/** True for a row of an entry with values of a key, where the values name it. */
function keyedBy(
  alias: string,
  columns: readonly string[],
  refers: readonly string[],
  values: readonly (string | undefined)[],
): string {
  const same = refers.map((name, i) => {
    const place = columns.indexOf(name)
    const value = values[i]
    return place !== -1 && value
      ? `${alias}.old${place + 1} operator(pg_catalog.=) ${value}`
      : 'true'
  })
  return same.join(' and ')
}

/** True for a row that the values name. */
function namedBy(
  table: StoredTable | undefined,
  alias: string,
  refers: readonly string[],
  values: readonly (string | undefined)[],
): string {
  const same = refers.map((name, i) => {
    const column = table?.columns.find((one) => one.name === name)
    const value = values[i]
    return column && value ? isSameValue(column, writeColumn(alias, name), value) : 'true'
  })
  return same.join(' and ')
}

/**
 * True where the values name a row that the migration has added since, on this way or the other, to a table that was given
 * nothing back: it may have given the number of one row to another.
 */
async function whereWritten(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  { key, values }: Referred,
  { own, other }: Ways,
): Promise<string[]> {
  const table = (await findItself(client, key)) ?? (await findTable(client, key))
  if (!table || !mayAddRows([...own, ...other], [table.name, key.name])) return []
  if (await isGiven(client, table, entry)) return []
  const isNamed = namedBy(table, 't', key.refers, values)
  return [`exists (select from ${table.from} t where ${isNamed} and ${isWritten(entry)})`]
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
        and id > coalesce((select max(id) from ${JOURNAL} where event = 'archived' and facts->>'entry' = $2), 0)) as given`,
    [oid, since?.id],
  )
  return rows[0]?.given ?? false
}

/** Rows that a migration has just inserted, and that are to give way to those of the archive. */
export interface GivingWay {
  readonly entry: ArchiveEntry
  readonly table: StoredTable
  /** True for a row `t` that was written by the migration. */
  readonly isOwn: string
  /** True for a row `t` of these that becomes another, or goes. */
  readonly changes: string
  readonly pending: readonly ArchiveEntry[]
}

interface Referring {
  readonly child: string
  readonly columns: readonly string[]
  readonly refers: readonly string[]
}

/**
 * What refers to rows that give way: `nothing`; only what the archive has references for (`restored`); or something
 * else (`others`), which would refer to another row without anybody's doing.
 */
export async function whatRefers(
  client: pg.ClientBase,
  given: GivingWay,
): Promise<'nothing' | 'restored' | 'others'> {
  let found: 'nothing' | 'restored' = 'nothing'
  for (const { child: oid, ...key } of await readReferring(client, given)) {
    const child = await findTableByOid(client, oid)
    if (!child || !key.columns.every((name) => child.columns.some((one) => one.name === name)))
      continue
    const stays = await whichStay(client, given, child, key.columns)
    if (await isReferred(client, given, child, key, stays)) return 'others'
    if (await isReferred(client, given, child, key, 'true')) found = 'restored'
  }
  return found
}

async function readReferring(
  client: pg.ClientBase,
  { entry, table, pending }: GivingWay,
): Promise<Referring[]> {
  const { rows } = await client.query<Referring>(
    `select f.conrelid::text as child, ${NAMES('f.conrelid', 'f.conkey')} as columns, ${NAMES('f.confrelid', 'f.confkey')} as refers
       from pg_constraint f where f.contype = 'f' and f.conparentid = 0 and f.confrelid in ${WHOLE} order by f.oid`,
    [table.oid],
  )
  // A foreign key that a later statement makes again.
  const noted = pending.flatMap(({ facts }) =>
    (facts.references ?? [])
      .filter((key) => key.table === entry.facts.table)
      .map(({ columns, refers }) => ({ child: facts.table ?? '0', columns, refers })),
  )
  return [...rows, ...noted]
}

/** True for a row `t` of the child that keeps the reference which it has. */
async function whichStay(
  client: pg.ClientBase,
  { isOwn, entry, pending }: GivingWay,
  child: StoredTable,
  columns: readonly string[],
): Promise<string> {
  const values = pending.filter(
    ({ kind, facts, columns: kept }) =>
      kind === 'values' &&
      facts.table === child.oid &&
      columns.some((column) => kept.includes(column)),
  )
  const restored = values.map((one) => {
    const isSame = isSameRow({ table: child, key: keyIn(one, child) })
    // What was marked before this transaction changed the row says it; else the version of the row does.
    const isFresh = `coalesce((pg_catalog.to_jsonb(a)->>'fresh')::boolean, false) or t.xmin::text operator(pg_catalog.=) a.stamp`
    return `exists (select from ${inArchive(one.relations[0] ?? '')} a where ${isSame} and (${isFresh}))`
  })
  const isReplaced = [entry, ...pending].some(
    ({ kind, facts, migration, schema, table }) =>
      kind === 'table' &&
      migration === entry.migration &&
      (facts.table === child.oid || (schema === child.schema && table === child.name)),
  )
  const isBack = await isGivenRows(client, child)
  const written = [...(isReplaced ? [isOwn] : []), ...(isBack ? [isOurs('t.xmin')] : [])]
  const goes = [...restored, ...written]
  return goes.length === 0 ? 'true' : `not (${goes.join(' or ')})`
}

/** Rows of the archive are in a table since this transaction. */
async function isGivenRows(client: pg.ClientBase, { oid }: StoredTable): Promise<boolean> {
  const { rows } = await client.query<{ given: boolean }>(
    `select exists (select from ${JOURNAL} j where event = 'restored' and facts->>'table' = $1 and facts->>'kind' = 'table' and ${isOurs('j.xmin')}) as given`,
    [oid],
  )
  return rows[0]?.given ?? false
}

async function isReferred(
  client: pg.ClientBase,
  { table, isOwn, changes }: GivingWay,
  child: StoredTable,
  { columns, refers }: Omit<Referring, 'child'>,
  which: string,
): Promise<boolean> {
  const same = refers.map((name, i) => {
    const column = table.columns.find((one) => one.name === name)
    return isSameValue(column, `p.k${i + 1}`, asText(`c.k${i + 1}`))
  })
  const { rows } = await client.query<{ found: boolean }>(
    `with p as materialized (select ${named(refers)} from ${table.from} t where ${isOwn} and ${changes}),
          c as (select ${named(columns)} from ${child.from} t where ${which})
     select exists (select from p join c on ${same.join(' and ')}) as found`,
  )
  return rows[0]?.found ?? false
}

function named(names: readonly string[]): string {
  return names.map((name, i) => `${writeColumn('t', name)} as k${i + 1}`).join(', ')
}
