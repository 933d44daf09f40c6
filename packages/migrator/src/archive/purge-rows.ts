import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { appendEntry, ARCHIVE_SCHEMA, type Writer } from '../journal/journal.ts'
import { inTransaction } from '../session/transaction.ts'
import { readHolders, type Holder, type Source } from './holders.ts'
import { readMatches, type Matches } from './matches.ts'
import { showObject } from './restore.ts'
import { dropEntry, inArchive, type ArchiveEntry } from './schema.ts'
import { countRows } from './tables.ts'
import { writePlace, withExactText } from './text.ts'
import { isAt } from './values.ts'

/** The rows of a table that have a value, as text, in a column. */
export interface ArchivedRows {
  /** `jobs`, or `app.jobs`. */
  readonly table: string
  readonly column: string
  readonly value: string
}

/**
 * Drops what these entries have of rows for good, in one transaction; returns the entries, with the rows that went. A row
 * is found by the value, or by a key that a row with the value has in the table or in another entry.
 * Throws PURGE_AMBIGUOUS, PURGE_UNJUDGED, PURGE_UNKNOWN, PURGE_VALUE_INVALID.
 */
export async function purgeRows(
  client: pg.Client,
  writer: Writer,
  entries: readonly ArchiveEntry[],
  rows: ArchivedRows,
): Promise<ArchiveEntry[]> {
  return inTransaction(client, () =>
    withExactText(client, async () => {
      const holders = await readHolders(client, entries, rows.table)
      if (!holders.isKnown) throw failure('PURGE_UNKNOWN', { table: rows.table })
      const matches = await readMatches(client, holders.all, rows)
      const purges = holders.entries.map((holder) =>
        planPurge(holder, holders.all, { column: rows.column, matches }),
      )
      await refuseUnjudged(client, purges, rows)
      const purged: ArchiveEntry[] = []
      // A copy that waits for its segment is made again by the next run.
      for (const entry of holders.prepared) {
        await dropEntry(client, entry)
        purged.push(await recordPurged(client, writer, entry, Number(entry.rows)))
      }
      // All are found before the first goes: what an entry has tells of others.
      const found: Found[] = []
      for (const purge of purges) found.push(await find(client, purge, rows.value))
      for (const { entry, places } of found.filter(({ places }) => places.length > 0)) {
        await leave(client, entry, places)
        purged.push(await recordPurged(client, writer, entry, places.length))
      }
      return purged
    }),
  )
}

interface Purge {
  readonly entry: ArchiveEntry
  /** True for a row `a` of its relation that goes; the value is $1. */
  readonly condition: string
  /** Rows of which nothing says whether they go. */
  readonly unjudged: readonly Unjudged[]
}

interface Unjudged {
  /** True for such a row `a`. */
  readonly condition: string
  readonly reason: string
}

interface Wanted {
  readonly column: string
  readonly matches: Matches
}

function planPurge(holder: Holder, all: readonly Source[], { column, matches }: Wanted): Purge {
  const { entry, whyUnjudged: reason } = holder
  if (reason !== undefined)
    return { entry, condition: 'false', unjudged: [{ condition: 'true', reason }] }
  const direct = matches.get(holder)
  // Any key that finds rows of the table will do, if something has both it and the column.
  const keys = different(all.map(({ key }) => key)).filter((key) => hasAll(holder, key))
  const keyed = keys.map((key) => ({ key, sources: findSources(all, key, matches) }))
  const byKey = keyed.map(({ key, sources }) => isAmong(holder, key, sources, (is) => is))
  const isKnown = keyed.map(({ key, sources }) => isAmong(holder, key, sources, () => 'true'))
  const condition = any([...(direct === undefined ? [] : [direct]), ...byKey])
  const later = keyed.map(({ key, sources }) => hasLaterKey(holder, key, sources))
  const unjudged = [
    {
      condition: `not (${any(direct === undefined ? isKnown : ['true'])})`,
      reason: `which has no ${column}, and rows that no key finds`,
    },
    {
      condition: `(${any(later)}) and not coalesce(${condition}, false)`,
      reason: 'with rows of a key that one of these rows got later: purge them by that key first',
    },
  ]
  return { entry, condition, unjudged }
}

interface Keyed {
  readonly source: Source
  /** True for a row that has the value. */
  readonly condition: string
}

