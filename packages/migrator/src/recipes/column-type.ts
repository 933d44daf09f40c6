import type { ColumnDef } from '@pgsql/types'
import { showType } from '../safe-forms/copy-column.ts'
import { deparseSql } from '../sql/parse.ts'

/** The type of a column with its collation, as SQL; of one that counts, the numbers that it counts with. */
export async function writeColumnType(column: ColumnDef): Promise<string> {
  const { collClause } = column
  const collation = collClause ? ` ${await deparseSql([{ CollateClause: collClause }])}` : ''
  return `${await showType(column)}${collation}`
}
