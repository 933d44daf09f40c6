import type { ColumnDef } from '@pgsql/types'
import { readType, toWhole } from '../known/parts.ts'
import { showType } from '../safe-forms/copy-column.ts'
import { deparseSql } from '../sql/parse.ts'

/** The type of a column with its collation, as SQL; of one that counts, the numbers that it counts with. */
export async function writeColumnType(column: ColumnDef): Promise<string> {
  const { typeName, collClause } = column
  const { name } = readType({ ...(typeName && { typeName }) })
  if (toWhole(name) !== name) return toWhole(name)
  const collation = collClause ? ` ${await deparseSql([{ CollateClause: collClause }])}` : ''
  return `${await showType(column)}${collation}`
}
