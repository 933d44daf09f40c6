import type { Name } from '../../migration.ts'
import { shown, toName } from '../../phase/release.ts'
import { hasOption } from '../../sql/lock-parts.ts'
import { listCommands } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

const EVERYTHING = [{ about: 'every table of the database' }]

export const storageRewrites: Rule = {
  id: 'storage-rewrites',
  level: 'error',
  hazards: ['table-rewrite', 'blocks-reads', 'blocks-writes'],
  problem: 'every row is written again, or copied, while nobody reads or writes the table.',
  why: 'VACUUM FULL, CLUSTER, SET LOGGED, SET UNLOGGED, SET TABLESPACE and SET ACCESS METHOD hold ACCESS EXCLUSIVE until the last row.',
  instead: 'Use pg_repack. A plain VACUUM frees the room for new rows, and stops nobody.',
  check({ node }, { known }) {
    // A partitioned table has no rows of its own: it says where later partitions are.
    const tables: Name[] = listCommands(
      node,
      'SetLogged',
      'SetUnLogged',
      'SetTableSpace',
      'SetAccessMethod',
    ).flatMap(({ table }) => (known.table(table)?.isPartitioned ? [] : [table]))
    if ('ClusterStmt' in node) {
      if (!node.ClusterStmt.relation) return EVERYTHING
      tables.push(toName(node.ClusterStmt.relation))
    }
    if ('VacuumStmt' in node && hasOption(node.VacuumStmt.options, 'full')) {
      if (!node.VacuumStmt.rels) return EVERYTHING
      for (const rel of node.VacuumStmt.rels ?? [])
        if ('VacuumRelation' in rel) tables.push(toName(rel.VacuumRelation.relation))
    }
    if ('AlterTableMoveAllStmt' in node)
      return [
        {
          about: `everything in tablespace ${node.AlterTableMoveAllStmt.orig_tablespacename ?? ''}`,
        },
      ]
    return tables.map((table) => ({ about: shown(table), table }))
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: 'vacuum full t',
    safe: 'vacuum t',
  },
}
