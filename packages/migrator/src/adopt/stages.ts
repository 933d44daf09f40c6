import type { Node } from '@pgsql/types'
import { parseSql } from '../sql/parse.ts'

/** What binds rows comes once they are repaired, all else before. The order within each is kept. */
export async function stages(
  statements: readonly string[],
): Promise<{ early: string[]; late: string[] }> {
  const [early, late]: [string[], string[]] = [[], []]
  for (const sql of statements) {
    const binds = (await parseSql(sql)).some(({ node }) => bindsRows(node))
    ;(binds ? late : early).push(sql)
  }
  return { early, late }
}

function bindsRows(node: Node): boolean {
  if ('IndexStmt' in node) return node.IndexStmt.unique ?? false
  if (!('AlterTableStmt' in node)) return false
  return (node.AlterTableStmt.cmds ?? []).some(
    (cmd) =>
      'AlterTableCmd' in cmd &&
      ['AT_AddConstraint', 'AT_SetNotNull'].includes(cmd.AlterTableCmd.subtype ?? ''),
  )
}
