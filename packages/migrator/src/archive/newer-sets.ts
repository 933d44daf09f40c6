import { readSetColumns } from '../sql/set-columns.ts'
import { isUntouched } from './contents.ts'
import { findDerivedSets, type Ways, type Writing } from './own-writes.ts'
import type { Astray } from './references.ts'
import type { ArchiveEntry } from './schema.ts'
import type { StoredTable } from './tables.ts'

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
  const isKept = [...whole].map((old) => `${old} is not null`).join(' or ')
  return { whole: astrayOf(whole, `(${isKept})`), some: astrayOf(some, `coalesce(a."set", false)`) }
}

function astrayOf(columns: ReadonlySet<string>, sql: string): Astray | undefined {
  const why = 'have what the migration sets from rows that were written since'
  return columns.size === 0 ? undefined : { sql, columns, why }
}
