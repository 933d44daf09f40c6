import type { Node } from '@pgsql/types'
import type { Name, Renaming } from '../migration.ts'

/** The table that a statement renames, or moves to another schema. */
export function renamingOf(node: Node): Renaming | undefined {
  if ('RenameStmt' in node && node.RenameStmt.renameType === 'OBJECT_TABLE') {
    const { relation, newname: name = '' } = node.RenameStmt
    return relation && { from: nameOf(relation), to: { ...nameOf(relation), name } }
  }
  if ('AlterObjectSchemaStmt' in node && node.AlterObjectSchemaStmt.objectType === 'OBJECT_TABLE') {
    const { relation, newschema: schema = '' } = node.AlterObjectSchemaStmt
    return relation && { from: nameOf(relation), to: { ...nameOf(relation), schema } }
  }
  return undefined
}

function nameOf(relation: { schemaname?: string; relname?: string }): Name {
  const { schemaname: schema, relname: name = '' } = relation
  return { ...(schema && { schema }), name }
}
