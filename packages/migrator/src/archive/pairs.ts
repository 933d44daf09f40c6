import type { ArchiveEntry } from './schema.ts'
import { keyWithout, stored, type StoredColumn, type StoredTable } from './tables.ts'
import { asText, writeColumn } from './text.ts'
import { isSameValue } from './values.ts'

/** A column of a table, and the one that the archive has of it. */
export interface ColumnPair {
  readonly column: StoredColumn
  readonly from: StoredColumn
}

/** The columns that both the table and the archive have. */
export function pairColumns(
  { facts }: Pick<ArchiveEntry, 'facts'>,
  table: StoredTable,
  kept: readonly StoredColumn[],
): ColumnPair[] {
  const numbers = facts.table === table.oid ? facts.numbers : undefined
  return stored(table).flatMap((column) => {
    // In the very table a column has its number, whatever it has been renamed to since.
    const from =
      kept[numbers?.indexOf(column.number) ?? -1] ?? kept.find(({ name }) => name === column.name)
    return from ? [{ column, from }] : []
  })
}

/** A row `t` of the table and a row `a` of the archive have the same key; undefined where one of the two has none. */
export function keyedBy(table: StoredTable, common: readonly ColumnPair[]): string | undefined {
  const key = keyWithout(table, [])
  const pairs = common.filter(({ column }) => key?.includes(column.name))
  if (key === undefined || pairs.length < key.length) return undefined
  return pairs
    .map(({ column, from }) =>
      isSameValue(column, writeColumn('t', column.name), asText(writeColumn('a', from.name))),
    )
    .join(' and ')
}
