import type { Node } from '@pgsql/types'
import { nodesIn } from './nodes.ts'
import { parseSql } from './parse.ts'
import { isOpaque } from './query-locks.ts'

/**
 * The columns whose values a statement sets in rows that are there, wherever in it: by UPDATE, MERGE, ON CONFLICT, and by
 * ALTER COLUMN … TYPE … USING, and by a default of ADD COLUMN. Undefined where the text does not tell: of DO, say, or where
 * it is not one statement. `fromColumns`: only those whose values it computes from columns.
 */
export async function readSetColumns(
  sql: string,
  { fromColumns = false } = {},
): Promise<readonly string[] | undefined> {
  const [parsed, ...others] = await parseSql(sql)
  if (!parsed || others.length > 0) return undefined
  const { node } = parsed
  if ('AlterTableStmt' in node) return (node.AlterTableStmt.cmds ?? []).flatMap(convertedBy)
  // CASCADE drops more than the text names, and writes no row.
  return isOpaque(node) && !('DropStmt' in node) ? undefined : findTargets(node, fromColumns)
}

/** Every node is an object with one key, its kind; what belongs to a statement alone stands in it unwrapped. */
function findTargets(value: unknown, fromColumns: boolean): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => findTargets(one, fromColumns))
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(SETTING.has(key) ? namesOf(inner, fromColumns) : []),
    ...findTargets(inner, fromColumns),
  ])
}

const SETTING = new Set(['UpdateStmt', 'MergeWhenClause', 'onConflictClause'])

function namesOf({ targetList = [], commandType }: Setting, fromColumns: boolean): string[] {
  if (commandType === 'CMD_INSERT') return []
  return targetList.flatMap((target) =>
    'ResTarget' in target && target.ResTarget.name !== undefined && isMeant(target, fromColumns)
      ? [target.ResTarget.name]
      : [],
  )
}

function isMeant(target: Node, fromColumns: boolean): boolean {
  return !fromColumns || nodesIn(target, 'ColumnRef').length > 0
}

interface Setting {
  readonly targetList?: readonly Node[]
  readonly commandType?: string
}

function convertedBy(cmd: Node): string[] {
  if (!('AlterTableCmd' in cmd)) return []
  const { name, def, subtype } = cmd.AlterTableCmd
  if (!def || !('ColumnDef' in def)) return []
  const { raw_default, colname, constraints = [] } = def.ColumnDef
  if (subtype === 'AT_AlterColumnType') return name !== undefined && raw_default ? [name] : []
  const isComputed = nodesIn(constraints, 'FuncCall').length > 0
  return subtype === 'AT_AddColumn' && colname !== undefined && isComputed ? [colname] : []
}
