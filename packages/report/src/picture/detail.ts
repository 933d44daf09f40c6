import type { Picture, Table } from './model.ts'

/** With more tables than this, nobody reads what is no key. */
const MANY = 40

/** Of a large schema the keys are left, and no enums: what a reader of 150 tables looks for is what refers to what. */
export function chooseDetail(picture: Picture): Picture {
  if (picture.tables.length <= MANY) return picture
  return { ...picture, tables: picture.tables.map(keysOnly), enums: [] }
}

/** A table with its keys and what changes, and how many columns it has besides. */
export function keysOnly(table: Table): Table {
  const inKeys = new Set(table.uniqueKeys.flatMap(({ columns }) => columns))
  const columns = table.columns.filter(
    ({ name, isPrimary, isForeign, isUnique, change }) =>
      isPrimary || isForeign || isUnique || change !== undefined || inKeys.has(name),
  )
  return { ...table, columns, hiddenColumns: table.columns.length - columns.length }
}
