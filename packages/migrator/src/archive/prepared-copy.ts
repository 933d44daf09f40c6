import type pg from 'pg'
import { appendEntry, ARCHIVE_SCHEMA } from '../journal/journal.ts'
import { beginWatch, endCapture, MISSED, watchTrigger } from './capture.ts'
import type { ForeseenCopy } from './foresee.ts'
import { keptWithin } from './unarchivable.ts'
import type { ArchiveRun } from './record.ts'
import {
  dropEntry,
  ensureArchive,
  hasArchive,
  inArchive,
  insertEntry,
  nextEntryId,
  readEntries,
  type ArchiveEntry,
  type PreparedFacts,
} from './schema.ts'
import { quoteName } from '../sql/quote-name.ts'
import { keyWithout, type StoredColumn, type StoredTable, PARTITIONS } from './tables.ts'
import { placeOf, writeColumn, withExactText } from './text.ts'
import { copyValues, isAt, isSameValue, valuesIn } from './values.ts'
import { wholeXid } from './versions.ts'

/*
 * What a statement will take from a large table is copied before its segment, in transactions of their own, so that
 * nobody waits for the copy. A trigger first says which rows change from then on: it needs SHARE ROW EXCLUSIVE for a
 * moment, as short as a try for a lock. Then the values are copied under ACCESS SHARE, the lock of a SELECT. Under the
 * lock of the statement only the rows that have changed since are read again, by their keys or their places.
 *
 * The trigger, not `xmin`, says which rows those are: `xmin` has no index, so all of the table would be read under
 * that lock, and it says nothing of rows that were deleted.
 *
 * A table that was emptied, rewritten or partitioned otherwise since has other files, and one whose columns were
 * renamed or made again has another layout: the copy is made again under the lock. A copy whose run has died has its entry, which the next run of that migration goes on with, and any
 * other run removes.
 */

type Prepared = ArchiveEntry & { readonly facts: { readonly prepared: PreparedFacts } }

const WAITS = 'A copy of what a segment is about to take away; the next run uses or removes it.'

/** The copies that wait for a segment to run. */
export async function readPrepared(client: pg.ClientBase, ledger: string): Promise<Prepared[]> {
  if (!(await hasArchive(client))) return []
  return (await readEntries(client, ledger)).filter(isPrepared)
}

function isPrepared(entry: ArchiveEntry): entry is Prepared {
  return entry.facts.prepared !== undefined
}

type Purpose = Pick<ArchiveRun, 'actor' | 'migration' | 'direction' | 'checksum'>

/** True for a copy that was made for this migration as it is now. */
export function isFor({ migration, direction, checksum }: Purpose, entry: ArchiveEntry): boolean {
  return (
    entry.migration === migration &&
    entry.facts.direction === direction &&
    entry.facts.checksum === checksum
  )
}

/** The copy of these columns. */
export async function findPrepared(
  client: pg.ClientBase,
  purpose: Purpose,
  { table, columns }: Pick<ForeseenCopy, 'table' | 'columns'>,
): Promise<Prepared | undefined> {
  const numbers = columns.map(({ number }) => number).join()
  return (await readPrepared(client, purpose.actor.ledger)).find(
    (entry) =>
      isFor(purpose, entry) &&
      entry.facts.prepared.table === table.oid &&
      entry.facts.numbers?.join() === numbers,
  )
}

/** Begins to watch which rows of the table change. In the transaction that is open. */
export async function watchTable(
  client: pg.ClientBase,
  { actor, migration, direction, checksum }: Purpose,
  { table, columns, where }: ForeseenCopy,
): Promise<void> {
  await ensureArchive(client)
  const id = await nextEntryId(client)
  const names = columns.map(({ name }) => name)
  const key = keyWithout(table, names) ?? []
  await beginWatch(client, table, `e${id}`, key)
  const prepared = { table: table.oid, ...(where !== undefined && { where }) }
  await insertEntry(client, actor, {
    id,
    migration,
    kind: 'values',
    schema: table.schema,
    table: table.name,
    columns: names,
    key,
    sequences: {},
    relations: [`e${id}`, `log_e${id}`],
    rows: '0',
    bytes: '0',
    note: WAITS,
    facts: { direction, checksum, numbers: columns.map(({ number }) => number), prepared },
  })
}

