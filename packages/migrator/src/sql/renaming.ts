import type { Node } from '@pgsql/types'
import type { Name, Renaming } from '../migration.ts'

/** The schema that a statement renames, the table or sequence that it renames or moves to another schema, or the column that it renames. */
export function findRenaming(node: Node): Renaming | undefined {
  if ('RenameStmt' in node) {
    const { relation, newname: to = '', subname: from = '', renameType } = node.RenameStmt
    if (renameType === 'OBJECT_SCHEMA') return { schema: { from, to } }
    if (!relation) return undefined
    const table = toName(relation)
    if (isStored(renameType)) return { from: table, to: { ...table, name: to } }
    if (renameType === 'OBJECT_COLUMN') return { from: table, to: table, column: { from, to } }
  }
  if ('AlterObjectSchemaStmt' in node && isStored(node.AlterObjectSchemaStmt.objectType)) {
    const { relation, newschema: schema = '' } = node.AlterObjectSchemaStmt
    return relation && { from: toName(relation), to: { ...toName(relation), schema } }
  }
  return undefined
}

function isStored(kind: string | undefined): boolean {
  return kind === 'OBJECT_TABLE' || kind === 'OBJECT_SEQUENCE'
}

function toName(relation: { schemaname?: string; relname?: string }): Name {
  const { schemaname: schema, relname: name = '' } = relation
  return { ...(schema && { schema }), name }
}
