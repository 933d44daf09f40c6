import type { Node } from '@pgsql/types'
import { parseSql } from './parse.ts'
import { isOpaque } from './query-locks.ts'

/**
 * The columns whose values a statement sets in rows that are there, wherever in it: by UPDATE, MERGE, ON CONFLICT, and by
 * ALTER COLUMN … TYPE … USING. Undefined where the text does not tell: of DO, say, or where it is not one statement.
 */
export async function readSetColumns(sql: string): Promise<readonly string[] | undefined> {
  const [parsed, ...others] = await parseSql(sql)
  if (!parsed || others.length > 0) return undefined
  const { node } = parsed
  if ('AlterTableStmt' in node) return (node.AlterTableStmt.cmds ?? []).flatMap(convertedBy)
  // CASCADE drops more than the text names, and writes no row.
  return isOpaque(node) && !('DropStmt' in node) ? undefined : findTargets(node)
}

/** Every node is an object with one key, its kind; what belongs to a statement alone stands in it unwrapped. */
function findTargets(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(findTargets)
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(SETTING.has(key) ? namesOf(inner) : []),
    ...findTargets(inner),
  ])
}

const SETTING = new Set(['UpdateStmt', 'MergeWhenClause', 'onConflictClause'])

function namesOf({ targetList = [], commandType }: Setting): string[] {
  if (commandType === 'CMD_INSERT') return []
  return targetList.flatMap((target) =>
    'ResTarget' in target && target.ResTarget.name !== undefined ? [target.ResTarget.name] : [],
  )
}

interface Setting {
  readonly targetList?: readonly Node[]
  readonly commandType?: string
}

function convertedBy(cmd: Node): string[] {
  if (!('AlterTableCmd' in cmd) || cmd.AlterTableCmd.subtype !== 'AT_AlterColumnType') return []
  const { name, def } = cmd.AlterTableCmd
  const isComputed = def !== undefined && 'ColumnDef' in def && def.ColumnDef.raw_default
  return name !== undefined && isComputed ? [name] : []
}
