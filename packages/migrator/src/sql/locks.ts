import type { Node } from '@pgsql/types'
import type { TableLock } from '../migration.ts'
import { alterTableLocks } from './alter-table-locks.ts'
import { createLocks } from './create-locks.ts'
import { commentLocks, dropLocks } from './drop-locks.ts'
import { lock, lockNamed, withDescendants, withPartitions } from './lock-parts.ts'
import { queryLocks } from './query-locks.ts'
import { maintenanceLocks } from './maintenance-locks.ts'

/**
 * The table locks that a statement takes on what is there before it, as far as its text tells; see
 * `isOpaque` for where it does not. Held against pg_locks by `locks/lock-table.db.test.ts`.
 */
export function findLocks(node: Node): TableLock[] {
  if ('CreateSchemaStmt' in node) return (node.CreateSchemaStmt.schemaElts ?? []).flatMap(findLocks)
  return createLocks(node) ?? changeLocks(node) ?? maintenanceLocks(node) ?? queryLocks(node)
}

function changeLocks(node: Node): TableLock[] | undefined {
  if ('AlterTableStmt' in node) return alterTableLocks(node.AlterTableStmt)
  if ('DropStmt' in node) return dropLocks(node.DropStmt)
  if ('CommentStmt' in node) return commentLocks(node.CommentStmt)
  if ('SecLabelStmt' in node) return commentLocks(node.SecLabelStmt)
  if ('AlterPolicyStmt' in node) return lock(node.AlterPolicyStmt.table, 'ACCESS EXCLUSIVE')
  if ('AlterSeqStmt' in node) return lock(node.AlterSeqStmt.sequence, 'SHARE ROW EXCLUSIVE')
  if ('RenameStmt' in node) return renameLocks(node)
  if ('AlterDomainStmt' in node) return domainLocks(node)
  if ('AlterObjectSchemaStmt' in node) {
    return lock(node.AlterObjectSchemaStmt.relation, 'ACCESS EXCLUSIVE')
  }
  return undefined
}

function renameLocks({
  RenameStmt: { renameType = 'OBJECT_TABLE', relation, subname },
}: Extract<Node, { RenameStmt: unknown }>): TableLock[] {
  if (renameType === 'OBJECT_INDEX') return lock(relation, 'SHARE UPDATE EXCLUSIVE')
  const mode = 'ACCESS EXCLUSIVE'
  if (renameType === 'OBJECT_COLUMN') return withDescendants(relation, mode)
  if (renameType === 'OBJECT_TRIGGER') return withPartitions(relation, mode)
  if (renameType !== 'OBJECT_TABCONSTRAINT') return lock(relation, mode)
  return withDescendants(relation, mode, subname ? { constraint: subname } : {})
}

/** Only what is validated is read, and locked, wherever the domain is used. */
function domainLocks({
  AlterDomainStmt: { subtype = '', typeName = [], def },
}: Extract<Node, { AlterDomainStmt: unknown }>): TableLock[] {
  const isUnchecked = def && 'Constraint' in def && def.Constraint.skip_validation
  // The parser's letters for ADD CONSTRAINT, VALIDATE CONSTRAINT, SET NOT NULL.
  if (!['C', 'V', 'O'].includes(subtype) || isUnchecked) return []
  return lockNamed(typeName, 'SHARE', { through: 'domain', work: 'scan' })
}
