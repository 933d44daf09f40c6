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

/** A row `t` of the table and a row `a` of the archive have the same key; undefined where there is none. */
export function keyedBy(table: StoredTable, common: readonly ColumnPair[]): string | undefined {
  const key = keyWithout(table, [])
  if (key === undefined) return undefined
  return key
    .map((name) => {
      const pair = common.find(({ column }) => column.name === name)
      if (!pair) return 'false'
      return isSameValue(
        pair.column,
        writeColumn('t', name),
        asText(writeColumn('a', pair.from.name)),
      )
    })
    .join(' and ')
}
