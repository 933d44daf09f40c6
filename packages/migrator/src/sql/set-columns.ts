import type { Node } from '@pgsql/types'
import { parseSql } from './parse.ts'

/**
 * The columns whose values a statement sets: those of an UPDATE, and of ALTER COLUMN … TYPE … USING. Undefined of every
 * other statement, and of one with others in it.
 */
export async function readSetColumns(sql: string): Promise<readonly string[] | undefined> {
  const [parsed, ...others] = await parseSql(sql)
  if (!parsed || others.length > 0) return undefined
  const { node } = parsed
  if ('AlterTableStmt' in node) return (node.AlterTableStmt.cmds ?? []).flatMap(convertedBy)
  if (!('UpdateStmt' in node) || node.UpdateStmt.withClause) return undefined
  return (node.UpdateStmt.targetList ?? []).flatMap((target) =>
    'ResTarget' in target && target.ResTarget.name !== undefined ? [target.ResTarget.name] : [],
  )
}

function convertedBy(cmd: Node): string[] {
  if (!('AlterTableCmd' in cmd) || cmd.AlterTableCmd.subtype !== 'AT_AlterColumnType') return []
  const { name, def } = cmd.AlterTableCmd
  const isComputed = def !== undefined && 'ColumnDef' in def && def.ColumnDef.raw_default
  return name !== undefined && isComputed ? [name] : []
}
