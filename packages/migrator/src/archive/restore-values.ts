import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { findDerivedSets, type Ways, type Writing } from './own-writes.ts'
import { isUntouched } from './contents.ts'
import { readSetColumns } from '../sql/set-columns.ts'
import { findAstray, type Astray } from './references.ts'
import type { Restored } from './restore-rows.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { countRows, type StoredColumn, type StoredTable } from './tables.ts'
import { fireDeferred } from './triggers.ts'
import { writeColumn, fileAt, writePlace, asText, writeAsAuthor } from './text.ts'
import { isSameRow, keyIn } from './values.ts'

/** How values are restored. */
interface RestoringValues {
  /** Those of the entry by the names that they have in the table now; '' for one that is not there. */
  readonly columns: readonly string[]
  /** Entries that find their rows by their places. */
  readonly others: readonly ArchiveEntry[]
  /** The migration goes on: what it does to the values counts for nothing, so they stay in the archive as well. */
  readonly isLent?: boolean
  readonly ways: Ways
}

/**
 * Puts values back into the rows that lost them, and have not been written since: `markFresh` has said which.
 * Whoever asks: another row may have the key by now, so whatever else is in the table stays as it is, and the value
 * stays in the archive. `others`: entries that find their rows by their places.
 */
export async function restoreValues(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  { columns: names, others: placed, isLent = false, ways }: RestoringValues,
): Promise<Restored> {
  const source = inArchive(entry.relations[0] ?? '')
  const same = isSameRow({ table, key: keyIn(entry, table) })
  const columns = names.map((name, i) => ({
    column: table.columns.find((column) => column.name === name),
    old: `a.old${i + 1}`,
  }))
  const newer = await findSet(findNewerSets(entry, table, ways), names, isLent)
  const there = columns.flatMap(({ column, old }) =>
    column && !column.isGenerated && !newer.whole?.columns.has(old) ? [{ column, old }] : [],
  )
  const isWhole = there.length === columns.length
  const others = findPlaced(entry, placed)
  // What stays in the archive finds its rows where they are then.
  const moved = isWhole || isLent || entry.key.length > 0 ? others : [...others, source]
  const refer = await findAstray(client, entry, table, { names, isLent, ways })
  const astray = join(newer.some, refer)
  const isRight = astray ? `${same} and not coalesce(${astray.sql}, false)` : same
  const updating = { table, source, there, moved, isWhole, isLent }
  const updated = await update(client, { ...updating, same: isRight })
  if (astray) await update(client, besides(entry, { ...updating, moved: others, same }, astray))
  if (isLent) return { restored: updated, left: 0, why: '' }
  const wereThere = await deleteRestored(client, { source, table, same: isRight }, columns)
  const left = await countLeft(
    client,
    source,
    columns.map(({ old }) => old),
  )
  const restored = wereThere + (isWhole ? updated : 0)
  const kept = join(newer.whole, astray)
  const lost = kept ? await countAstray(client, source, table, `${same} and ${kept.sql}`) : 0
  const why = [
    ...(kept && lost > 0 ? [`${lost} rows ${kept.why}`] : []),
    ...(left > lost ? [`${left - lost} rows ${whyLeft(entry, names)}`] : []),
  ]
  return { restored, left, why: why.join('; ') }
}

/** What sets values of the same rows from others, which may have been written since. */
export function findNewerSets(
  { kind, table: then, facts }: ArchiveEntry,
  { name }: StoredTable,
  { own, functions }: Ways,
): Writing[] {
  if (kind !== 'values') return []
  const sets = findDerivedSets({ writings: own, functions }, [name, then])
  return sets.filter(({ sources }) => !isUntouched(facts, sources)).map(({ writing }) => writing)
}

interface Newer {
  /** What the migration has not set in a row stands as well: whoever deleted what it would have been set from has emptied it. */
  readonly whole: Astray | undefined
  /** Where the text does not tell the columns, or a statement needs the values: of rows that `markWritten` has said to be set. */
  readonly some: Astray | undefined
}

