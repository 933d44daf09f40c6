import type pg from 'pg'
import { readSetColumns } from '../sql/set-columns.ts'
import { isUntouched } from './contents.ts'
import { fillsOthers, findDerivedSets, type Ways, type Writing } from './own-writes.ts'
import type { Astray } from './references.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { countRows, type StoredTable } from './tables.ts'
import { writeColumn } from './text.ts'
import { isSameRow, keyIn } from './values.ts'

/*
 * What a migration sets in a column from other tables may be newer than what the archive has of it.
 */

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
export async function findNewer(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  { names, isLent, ways }: { names: readonly string[]; isLent: boolean; ways: Ways },
): Promise<Newer> {
  const whole = new Set<string>()
  const some = new Set<string>()
  for (const { sql } of findNewerSets(entry, table, ways)) {
    const told = sql === undefined ? undefined : await readSetColumns(sql)
    for (const [i, name] of names.entries()) {
      if (told?.includes(name) ?? true) (told && !isLent ? whole : some).add(`a.old${i + 1}`)
    }
  }
  const isMoved = !isLent && some.size > 0 && fillsOthers(ways.other, [table.name, entry.table])
  const filled = isMoved ? await findFilled(client, entry, table, names) : []
  for (const old of filled) whole.add(old)
  const isKept = [...whole].map((old) => `${old} is not null`).join(' or ')
  return { whole: astrayOf(whole, `(${isKept})`), some: astrayOf(some, `coalesce(a."set", false)`) }
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

function astrayOf(columns: ReadonlySet<string>, sql: string): Astray | undefined {
  const why = 'have what the migration sets from rows that were written since'
  return columns.size === 0 ? undefined : { sql, columns, why }
}
