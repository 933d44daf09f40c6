import type { DropStmt, Node, RefreshMatViewStmt, ReindexStmt } from '@pgsql/types'
import type { KnownObjects } from '../../known/known-objects.ts'
import { listCommands } from '../../known/parts.ts'
import type { Name } from '../../migration.ts'
import { shown, toName } from '../../phase/release.ts'
import { hasOption } from '../../sql/lock-parts.ts'
import { readName } from '../../sql/names.ts'
import type { Rule } from '../rule.ts'

export const concurrentlyRefused: Rule = {
  id: 'concurrently-refused',
  level: 'error',
  hazards: ['refused'],
  problem: 'PostgreSQL always refuses this with CONCURRENTLY.',
  why: 'Measured on 15 and 18: it refuses several indexes in one DROP, CASCADE, an index of a partitioned table, a system catalog and the index of an exclusion constraint (0A000), a DROP of what a constraint needs (2BP01), REFRESH WITH NO DATA (42601), REFRESH of a view that was never filled (0A000) or has no unique index of columns alone (55000), and DETACH beside a default partition (55000).',
  instead:
    'Drop each index by a statement of its own, without CASCADE, and a constraint in place of its index. Build a unique index on a materialized view, and fill it once. The others have no form that stops nobody: leave CONCURRENTLY out, and run them at a quiet time.',
  check({ node }, { known }) {
    return listRefused(node, known).map((about) => ({ about }))
  },
  example: {
    given:
      'create table t (id bigint primary key, a int, b int); create index t_a on t (a); create index t_b on t (b)',
    unsafe: 'drop index concurrently t_a, t_b',
    fails: '0A000',
    safe: 'drop index concurrently t_a; drop index concurrently t_b',
    isAlone: true,
  },
}

function listRefused(node: Node, known: KnownObjects): string[] {
  if ('DropStmt' in node && node.DropStmt.concurrent) return listDrops(node.DropStmt, known)
  if ('ReindexStmt' in node && hasOption(node.ReindexStmt.params, 'concurrently'))
    return listReindexed(node.ReindexStmt, known)
  if ('IndexStmt' in node && node.IndexStmt.concurrent)
    return listCatalogs(toName(node.IndexStmt.relation))
  if ('RefreshMatViewStmt' in node && node.RefreshMatViewStmt.concurrent)
    return listRefreshed(node.RefreshMatViewStmt, known)
  return listCommands(node, 'DetachPartition').flatMap(({ table, command: { def } }) => {
    const isBeside = known.partitionsOf(table).some(([, { bound }]) => bound?.is_default)
    return def && 'PartitionCmd' in def && def.PartitionCmd.concurrent && isBeside
      ? [
          `${shown(toName(def.PartitionCmd.name))} of ${shown(table)}, which has a default partition`,
        ]
      : []
  })
}

function listDrops({ objects = [], behavior }: DropStmt, known: KnownObjects): string[] {
  const names = objects.map(readName)
  if (names.length > 1) return [`several indexes at once (${names.map(shown).join(', ')})`]
  if (behavior === 'DROP_CASCADE') return names.map((name) => `index ${shown(name)} with CASCADE`)
  return names.flatMap((name) => {
    const owner = known.ownerOf(name)
    const { constraints, isPartitioned } = (owner && known.table(owner)) ?? {}
    if (constraints?.has(name.name)) return [`index ${shown(name)}, which a constraint needs`]
    return owner && isPartitioned
      ? [`index ${shown(name)} of ${shown(owner)}, a partitioned table`]
      : []
  })
}

function listRefreshed({ relation, skipData }: RefreshMatViewStmt, known: KnownObjects): string[] {
  const name = toName(relation)
  const { isFilled = true, keys } = known.materializedViews.find(name) ?? {}
  if (skipData) return [`${shown(name)} WITH NO DATA`]
  if (!isFilled) return [`${shown(name)}, which was never filled`]
  return keys?.size === 0 ? [`${shown(name)}, which has no unique index of columns alone`] : []
}

function listReindexed({ kind, relation }: ReindexStmt, known: KnownObjects): string[] {
  if (kind === 'REINDEX_OBJECT_SYSTEM') return ['the system catalogs']
  if (!relation) return []
  const name = toName(relation)
  const owner = kind === 'REINDEX_OBJECT_INDEX' ? known.ownerOf(name) : undefined
  const constraint = owner && known.table(owner)?.constraints.get(name.name)
  return constraint?.type === 'CONSTR_EXCLUSION'
    ? [`index ${shown(name)}, an exclusion constraint`]
    : listCatalogs(name)
}

function listCatalogs(name: Name): string[] {
  return name.schema === 'pg_catalog' ? [`${shown(name)}, a system catalog`] : []
}