type Found = Pick<PreparedFacts, 'isFilled' | 'written'>

/** Copies the values of a table that is watched, in the transaction that is open; returns how many rows those are. */
export async function copyWatched(
  client: pg.ClientBase,
  { actor, segment, limit }: ArchiveRun,
  { table, columns, where }: ForeseenCopy,
  entry: Prepared,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const { id, key, migration } = entry
  const relation = inArchive(`e${id}`)
  // From here on nobody empties it, rewrites it or gives it other partitions.
  await client.query(`lock table ${table.sql} in access share mode`)
  const files = await readFiles(client, table.oid, entry)
  const names = columns.map(({ name }) => name)
  await withExactText(client, () => copyValues(client, { relation, table, columns: names }, where))
  const finders = key.length > 0 ? key.map((_, i) => `key${i + 1}`) : ['place']
  await client.query(`create index e${id}_row on ${relation} (${finders.join(', ')})`)
  await client.query(`analyze ${relation}`)
  const objects = names.map((name) => `${table.label}.${name}`)
  await keptWithin(client, limit, relation, objects)
  const { rows } = await client.query<{ rows: number; bytes: number; found: Found }>(
    `select count(*)::float8 as rows, pg_table_size($1::regclass)::float8 as bytes,
            json_strip_nulls(json_build_object('isFilled', coalesce(bool_or(${isFilled(names)}), false), 'written', max(${wholeXid('a.stamp::xid')})::text)) as found
       from ${relation} a`,
    [relation],
  )
  const { rows: count = 0, bytes = 0, found = {} } = rows[0] ?? {}
  await client.query(
    `update ${ARCHIVE_SCHEMA}.entries set rows = $2, bytes = $3, facts = jsonb_set(facts, '{prepared}', facts->'prepared' || $4::jsonb) where id = $1`,
    [id, count, bytes, JSON.stringify({ ...found, ...(files !== null && { files }) })],
  )
  await appendEntry(client, actor, {
    event: 'prepared',
    migration,
    direction: entry.facts.direction ?? 'up',
    segment,
    rows: count,
    note: objects.join(', '),
    facts: { entry: id, rows: count, bytes },
  })
  return { rows: count, bytes }
}

/** A copy that is complete, of a table that lets nobody else write. */
export interface TakenCopy {
  readonly id: string
  readonly key: readonly string[]
  readonly rows: number
  /** How many rows were read again. */
  readonly reread: number
  /** False where there is nothing in it to keep. */
  readonly isFilled: boolean
  /** No transaction that wrote one of the rows is newer; undefined: the stamps of the copy tell. */
  readonly written: string | undefined
}

/**
 * Brings a copy up to the rows of the table as they are now, under the lock of the statement that takes them, and ends
 * the watch. The entry is gone; its relation is the caller's. Undefined where there is no copy that can be trusted.
 */
export async function takePrepared(
  client: pg.ClientBase,
  purpose: Purpose,
  table: StoredTable,
  columns: readonly StoredColumn[],
): Promise<TakenCopy | undefined> {
  const entry = await findPrepared(client, purpose, { table, columns })
  if (!entry) return undefined
  const { files, isFilled: wasFilled = false } = entry.facts.prepared
  if (files === undefined || files !== (await readFiles(client, table.oid, entry))) {
    await endCapture(client, { name: `e${entry.id}` })
    await dropEntry(client, entry)
    return undefined
  }
  const { removed, added, filled, written } = await withExactText(client, () =>
    rereadChanged(client, entry, table),
  )
  await endCapture(client, { name: `e${entry.id}` })
  await client.query(
    `drop table ${inArchive(`log_e${entry.id}`)}; drop index ${inArchive(`e${entry.id}_row`)}`,
  )
  await client.query(`delete from ${ARCHIVE_SCHEMA}.entries where id = $1`, [entry.id])
  const rows = Number(entry.rows) - removed + added
  const { key } = entry
  // What was overwritten before it is to be restored after it: entries are restored by their ids, the newest first.
  const id = await nextEntryId(client)
  await client.query(`alter table ${inArchive(`e${entry.id}`)} rename to ${quoteName(`e${id}`)}`)
  return {
    id,
    key,
    rows,
    reread: added,
    isFilled: rows > 0 && (wasFilled || filled),
    written: newest(entry.facts.prepared.written, written),
  }
}

