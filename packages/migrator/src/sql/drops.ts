import type { Node } from '@pgsql/types'
import type { Drop } from '../migration.ts'
import { nameOf } from './names.ts'

/** The tables and columns whose contents a statement throws away: DROP TABLE, DROP COLUMN, TRUNCATE. */
export function dropsOf(node: Node): Drop[] {
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_TABLE') {
    return (node.DropStmt.objects ?? []).map((object) => {
      const { schema, name } = nameOf(object)
      return { ...(schema && { schema }), table: name }
    })
  }
  if ('TruncateStmt' in node) return (node.TruncateStmt.relations ?? []).flatMap(tableOf)
  if ('AlterTableStmt' in node) {
    const { relation, cmds = [] } = node.AlterTableStmt
    const [table] = relation ? tableOf({ RangeVar: relation }) : []
    return cmds.flatMap((cmd) => {
      if (!table || !('AlterTableCmd' in cmd) || cmd.AlterTableCmd.subtype !== 'AT_DropColumn')
        return []
      return [{ ...table, column: cmd.AlterTableCmd.name ?? '' }]
    })
  }
  return []
}

function tableOf(node: Node): Drop[] {
  if (!('RangeVar' in node)) return []
  const { schemaname, relname = '' } = node.RangeVar
  return [{ ...(schemaname && { schema: schemaname }), table: relname }]
}
