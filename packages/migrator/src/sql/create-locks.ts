import type { Node } from '@pgsql/types'
import type { TableLock } from '../migration.ts'
import {
  foreignKeysOfPartition,
  foreignKeyTargets,
  lock,
  withInheriting,
  withPartitions,
} from './lock-parts.ts'
import { queryLocks } from './query-locks.ts'

/** The existing relations that a CREATE statement locks; undefined where the statement creates nothing. */
export function createLocks(node: Node): TableLock[] | undefined {
  if ('CreateStmt' in node) return createTableLocks(node)
  if ('CreateForeignTableStmt' in node) {
    const { base } = node.CreateForeignTableStmt
    return base ? createTableLocks({ CreateStmt: base }) : []
  }
  if ('IndexStmt' in node) {
    const { relation, concurrent } = node.IndexStmt
    const mode = concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE'
    return withPartitions(relation, mode, { work: 'build' })
  }
  if ('ViewStmt' in node) {
    const { view, replace, query } = node.ViewStmt
    return [...(replace ? lock(view, 'ACCESS EXCLUSIVE') : []), ...(query ? queryLocks(query) : [])]
  }
  if ('CreateTrigStmt' in node) {
    const { relation, constrrel, row } = node.CreateTrigStmt
    const reach = row ? withPartitions : lock
    return [...reach(relation, 'SHARE ROW EXCLUSIVE'), ...lock(constrrel, 'ACCESS SHARE')]
  }
  if ('RuleStmt' in node) return lock(node.RuleStmt.relation, 'ACCESS EXCLUSIVE')
  if ('CreatePolicyStmt' in node) return lock(node.CreatePolicyStmt.table, 'ACCESS EXCLUSIVE')
  if ('CreateStatsStmt' in node) {
    const { relations = [] } = node.CreateStatsStmt
    return relations.flatMap((table) => lock(table, 'SHARE UPDATE EXCLUSIVE'))
  }
  if ('CreatePublicationStmt' in node) return publishedLocks(node.CreatePublicationStmt.pubobjects)
  if ('AlterPublicationStmt' in node) return publishedLocks(node.AlterPublicationStmt.pubobjects)
  return undefined
}

/** Nobody else can see the new table yet: only the tables that it refers to are locked. */
function createTableLocks({
  CreateStmt: { inhRelations = [], partbound, tableElts = [] },
}: Extract<Node, { CreateStmt: unknown }>): TableLock[] {
  const parents = inhRelations.flatMap((parent) =>
    partbound
      ? [
          ...lock(parent, 'ACCESS EXCLUSIVE'),
          ...foreignKeysOfPartition(parent),
          ...lock(parent, 'ACCESS EXCLUSIVE', { through: 'default', work: 'scan' }),
        ]
      : lock(parent, 'SHARE UPDATE EXCLUSIVE'),
  )
  const likes = tableElts.flatMap((element) =>
    'TableLikeClause' in element ? lock(element.TableLikeClause.relation, 'ACCESS SHARE') : [],
  )
  return [...parents, ...likes, ...tableElts.flatMap(foreignKeyTargets)]
}

function publishedLocks(objects: readonly Node[] | undefined): TableLock[] {
  return (objects ?? []).flatMap((object) => {
    const table = 'PublicationObjSpec' in object ? object.PublicationObjSpec.pubtable : undefined
    return withInheriting(table?.relation, 'SHARE UPDATE EXCLUSIVE')
  })
}
