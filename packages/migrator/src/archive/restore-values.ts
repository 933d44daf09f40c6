import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { giveByHalves } from './by-halves.ts'
import { COPIED } from './copied.ts'
import { findNewer } from './newer-sets.ts'
import type { Ways } from './own-writes.ts'
import { findAstray, join, type Astray } from './references.ts'
import type { Restored } from './restored.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { countRows, type StoredColumn, type StoredTable } from './tables.ts'
import { fireDeferred } from './triggers.ts'
import {
  asText,
  fileAt,
  fromText,
  saysSame,
  whyCut,
  writeAsAuthor,
  writeColumn,
  writePlace,
} from './text.ts'
import { IS_THERE } from './held.ts'
import { isSameRow, keyIn } from './values.ts'

/** How values are restored. */
interface RestoringValues {
  /** Those of the entry by the names that they have in the table now; '' for one that is not there. */
  readonly columns: readonly string[]
  /** Entries that find their rows by their places. */
  readonly others: readonly ArchiveEntry[]
  /** The migration goes on: what it does to the values counts for nothing, so they stay in the archive as well. */
  readonly isLent?: boolean
  /** PostgreSQL refuses them together. */
  readonly isRefused?: boolean
  readonly ways: Ways
}

/**
 * Puts values back into the rows that lost them, and have not been written since: `markFresh` has said which.
 * Whoever asks: another row may have the key by now, so whatever else is in the table stays as it is, and the value
 * stays in the archive.
 */
export async function restoreValues(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  restoring: RestoringValues,
): Promise<Restored> {
  const giving = await prepare(client, entry, table, restoring)
  const { source, same, isRight, columns, updating } = giving
  const total = await countRows(client, source)
  const give = (which: string) => giveRows(client, giving, which)
  const halves = restoring.isRefused ? await giveByHalves(client, source, give) : undefined
  const updated = halves ? halves.given : await give('true')
  if (restoring.isLent) return { restored: updated, left: 0, why: '' }
  // Those that have all that they had wait no more.
  const cut = updating.isWhole ? updated - (total - (await countRows(client, source))) : 0
  const wereThere = await deleteRestored(client, { source, table, same: isRight }, columns)
  const left = await countLeft(client, { source, table, same }, columns)
  const restored = wereThere + (updating.isWhole ? updated - cut : 0)
  const { kept } = giving
  const lost = kept ? await countAstray(client, source, table, `${same} and ${kept.sql}`) : 0
  const others = Math.max(0, left - lost - cut)
  const refused = Math.min(others, halves?.refused ?? 0)
  const why = [
    ...(kept && lost > 0 ? [`${lost} rows ${kept.why}`] : []),
    ...(cut > 0 ? [`${cut} rows ${whyCut(restoring.columns)}`] : []),
    ...(halves && refused > 0 ? [`${refused} rows were refused: ${halves.why}`] : []),
    ...(others > refused
      ? [`${others - refused} rows ${whyLeft(entry, table, restoring.columns)}`]
      : []),
  ]
  return { restored, left, why: why.join('; '), lacks: restoring.columns.includes('') }
}

/** Which values go where, and which do not. */
interface Giving {
  readonly source: string
  readonly columns: readonly { readonly column: StoredColumn | undefined; readonly old: string }[]
  /** True for a row of the archive and its row in the table. */
  readonly same: string
  /** The same, where all values of it may go back. */
  readonly isRight: string
  readonly updating: Omit<Update, 'same'>
  /** Values that stay in the archive in some rows. */
  readonly astray: Astray | undefined
  /** Those, and what stays there in all. */
  readonly kept: Astray | undefined
}

async function prepare(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  { columns: names, others: placed, isLent = false, ways }: RestoringValues,
): Promise<Giving> {
  const source = inArchive(entry.relations[0] ?? '')
  const same = `${isSameRow({ table, key: keyIn(entry, table) })} and ${IS_THERE}`
  const columns = names.map((name, i) => ({
    column: table.columns.find((column) => column.name === name),
    old: `a.old${i + 1}`,
  }))
  const { whole, some } = await findNewer(client, entry, table, { names, isLent, ways })
  const there = columns.flatMap(({ column, old }) =>
    column && !column.isGenerated && !whole?.columns.has(old) ? [{ column, old }] : [],
  )
  const isWhole = there.length === columns.length
  const moved = findPlaced(entry, placed)
  const isPlaced = entry.key.length === 0
  const astray = join(some, await findAstray(client, entry, table, { names, isLent, ways }))
  return {
    source,
    columns,
    same,
    isRight: astray ? `${same} and not coalesce(${astray.sql}, false)` : same,
    updating: { table, source, there, moved, isPlaced, isWhole, isLent },
    astray,
    kept: join(whole, astray),
  }
}

/** `which`: true for a row `a` of these. Returns how many rows got all. */
async function giveRows(
  client: pg.ClientBase,
  { updating, same, isRight, astray }: Giving,
  which: string,
): Promise<number> {
  const updated = await update(client, { ...updating, same: `${isRight} and ${which}` })
  if (astray) await update(client, besides({ ...updating, same: `${same} and ${which}` }, astray))
  return updated
}

/** Values that are in their rows wait no more; returns how many rows those are. */
async function deleteRestored(
  client: pg.ClientBase,
  { source, table, same }: Pick<Update, 'source' | 'table' | 'same'>,
  columns: readonly { readonly column: StoredColumn | undefined; readonly old: string }[],
): Promise<number> {
  const isBack = columns.map(({ column, old }) =>
    column ? saysSame(column, now(column), old) : 'false',
  )
  const { rowCount } = await client.query(
    `delete from ${source} a using ${table.from} t where ${same} and ${isBack.join(' and ')}`,
  )
  return rowCount ?? 0
}

