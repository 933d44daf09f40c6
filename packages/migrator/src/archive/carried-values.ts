import type pg from 'pg'
import { columnsIn, type Coming } from './find-target.ts'
import { IS_HELD_BY } from './held.ts'
import { findNewer } from './newer-sets.ts'
import type { Ways } from './own-writes.ts'
import type { ColumnPair } from './pairs.ts'
import { findAstray } from './references.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { stored, type StoredTable } from './tables.ts'
import { asText, fromText, writeColumn } from './text.ts'
import { keyIn } from './values.ts'

/*
 * A row may have lost a column before it went itself. The archive has the column's values by themselves then, and the
 * row comes back with them: the column may be one without which PostgreSQL takes no row.
 */

/** Values that rows of an entry have in other entries. */
export interface CarriedValues {
  /** Of columns that the entry does not have: the value of each, by the column's name. */
  readonly values: ReadonlyMap<string, string>
  /** What has them, each under the alias of its own, with what is true of it and the row `a` that they belong to. */
  readonly sources: readonly { readonly from: string; readonly isSame: string }[]
}

interface Carrying {
  /** The columns of which the entry has the values. */
  readonly common: readonly ColumnPair[]
  readonly pending: readonly ArchiveEntry[]
  readonly coming: Coming | undefined
  readonly ways: Ways
}

/** The values that an entry's rows had in columns which went before the rows did. The oldest count: later ones were computed from them. */
export async function findCarried(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  { common, pending, coming, ways }: Carrying,
): Promise<CarriedValues> {
  const missing = new Map(
    stored(table)
      .filter((column) => !common.some((pair) => pair.column === column))
      .map((column) => [column.name, column]),
  )
  const values = new Map<string, string>()
  const sources: { from: string; isSame: string }[] = []
  const tables = new Set([table.oid, entry.facts.table])
  const isCarried = ({ kind, key, facts }: ArchiveEntry) =>
    kind === 'values' && key.length > 0 && facts.table !== undefined && tables.has(facts.table)
  for (const other of pending.filter(isCarried).toSorted(byAge)) {
    const names = columnsIn(other, table, coming)
    const own = names.filter((name) => missing.has(name) && !values.has(name))
    const key = keyOf(other, table, common)
    if (own.length === 0 || !key) continue
    const judging = { names, isLent: false, ways }
    const { whole, some } = await findNewer(client, other, table, judging)
    if (whole || some || (await findAstray(client, other, table, judging))) continue
    const alias = `c${sources.length + 1}`
    const isSame = key.map((text, i) => `${alias}.key${i + 1} operator(pg_catalog.=) ${text}`)
    sources.push({
      from: `${inArchive(other.relations[0] ?? '')} ${alias}`,
      isSame: [IS_HELD_BY(alias, entry.id), ...isSame].join(' and '),
    })
    for (const name of own) {
      const column = missing.get(name)
      if (column) values.set(name, fromText(`${alias}.old${names.indexOf(name) + 1}`, column))
    }
  }
  return { values, sources }
}

const byAge = (one: ArchiveEntry, other: ArchiveEntry) => Number(one.id) - Number(other.id)

/** The texts of its key in a row `a` of the entry of rows; undefined where that does not have them. */
function keyOf(
  values: ArchiveEntry,
  table: StoredTable,
  common: readonly ColumnPair[],
): readonly string[] | undefined {
  const froms = keyIn(values, table).map(
    (name) => common.find(({ column }) => column.name === name)?.from,
  )
  const texts = froms.flatMap((from) => (from ? [asText(writeColumn('a', from.name))] : []))
  return texts.length === froms.length ? texts : undefined
}
