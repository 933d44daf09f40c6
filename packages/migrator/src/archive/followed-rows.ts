import type pg from 'pg'
import { parseSql } from '../sql/parse.ts'
import { readSetColumns } from '../sql/set-columns.ts'
import { GONE, IS_THERE, MOVED } from './held.ts'
import { hasFunction, IS_UNCOUNTED } from './inventory.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { mayRewriteTable, type Kept } from './statement-kinds.ts'
import { partitionsOf, type StoredTable } from './tables.ts'
import { fileAt, writePlace } from './text.ts'
import { seenByOwner } from './triggers.ts'
import { isSameRow, keyIn } from './values.ts'
import { isOurs } from './versions.ts'
import { askAgain } from '../session/prepared.ts'

/*
 * After each statement of a segment, which rows are those that lost a value: a row with a key where the statement can
 * neither have set its key nor have added another one under it; a row without a key at its place, and in a table that
 * ALTER TABLE has rewritten by its number. What is not certain is no row of an entry any more.
 */

/** What PostgreSQL has counted of a table and its partitions in this transaction, and their files. */
export interface Tally {
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  readonly files: Readonly<Record<string, string | null>>
  readonly bytes: number
  readonly isUncounted: boolean
  /** A function of the author's may put the rows into another order, which nothing counts. */
  readonly mayReorder: boolean
}

/** Of what is no table. */
export const NO_TALLY: Tally = {
  inserted: 0,
  updated: 0,
  deleted: 0,
  files: {},
  bytes: 0,
  isUncounted: true,
  mayReorder: true,
}

const REORDERS = /\b(cluster|repack|truncate)\b/i

/** By the oids of the tables. */
export async function readTallies(
  client: pg.ClientBase,
  oids: readonly string[],
): Promise<ReadonlyMap<string, Tally>> {
  const { rows } = await askAgain<Tally & { oid: string }>(
    client,
    `select root::text as oid, ${IS_UNCOUNTED} as "isUncounted",
            ${hasFunction("prosrc operator(pg_catalog.~*) '\\m(cluster|repack)\\M'")} as "mayReorder",
            sum(pg_stat_get_xact_tuples_inserted(c.oid))::float8 as inserted, sum(pg_stat_get_xact_tuples_updated(c.oid))::float8 as updated,
            sum(pg_stat_get_xact_tuples_deleted(c.oid))::float8 as deleted, sum(coalesce(pg_relation_size(c.oid), 0))::float8 as bytes, json_object_agg(c.oid, pg_relation_filenode(c.oid)::text order by c.oid) as files
       from unnest($1::oid[]) as root cross join lateral ${partitionsOf('root')} part
       join pg_class c on c.oid = part.oid group by root`,
    [[...new Set(oids)]],
  )
  return new Map(rows.map(({ oid, ...tally }) => [oid, tally]))
}

/** True where nothing can have changed a row. */
export function isSameTally(before: Tally, after: Tally): boolean {
  return !after.isUncounted && JSON.stringify(before) === JSON.stringify(after)
}

/** What there is between two looks at a table: one statement; absent where no text describes all of it. */
export interface Between {
  readonly before: Tally
  readonly after: Tally
  readonly statement?: Kept | undefined
}

/** True where some part of the table has another file. */
function isRenewed({ before, after }: Between): boolean {
  return Object.entries(after.files).some(([oid, file]) => (before.files[oid] ?? file) !== file)
}

function isCounted({ after, statement }: Between): boolean {
  return !after.isUncounted && !/track_counts/i.test(statement?.sql ?? '')
}

function isNamed(statement: Kept | undefined, { name }: StoredTable): boolean {
  return statement?.locks.some(({ table }) => table === name) ?? false
}

/** True where TRUNCATE may have emptied a file that this transaction has made itself: it stays, and so may versions. */
function mayBeEmptied(between: Between, table: StoredTable): boolean {
  const { before, after, statement } = between
  const isFilled = after.isUncounted || before.inserted !== after.inserted
  const isSaid = isNamed(statement, table) && !statement?.hasUnknownLocks
  return after.bytes < before.bytes || (isFilled && !isSaid)
}

