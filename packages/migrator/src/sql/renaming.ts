import type { Node } from '@pgsql/types'
import type { Name, Renaming } from '../migration.ts'

/** The schema that a statement renames, the table that it renames or moves to another schema, or the column that it renames. */
export function findRenaming(node: Node): Renaming | undefined {
  if ('RenameStmt' in node) {
    const { relation, newname: to = '', subname: from = '', renameType } = node.RenameStmt
    if (renameType === 'OBJECT_SCHEMA') return { schema: { from, to } }
    if (!relation) return undefined
    const table = toName(relation)
    if (renameType === 'OBJECT_TABLE') return { from: table, to: { ...table, name: to } }
    if (renameType === 'OBJECT_COLUMN') return { from: table, to: table, column: { from, to } }
  }
  if ('AlterObjectSchemaStmt' in node && node.AlterObjectSchemaStmt.objectType === 'OBJECT_TABLE') {
    const { relation, newschema: schema = '' } = node.AlterObjectSchemaStmt
    return relation && { from: toName(relation), to: { ...toName(relation), schema } }
  }
  return undefined
}

function toName(relation: { schemaname?: string; relname?: string }): Name {
  const { schemaname: schema, relname: name = '' } = relation
  return { ...(schema && { schema }), name }
}
