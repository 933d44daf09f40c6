import type { Node } from '@pgsql/types'
import { exactSql, parseSql } from './parse.ts'

/** ALTER TABLE … ADD COLUMN … NOT NULL in two parts, between which the column gets its values. */
export interface LaterNotNull {
  readonly adds: string
  readonly constrains: string
}

/** Undefined of every other statement, and where a constraint that is no mere NOT NULL needs the values at once. */
export async function laterNotNull(sql: string): Promise<LaterNotNull | undefined> {
  const [parsed, ...others] = await parseSql(sql)
  if (!parsed || others.length > 0 || !('AlterTableStmt' in parsed.node)) return undefined
  const { AlterTableStmt: statement } = parsed.node
  const columns: string[] = []
  const cmds = (statement.cmds ?? []).map((cmd) => {
    const nullable = withoutNotNull(cmd)
    if (!nullable) return cmd
    columns.push(nullable.column)
    return nullable.cmd
  })
  if (columns.length === 0) return undefined
  const constrains = columns.map((name): Node => ({
    AlterTableCmd: { subtype: 'AT_SetNotNull', name, behavior: 'DROP_RESTRICT' },
  }))
  const adds = await exactSql({ AlterTableStmt: { ...statement, cmds } })
  const then = await exactSql({ AlterTableStmt: { ...statement, cmds: constrains } })
  return adds !== undefined && then !== undefined ? { adds, constrains: then } : undefined
}

function withoutNotNull(cmd: Node): { readonly cmd: Node; readonly column: string } | undefined {
  if (!('AlterTableCmd' in cmd) || cmd.AlterTableCmd.subtype !== 'AT_AddColumn') return undefined
  const { def } = cmd.AlterTableCmd
  if (!def || !('ColumnDef' in def)) return undefined
  const { constraints = [], ...column } = def.ColumnDef
  const others = constraints.filter((node) => !isNotNull(node))
  if (others.length === constraints.length) return undefined
  const ColumnDef = { ...column, ...(others.length > 0 && { constraints: others }) }
  return {
    column: column.colname ?? '',
    cmd: { AlterTableCmd: { ...cmd.AlterTableCmd, def: { ColumnDef } } },
  }
}

function isNotNull(node: Node): boolean {
  if (!('Constraint' in node)) return false
  const { contype, conname } = node.Constraint
  return contype === 'CONSTR_NOTNULL' && conname === undefined
}