/** Relations of entries that find their rows by their places, besides this one. */
function findPlaced({ id, key }: ArchiveEntry, others: readonly ArchiveEntry[]): string[] {
  if (key.length > 0) return []
  const placed = others.filter((other) => other.key.length === 0 && other.id !== id)
  return placed.map(({ relations }) => inArchive(relations[0] ?? ''))
}

/** Rows with values that refer to what is not restored get those that refer to nothing. */
function besides(updating: Update, { sql, columns }: Astray): Update {
  return {
    ...updating,
    same: `${updating.same} and ${sql}`,
    there: updating.there.filter(({ old }) => !columns.has(old)),
    isWhole: false,
  }
}

async function countAstray(
  client: pg.ClientBase,
  source: string,
  { from }: StoredTable,
  isAstray: string,
): Promise<number> {
  return countRows(client, `${source} a join ${from} t on a.fresh and ${isAstray}`)
}

function whyLeft(
  { key, columns, facts }: ArchiveEntry,
  table: StoredTable,
  names: readonly string[],
): string {
  const missing = columns.filter((_, i) => names[i] === '')
  if (missing.length > 0) return `wait for what is not there: column ${missing.join(', ')}`
  const computed = table.columns.filter((one) => one.isGenerated && names.includes(one.name))
  if (computed.length > 0)
    return `have what PostgreSQL computes now: column ${computed.map(({ name }) => name).join(', ')}`
  if (key.length > 0 && facts.waits)
    return 'were changed or deleted since, or a later migration has changed their key'
  if (facts.isCopied) return `were changed or deleted since, or ${COPIED}`
  return key.length > 0
    ? 'were changed or deleted since'
    : 'have no key, and are not where they were: they were changed or deleted since, or their table was rewritten'
}

interface Update {
  readonly table: StoredTable
  readonly source: string
  readonly same: string
  readonly there: readonly { readonly column: StoredColumn; readonly old: string }[]
  /** Other relations that find their rows by their places: these change. */
  readonly moved: readonly string[]
  /** Its own rows are found by their places. */
  readonly isPlaced: boolean
  /** Nothing of a row stays in the archive. */
  readonly isWhole: boolean
  readonly isLent: boolean
}

async function update(
  client: pg.ClientBase,
  { table, source, same, there, moved, isPlaced, isWhole, isLent }: Update,
): Promise<number> {
  if (there.length === 0) return 0
  const set = there.map(({ column, old }) => `${quoteName(column.name)} = ${fromText(old, column)}`)
  const isOther = there.map(({ column, old }) => `${now(column)} is distinct from ${old}`)
  // A narrower type rounds: then the archive keeps what it had.
  const isExact = there.map(({ column, old }) => saysSame(column, now(column), old))
  const columns = there.map(({ column }) => column)
  // What stays in the archive finds its rows where they are then.
  const stays = isPlaced && !isLent ? [source] : []
  const follow = [...moved, ...stays].map(
    (
      relation,
      i,
    ) => `, moved${i} as (update ${relation} a set place = w.place, stamp = w.stamp, file = ${fileAt('w.place')}
      from written w where a.place operator(pg_catalog.=) w.was and a.fresh${relation === source && isWhole ? ' and not w.exact' : ''})`,
  )
  // Not by its key: that may be what was restored.
  const archived = isLent
    ? `update ${source} a set place = w.place, stamp = w.stamp from`
    : `delete from ${source} a using`
  const done =
    isLent || isWhole
      ? `, done as (${archived} written w where a.ctid operator(pg_catalog.=) w.archived${isLent ? '' : ' and w.exact'})`
      : ''
  return withSettableIdentity(client, table, columns, async () =>
    writeAsAuthor(
      client,
      `with written as (update ${table.from} t set ${set.join(', ')} from ${source} a
        where ${same} and a.fresh and (${isOther.join(' or ')})
        returning a.ctid as archived, ${isExact.join(' and ')} as exact, a.place as was, ${writePlace('t')} as place, t.xmin::pg_catalog.text as stamp)
        ${done} ${follow.join(' ')} select from written`,
    ),
  )
}

function now(column: StoredColumn): string {
  return `(${asText(writeColumn('t', column.name))})`
}

/** A row that had nothing in these columns has nothing to wait for, unless there is something now. */
async function countLeft(
  client: pg.ClientBase,
  { source, table, same }: Pick<Update, 'source' | 'table' | 'same'>,
  columns: Giving['columns'],
): Promise<number> {
  const any = columns.map(({ old }) => `${old} is not null`).join(' or ')
  const isFilled = columns.flatMap(({ column, old }) =>
    column ? [`${old} is null and ${now(column)} is not null`] : [],
  )
  const filled =
    isFilled.length > 0
      ? ` or exists (select from ${table.from} t where ${same} and (${isFilled.join(' or ')}))`
      : ''
  return countRows(client, `${source} a where ${any}${filled}`)
}

/** UPDATE sets no column that is GENERATED ALWAYS AS IDENTITY. */
async function withSettableIdentity<T>(
  client: pg.ClientBase,
  { sql }: StoredTable,
  columns: readonly StoredColumn[],
  work: () => Promise<T>,
): Promise<T> {
  const always = columns.filter(({ isIdentity }) => isIdentity)
  const setAll = async (how: string) => {
    for (const { name } of always) {
      await client.query(`alter table ${sql} alter column ${quoteName(name)} set generated ${how}`)
    }
  }
  await setAll('by default')
  const result = await work()
  if (always.length > 0) await fireDeferred(client)
  await setAll('always')
  return result
}
