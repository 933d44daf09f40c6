import type { Node, ReindexStmt, VacuumStmt } from '@pgsql/types'
import { LOCK_MODES, type TableLock } from '../migration.ts'
import { hasOption, lock, withDescendants, withPartitions } from './lock-parts.ts'

/** The locks of statements that change no definition; undefined for any other statement. */
export function maintenanceLocks(node: Node): TableLock[] | undefined {
  if ('TruncateStmt' in node) {
    const { relations = [], behavior } = node.TruncateStmt
    return relations.flatMap((table) => [
      ...withDescendants(table, 'ACCESS EXCLUSIVE'),
      ...(behavior === 'DROP_CASCADE'
        ? lock(table, 'ACCESS EXCLUSIVE', { through: 'emptied-with' })
        : []),
    ])
  }
  if ('LockStmt' in node) {
    const { relations = [], mode = LOCK_MODES.length } = node.LockStmt
    const taken = LOCK_MODES[mode - 1] ?? 'ACCESS EXCLUSIVE'
    return relations.flatMap((table) => withDescendants(table, taken))
  }
  if ('ClusterStmt' in node) {
    return withPartitions(node.ClusterStmt.relation, 'ACCESS EXCLUSIVE', { work: 'rewrite' })
  }
  if ('RefreshMatViewStmt' in node) {
    const { relation, concurrent, skipData } = node.RefreshMatViewStmt
    // What is new is computed beside the old, and compared with it.
    if (concurrent) return lock(relation, 'EXCLUSIVE', { work: 'scan' })
    return lock(relation, 'ACCESS EXCLUSIVE', skipData ? {} : { work: 'rewrite' })
  }
  if ('VacuumStmt' in node) return vacuumLocks(node.VacuumStmt)
  if ('ReindexStmt' in node) return reindexLocks(node.ReindexStmt)
  return undefined
}

function vacuumLocks({ rels = [], options }: VacuumStmt): TableLock[] {
  const isFull = hasOption(options, 'full')
  return rels.flatMap((rel) => {
    if (!('VacuumRelation' in rel)) return []
    const { relation } = rel.VacuumRelation
    return isFull
      ? withDescendants(relation, 'ACCESS EXCLUSIVE', { work: 'rewrite' })
      : withDescendants(relation, 'SHARE UPDATE EXCLUSIVE', { work: 'scan' })
  })
}

function reindexLocks({ kind, relation, params }: ReindexStmt): TableLock[] {
  const isConcurrent = hasOption(params, 'concurrently')
  const onTable = isConcurrent ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE'
  const onIndex = isConcurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE'
  if (kind === 'REINDEX_OBJECT_INDEX') {
    return [
      ...lock(relation, onTable, { through: 'index', work: 'build' }),
      ...lock(relation, onIndex, { work: 'build' }),
    ]
  }
  return [
    ...lock(relation, onTable, { work: 'build' }),
    // Partitions are found under this lock, CONCURRENTLY too.
    ...lock(relation, 'SHARE', { through: 'partitions', work: 'build' }),
    ...lock(relation, onIndex, { through: 'indexes', work: 'build' }),
  ]
}