/** A row `a` has been written in this transaction: its version may be that of another row. */
const IS_WRITTEN = `case when ${IS_THERE} then ${isOurs('a.stamp')} end is true`

/** True where the table has other files and the same rows in the same order: ALTER TABLE alone does so. */
async function keepsOrder(between: Between): Promise<boolean> {
  const { before, after, statement } = between
  if (!statement) return false
  const isUnchanged = (['inserted', 'updated', 'deleted'] as const).every(
    (what) => before[what] === after[what],
  )
  if (isCounted(between) && !isUnchanged) return false
  if (await isOne(statement, 'AlterTableStmt')) return true
  // In a savepoint of its own, where what TRUNCATE sets back is only what was counted there.
  const isQuiet = !after.mayReorder && !REORDERS.test(statement.sql)
  return isCounted(between) && isQuiet
}

async function isOne(statement: Kept | undefined, kind: string): Promise<boolean> {
  const [parsed, ...others] = await parseSql(statement?.sql ?? '')
  return parsed !== undefined && others.length === 0 && kind in parsed.node
}

/** True where each row that has a key of before is the row that had it. */
async function keepsKeys(
  client: pg.ClientBase,
  between: Between,
  table: StoredTable,
  key: readonly string[],
): Promise<boolean> {
  const { before, after, statement } = between
  if (await setsKey(client, statement, key)) return false
  if (isRenewed(between))
    return (await keepsOrder(between)) || (await isOne(statement, 'ClusterStmt'))
  if (mayBeEmptied(between, table)) return false
  const isOneWay = before.inserted === after.inserted || before.deleted === after.deleted
  // What a trigger or a foreign key of another table sets may be the key.
  const mayWrite = !statement || statement.hasUnknownLocks || isNamed(statement, table)
  return isCounted(between) && isOneWay && mayWrite
}

/** A query that calls functions, and writes as well, does not tell what it sets; nor does what writes a view. */
async function setsKey(
  client: pg.ClientBase,
  statement: Kept | undefined,
  key: readonly string[],
): Promise<boolean> {
  if (!statement) return false
  const set = await readSetColumns(statement.sql)
  if (set?.some((name) => key.includes(name))) return true
  const written = statement.locks.filter(({ mode }) => mode === 'ROW EXCLUSIVE')
  if (set === undefined || written.length === 0) return written.length > 0
  const { rows } = await client.query(
    `select from pg_class where relkind = 'v' and relname = any ($1) limit 1`,
    [written.map(({ table }) => table)],
  )
  return rows.length > 0
}

/**
 * Says which rows are still there after what is `between`. `isReverted`: the way back restores each row that is changed
 * or deleted, by its key, so that a row that was deleted and added again becomes the one that it was. Returns false where
 * rows without a key are found again only when it is known which of them were deleted.
 */
export async function followRows(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  between: Between & { readonly isReverted: boolean },
): Promise<boolean> {
  if (entry.key.length === 0) return followPlaces(client, entry, table, between)
  const key = keyIn(entry, table)
  if (key.includes('')) return true
  await seenByOwner(client, table, () => followByKey(client, { entry, table, key }, between))
  return true
}

async function followByKey(
  client: pg.ClientBase,
  { entry, table, key }: Keyed,
  between: Between & { readonly isReverted: boolean },
): Promise<void> {
  const { before, after, statement, isReverted } = between
  const isSet = isReverted && (await setsKey(client, statement, key))
  const isKept = isReverted ? !isSet : await keepsKeys(client, between, table, key)
  if (isKept) await renewStamps(client, entry, table)
  const isShort = isRenewed(between) || before.deleted !== after.deleted
  if (isKept && (isReverted || !isShort)) return
  const isUntouched = isKept ? '' : `and t.xmin::text = a.stamp and not ${IS_WRITTEN}`
  const isThere = `exists (select from ${table.from} t where ${isSameRow({ table, key })} ${isUntouched})`
  const relation = inArchive(entry.relations[0] ?? '')
  await forget(client, relation, `a.fresh and not ${isThere}`, isSet ? MOVED : `'${GONE}'`)
}