/** The values in whose place the migration has put newer ones. */
async function findSet(
  sets: readonly Writing[],
  names: readonly string[],
  isLent: boolean,
): Promise<Newer> {
  const whole = new Set<string>()
  const some = new Set<string>()
  for (const { sql } of sets) {
    const told = sql === undefined ? undefined : await readSetColumns(sql)
    for (const [i, name] of names.entries()) {
      if (told?.includes(name) ?? true) (told && !isLent ? whole : some).add(`a.old${i + 1}`)
    }
  }
  const isKept = [...whole].map((old) => `${old} is not null`).join(' or ')
  return { whole: astrayOf(whole, `(${isKept})`), some: astrayOf(some, `coalesce(a."set", false)`) }
}

function astrayOf(columns: ReadonlySet<string>, sql: string): Astray | undefined {
  const why = 'have what the migration sets from rows that were written since'
  return columns.size === 0 ? undefined : { sql, columns, why }
}

function join(one: Astray | undefined, other: Astray | undefined): Astray | undefined {
  if (!one || !other) return one ?? other
  return {
    sql: `(${one.sql} or ${other.sql})`,
    columns: new Set([...one.columns, ...other.columns]),
    why: one.why === other.why ? one.why : `${one.why}, or ${other.why}`,
  }
}

/** Values that are in their rows wait no more; returns how many rows those are. */
async function deleteRestored(
  client: pg.ClientBase,
  { source, table, same }: Pick<Update, 'source' | 'table' | 'same'>,
  columns: readonly { readonly column: StoredColumn | undefined; readonly old: string }[],
): Promise<number> {
  const isBack = columns.map(({ column, old }) =>
    column ? `${now(column)} is not distinct from ${old}` : 'false',
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
function besides({ key }: ArchiveEntry, updating: Update, { sql, columns }: Astray): Update {
  const { source, same, moved } = updating
  return {
    ...updating,
    same: `${same} and ${sql}`,
    there: updating.there.filter(({ old }) => !columns.has(old)),
    isWhole: false,
    // The rest stays in the archive, and finds its rows where they are then.
    moved: key.length === 0 && !updating.isLent ? [...moved, source] : moved,
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

function whyLeft({ key, columns, facts }: ArchiveEntry, names: readonly string[]): string {
  const missing = columns.filter((_, i) => names[i] === '')
  if (missing.length > 0) return `wait for what is not there: column ${missing.join(', ')}`
  if (key.length > 0 && facts.waits)
    return 'were changed or deleted since, or a later migration has changed their key'
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
  /** Nothing of a row stays in the archive. */
  readonly isWhole: boolean
  readonly isLent: boolean
}

async function update(
  client: pg.ClientBase,
  { table, source, same, there, moved, isWhole, isLent }: Update,
): Promise<number> {
  if (there.length === 0) return 0
  const set = there.map(({ column, old }) => `${quoteName(column.name)} = ${old}::${column.type}`)
  const isOther = there.map(({ column, old }) => `${now(column)} is distinct from ${old}`)
  const columns = there.map(({ column }) => column)
  const follow = moved.map(
    (
      relation,
      i,
    ) => `, moved${i} as (update ${relation} a set place = w.place, stamp = w.stamp, file = ${fileAt('w.place')}
      from written w where a.place operator(pg_catalog.=) w.was and a.fresh)`,
  )
  // Not by its key: that may be what was restored.
  const archived = isLent
    ? `update ${source} a set place = w.place, stamp = w.stamp from`
    : `delete from ${source} a using`
  const done =
    isLent || isWhole
      ? `, done as (${archived} written w where a.ctid operator(pg_catalog.=) w.archived)`
      : ''
  return withSettableIdentity(client, table, columns, async () =>
    writeAsAuthor(
      client,
      `with written as (update ${table.from} t set ${set.join(', ')} from ${source} a
        where ${same} and a.fresh and (${isOther.join(' or ')})
        returning a.ctid as archived, a.place as was, ${writePlace('t')} as place, t.xmin::pg_catalog.text as stamp)
        ${done} ${follow.join(' ')} select from written`,
    ),
  )
}

function now(column: StoredColumn): string {
  return `(${asText(writeColumn('t', column.name))})`
}

/** A row that had nothing in these columns has nothing to wait for. */
async function countLeft(
  client: pg.ClientBase,
  source: string,
  old: readonly string[],
): Promise<number> {
  const any = old.map((column) => `${column} is not null`).join(' or ')
  return countRows(client, `${source} a where ${any}`)
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
