import type { Node } from '@pgsql/types'
import type { Migration } from '../migration.ts'
import { toKey, toName } from '../phase/release.ts'
import { listStatements } from '../plan/progress.ts'
import { parseSql } from '../sql/parse.ts'
import type { Decisions } from './renames.ts'

/** The columns of the tables that migrations make, in the order in which they make them. */
export async function columnOrder(
  migrations: readonly Migration[],
): Promise<Decisions['columnsOf']> {
  const order = new Map<string, string[]>()
  for (const { up } of migrations) {
    for (const { sql } of listStatements(up)) {
      for (const { node } of await parseSql(sql)) learn(order, node)
    }
  }
  return ({ schema = '', name }) =>
    order.get(toKey({ schema, name })) ?? order.get(toKey({ name })) ?? []
}

function learn(order: Map<string, string[]>, node: Node): void {
  if ('CreateStmt' in node) {
    const { relation, tableElts = [] } = node.CreateStmt
    const names = tableElts.flatMap((one) =>
      'ColumnDef' in one ? [one.ColumnDef.colname ?? ''] : [],
    )
    order.set(toKey(toName(relation)), names)
  }
  if ('AlterTableStmt' in node) {
    const columns = order.get(toKey(toName(node.AlterTableStmt.relation)))
    for (const cmd of node.AlterTableStmt.cmds ?? []) {
      const def = 'AlterTableCmd' in cmd ? cmd.AlterTableCmd.def : undefined
      if (def && 'ColumnDef' in def) columns?.push(def.ColumnDef.colname ?? '')
    }
  }
  if ('RenameStmt' in node) {
    const { renameType, relation, subname = '', newname = '' } = node.RenameStmt
    const table = toName(relation)
    const columns = order.get(toKey(table))
    if (renameType === 'OBJECT_COLUMN') columns?.splice(columns.indexOf(subname), 1, newname)
    if (renameType === 'OBJECT_TABLE' && columns)
      order.set(toKey({ ...table, name: newname }), columns)
  }
}