interface Keyed {
  readonly entry: ArchiveEntry
  readonly table: StoredTable
  readonly key: readonly string[]
}

/** Gives rows with a key the versions that this transaction has made of them. */
export async function renewStamps(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
): Promise<void> {
  const key = keyIn(entry, table)
  if (key.length === 0 || key.includes('')) return
  await seenByOwner(client, table, () =>
    client.query(
      `update ${inArchive(entry.relations[0] ?? '')} a set stamp = t.xmin::text from ${table.from} t
        where a.fresh and ${IS_THERE} and ${isSameRow({ table, key })} and ${isOurs('t.xmin')} and t.xmin::text is distinct from a.stamp`,
    ),
  )
}

/** A place is that of one row as long as the file is the same: an updated row has another one. */
async function followPlaces(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  between: Between & { readonly isReverted: boolean },
): Promise<boolean> {
  const relation = inArchive(entry.relations[0] ?? '')
  if (!isRenewed(between)) {
    if (mayBeEmptied(between, table)) await forget(client, relation, IS_WRITTEN)
    return true
  }
  const isNumbered = between.statement && mayRewriteTable(between.statement, table)
  if (isNumbered && (await keepsOrder(between))) await followNumbers(client, relation, table)
  else if (isNumbered && between.isReverted && (await keepsOrder(besidesDeleted(between))))
    return false
  await forgetPlaces(client, relation)
  return true
}

/** In another file the places are those of other rows. */
async function forgetPlaces(client: pg.ClientBase, relation: string): Promise<void> {
  await forget(client, relation, `a.file is distinct from ${fileAt('a.place')}`)
}

async function forget(
  client: pg.ClientBase,
  relation: string,
  which: string,
  stamp = `'${GONE}'`,
): Promise<void> {
  await client.query(
    `update ${relation} a set stamp = ${stamp}, place = null where ${IS_THERE} and ${which}`,
  )
}

/** Of rows whose deleted ones are known by now, or never will be: `isLast`. Returns true where they have been found. */
export async function followLeftOver(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  isLast: boolean,
): Promise<boolean> {
  const relation = inArchive(entry.relations[0] ?? '')
  const isFound = (await followNumbers(client, relation, table)) > 0
  if (isFound || isLast) await forgetPlaces(client, relation)
  return isFound || isLast
}

function besidesDeleted(between: Between): Between {
  return { ...between, after: { ...between.after, deleted: between.before.deleted } }
}

/** By their numbers rows have their places in the new file; returns how many. */
async function followNumbers(
  client: pg.ClientBase,
  relation: string,
  table: StoredTable,
): Promise<number> {
  const { rowCount } = await seenByOwner(client, table, () =>
    client.query(
      `update ${relation} a set place = t.place, stamp = t.xmin::text, file = t.file from (${NUMBERED(table)}) t
        where a.fresh and t."isRewritten" and t.nth = a.nth and t.total = a.total and t.file <> a.file`,
    ),
  )
  return rowCount ?? 0
}

/** Numbers the rows that are where the archive has seen them: by that they are found again when their table is rewritten. */
export async function numberRows(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
): Promise<void> {
  const relation = inArchive(entry.relations[0] ?? '')
  // Where several sessions may share one reading of a large table, it begins anywhere.
  await client.query(`select set_config('synchronize_seqscans', 'off', true)`)
  await client.query(`update ${relation} set nth = null where nth is not null`)
  await seenByOwner(client, table, () =>
    client.query(
      `update ${relation} a set nth = t.nth, total = t.total from (${NUMBERED(table)}) t
        where ${IS_THERE} and t.place = a.place and t.file = a.file`,
    ),
  )
}

const NUMBERED = ({ from }: StoredTable) =>
  `select ${writePlace('t')} as place, pg_relation_filenode(t.tableoid) as file, t.xmin as xmin, row_number() over (order by t.tableoid, t.ctid) as nth, count(*) over () as total,
          bool_and(${isOurs('t.xmin')}) over () as "isRewritten" from ${from} t`