/** Rows that have gone from the copy count as well: a bound that is too high keeps more, never less. */
function newest(copied: string | undefined, reread: string | null): string | undefined {
  if (copied === undefined || reread === null) return copied
  return BigInt(copied) < BigInt(reread) ? reread : copied
}

async function rereadChanged(
  client: pg.ClientBase,
  { id, key, columns, facts }: Prepared,
  table: StoredTable,
): Promise<{ removed: number; added: number; filled: boolean; written: string | null }> {
  const [relation, log] = [inArchive(`e${id}`), inArchive(`log_e${id}`)]
  const changed =
    key.length > 0
      ? `select distinct finder from (select old as finder from ${log} union all select new from ${log}) c where finder is not null`
      : `select distinct finder from (select ${placeOf('old_place')} as finder from ${log} union all select ${placeOf('new_place')} from ${log}) c where finder is not null`
  const isRow =
    key.length > 0
      ? key.map((_, i) => `a.key${i + 1} = c.finder[${i + 1}]`).join(' and ')
      : 'a.place = c.finder'
  const isNow =
    key.length > 0
      ? key
          .map((name, i) => {
            const column = table.columns.find((one) => one.name === name)
            return isSameValue(column, writeColumn('t', name), `c.finder[${i + 1}]`)
          })
          .join(' and ')
      : isAt('c.finder')
  const { rowCount } = await client.query(
    `delete from ${relation} a using (${changed}) c where ${isRow}`,
  )
  const { where } = facts.prepared
  const concerned =
    where === undefined
      ? table.from
      : `(select *, tableoid, ctid, xmin from ${table.from} where ${where})`
  const { rows } = await client.query<{ added: number; filled: boolean; written: string | null }>(
    `with added as (insert into ${relation} as a select ${valuesIn(key, columns)} from (${changed}) c join ${concerned} t on ${isNow} returning ${isFilled(columns)} as filled, a.stamp)
     select count(*)::float8 as added, coalesce(bool_or(filled), false) as filled, max(${wholeXid('stamp::xid')})::text as written from added`,
  )
  const { added = 0, filled = false, written = null } = rows[0] ?? {}
  return { removed: rowCount ?? 0, added, filled, written }
}

function isFilled(columns: readonly string[]): string {
  return columns.map((_, i) => `a.old${i + 1} is not null`).join(' or ')
}

/**
 * The files of a table and its partitions, and the columns that the copy knows by their names; null where the trigger
 * of the watch does not fire for all of their rows, or did not know their key.
 */
async function readFiles(
  client: pg.ClientBase,
  oid: string,
  { id, key, columns, facts }: Prepared,
): Promise<string | null> {
  const known = facts.prepared.where === undefined ? [...key, ...columns] : null
  const { rows } = await client.query<{ files: string | null }>(
    `select case when bool_and(exists (select from pg_trigger g where g.tgrelid = c.oid and g.tgname = $2 and g.tgenabled = 'A')) and not exists (select from ${inArchive(`log_e${id}`)} where op = '${MISSED}')
                 then string_agg(c.oid || ':' || coalesce(pg_relation_filenode(c.oid), 0), ' ' order by c.oid) end
            || (select coalesce(string_agg(format(' %s:%I', a.attnum, a.attname), '' order by a.attnum), '') from pg_attribute a
                 where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped and ($3::name[] is null or a.attname = any ($3))) as files
       from ${PARTITIONS} part join pg_class c using (oid)
      where c.relkind in ('r', 'p')`,
    [oid, watchTrigger(`e${id}`), known],
  )
  return rows[0]?.files ?? null
}