/** Entries of one table mostly have the same key. */
function different(keys: readonly (readonly string[])[]): (readonly string[])[] {
  const found = new Map(keys.map((key) => [JSON.stringify(key), key]))
  return [...found.values()].filter((key) => key.length > 0)
}

const any = (conditions: readonly string[]) => [...conditions, 'false'].join(' or ')

const hasAll = ({ columns }: Source, key: readonly string[]) =>
  key.every((name) => columns.has(name))

/** `then`: the key that a row got when it was overwritten, where it was. */
function tuple({ columns }: Source, key: readonly string[], then = false): string {
  const texts = key.map((name) => columns.get(name) ?? [])
  return `array[${texts.map(([first, later = first]) => (then ? later : first)).join(', ')}]`
}

/** What has both a key and the column. */
function findSources(all: readonly Source[], key: readonly string[], matches: Matches): Keyed[] {
  return all.flatMap((source) => {
    const condition = matches.get(source)
    return condition !== undefined && hasAll(source, key) ? [{ source, condition }] : []
  })
}

function isAmong(
  holder: Holder,
  key: readonly string[],
  sources: readonly Keyed[],
  where: (condition: string) => string,
  then = false,
): string {
  const rows = sources.map(
    ({ source, condition }) =>
      `select ${tuple(source, key, then)} from ${source.from} a where ${where(condition)}`,
  )
  return rows.length > 0 ? `${tuple(holder, key)} in (${rows.join(' union all ')})` : 'false'
}

/** True for a row whose key is one that a row with the value was given: it may be that row's, or another's. */
function hasLaterKey(holder: Holder, key: readonly string[], sources: readonly Keyed[]): string {
  const changed = sources.filter(({ source }) =>
    key.some((name) => (source.columns.get(name)?.length ?? 0) > 1),
  )
  return isAmong(holder, key, changed, (is) => is, true)
}

/** Throws PURGE_UNJUDGED. */
async function refuseUnjudged(
  client: pg.Client,
  purges: readonly Purge[],
  { table, column, value }: ArchivedRows,
): Promise<void> {
  const entries: { id: string; object: string; reason: string }[] = []
  for (const { entry, unjudged } of purges) {
    for (const { condition, reason } of unjudged) {
      const { rows } = await client.query<{ is: boolean }>(
        `select exists (select from ${inArchive(entry.relations[0] ?? '')} a where (${condition}) and $1::text is not null) as is`,
        [value],
      )
      if (rows[0]?.is) entries.push({ id: entry.id, object: showObject(entry), reason })
    }
  }
  if (entries.length === 0) return
  throw failure('PURGE_UNJUDGED', { rows: `${table}.${column}=${value}`, entries })
}

interface Found {
  readonly entry: ArchiveEntry
  readonly places: readonly string[]
}

async function find(client: pg.Client, { entry, condition }: Purge, value: string): Promise<Found> {
  const { rows } = await client.query<{ place: string }>(
    `select ${writePlace('a')} as place from ${inArchive(entry.relations[0] ?? '')} a where (${condition}) and $1::text is not null`,
    [value],
  )
  return { entry, places: rows.map(({ place }) => place) }
}

/** `rows` of an entry counts those that wait: once some are restored, only those that have a value. */
async function leave(
  client: pg.Client,
  entry: ArchiveEntry,
  places: readonly string[],
): Promise<void> {
  const relation = inArchive(entry.relations[0] ?? '')
  const isPartly = Number(entry.rows) < (await countRows(client, relation))
  const hasValue = entry.columns.map((_, i) => `a.old${i + 1} is not null`).join(' or ')
  await client.query(
    `delete from ${relation} t using unnest($1::text[]) as gone (at) where ${isAt('gone.at')}`,
    [places],
  )
  const waiting = isPartly && hasValue !== '' ? `${relation} a where ${hasValue}` : relation
  const left = await countRows(client, waiting)
  if (left === 0) return dropEntry(client, entry)
  await client.query(`update ${ARCHIVE_SCHEMA}.entries set rows = $2 where id = $1`, [
    entry.id,
    left,
  ])
}

async function recordPurged(
  client: pg.Client,
  writer: Writer,
  entry: ArchiveEntry,
  rows: number,
): Promise<ArchiveEntry> {
  const { id, migration } = entry
  const object = showObject(entry)
  const facts = { entry: id, object, rows }
  await appendEntry(client, writer, { event: 'purged', migration, rows, note: object, facts })
  return { ...entry, rows: String(rows) }
}
