import type pg from 'pg'
import { readSetColumns } from '../sql/set-columns.ts'
import { isUntouched } from './contents.ts'
import { fillsOthers, findDerivedSets, findSets, findUntold, type Ways } from './own-writes.ts'
import { join, type Astray } from './references.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { countRows, type StoredTable } from './tables.ts'
import { writeColumn } from './text.ts'
import { isSameRow, keyIn } from './values.ts'
import { isWrittenSince } from './versions.ts'

/*
 * What a migration sets in a column from other tables may be newer than what the archive has of it.
 */

/** What sets values of the same rows from others, which may have been written since. */
export function findNewerSets(
  { kind, table: then, facts }: ArchiveEntry,
  { name, isPartitioned }: StoredTable,
  { own, functions }: Ways,
): NewerSet[] {
  if (kind !== 'values') return []
  const given = { writings: own, functions }
  const tables = [name, then]
  const derived = findDerivedSets(given, tables)
  const newer = new Set(
    derived.filter(({ sources }) => !isUntouched(facts, sources)).map(({ writing }) => writing),
  )
  const sets = findSets(given, tables)
  const first = facts.isDerived ? 0 : sets.findIndex((one) => newer.has(one))
  // Behind such a statement those of the same rows may read what it has set.
  const behind = first < 0 ? [] : sets.slice(first)
  const told = behind.map((one) => ({ sql: one.sql, readsRows: !newer.has(one) }))
  const isTouched = !isUntouched(facts)
  const known = Object.keys(facts.digests ?? {})
  const untold = isTouched ? findUntold(given, tables, { known, isPartitioned }) : []
  // Through a view, say, whose columns may have other names: those that it names, and any in the rows that it has set.
  const any = untold.flatMap(({ sql }) =>
    [sql, undefined].map((one) => ({ sql: one, readsRows: false })),
  )
  return [...told, ...any]
}

/** A statement that sets newer values; without its text it may be any of them. */
interface NewerSet {
  readonly sql: string | undefined
  /** Only what it computes from columns is newer. */
  readonly readsRows: boolean
}

/** The columns that it has set, under all names that they have then; undefined where the text does not tell. */
async function readNewerColumns(
  { sql, readsRows }: NewerSet,
  { own }: Ways,
): Promise<readonly string[] | undefined> {
  if (sql === undefined) return undefined
  const columns = await readSetColumns(sql, { fromColumns: readsRows })
  const names = new Set(columns)
  for (const { renames } of own) {
    const column = renames && 'column' in renames ? renames.column : undefined
    if (column && names.has(column.from)) names.add(column.to)
  }
  return columns && [...names]
}

interface Newer {
  /** What the migration has not set in a row stands as well: whoever deleted what it would have been set from has emptied it. */
  readonly whole: Astray | undefined
  /** Where the text does not tell the columns, or a statement needs the values: of rows that `markWritten` has said to be set. */
  readonly some: Astray | undefined
}

/** The values in whose place the migration has put newer ones. */
export async function findNewer(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  { names, isLent, ways }: { names: readonly string[]; isLent: boolean; ways: Ways },
): Promise<Newer> {
  const whole = new Set<string>()
  const some = new Set<string>()
  for (const set of findNewerSets(entry, table, ways)) {
    const told = await readNewerColumns(set, ways)
    for (const [i, name] of names.entries()) {
      if (told?.includes(name) ?? true) (told && !isLent ? whole : some).add(`a.old${i + 1}`)
    }
  }
  const isMoved = !isLent && some.size > 0 && fillsOthers(ways.other, [table.name, entry.table])
  const filled = isMoved ? await findFilled(client, entry, table, names) : []
  for (const old of filled) whole.add(old)
  const added = await findAdded(client, entry, table, names)
  return {
    whole: astrayOf(whole, isKept(whole), SET),
    some: join(astrayOf(some, `coalesce(a."set", false)`, SET), added),
  }
}

function isKept(columns: ReadonlySet<string>): string {
  return `(${[...columns].map((old) => `${old} is not null`).join(' or ')})`
}

const SET = 'have what the migration sets from rows that were written since'

/** What is in a column that no migration of ours has made: a default reaches every row, and no row has a new version for it. */
async function findAdded(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  { oid }: StoredTable,
  names: readonly string[],
): Promise<Astray | undefined> {
  const { numbers = [], table } = entry.facts
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute t
      where attrelid = $1 and attname = any ($2) and not attnum = any ($3) and not ${isWrittenSince(entry)}`,
    [oid, names, table === oid ? numbers : []],
  )
  const added = new Set(rows.map(({ name }) => name))
  const found = names.flatMap((name, i) =>
    added.has(name) ? [{ name, old: `a.old${i + 1}` }] : [],
  )
  const isThere = found.map(({ name }) => `${writeColumn('t', name)} is distinct from null`)
  const columns = new Set(found.map(({ old }) => old))
  return astrayOf(
    columns,
    `(${isThere.join(' or ')})`,
    'have what was in a column that was added since',
  )
}

/** Columns that have something in a row which the migration has set: by DO, say, from where the other way has moved them. */
async function findFilled(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  names: readonly string[],
): Promise<string[]> {
  const source = inArchive(entry.relations[0] ?? '')
  const same = isSameRow({ table, key: keyIn(entry, table) })
  const filled: string[] = []
  for (const [i, name] of names.entries()) {
    if (name === '') continue
    const isFilled = `a."set" and ${same} and ${writeColumn('t', name)} is distinct from null`
    const found = await countRows(client, `${source} a join ${table.from} t on ${isFilled}`)
    if (found > 0) filled.push(`a.old${i + 1}`)
  }
  return filled
}

function astrayOf(columns: ReadonlySet<string>, sql: string, why: string): Astray | undefined {
  return columns.size === 0 ? undefined : { sql, columns, why }
}
