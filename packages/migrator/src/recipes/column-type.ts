import type { ColumnDef } from '@pgsql/types'
import { readType, toWhole } from '../known/parts.ts'
import { deparseSql } from '../sql/parse.ts'

/** The type of a column with its collation, as SQL; of one that counts, the numbers that it counts with. */
export async function writeColumnType({ typeName, collClause }: ColumnDef): Promise<string> {
  const { name } = readType({ ...(typeName && { typeName }) })
  if (toWhole(name) !== name) return toWhole(name)
  const type = typeName ? await deparseSql([{ TypeName: typeName }]) : ''
  const collation = collClause ? ` ${await deparseSql([{ CollateClause: collClause }])}` : ''
  return `${type.replace(/^pg_catalog\./, '')}${collation}`
}
