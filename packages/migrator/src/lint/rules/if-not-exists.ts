import { shown, toName } from '../../phase/release.ts'
import { listAddedColumns } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const ifNotExists: Rule = {
  id: 'if-not-exists',
  level: 'warning',
  hazards: ['wrong-object', 'not-resumable'],
  problem: 'IF NOT EXISTS accepts whatever has that name: another shape, or an invalid index.',
  why: 'Measured: after a build that was interrupted, CREATE INDEX CONCURRENTLY IF NOT EXISTS says "already exists, skipping", and the index stays invalid.',
  instead:
    'Leave it out. The migrator knows what it has applied, and drops an invalid index before it builds it again.',
  isOfNewTables: true,
  check({ node }) {
    if ('IndexStmt' in node && node.IndexStmt.if_not_exists)
      return [{ about: `index ${node.IndexStmt.idxname}`, table: toName(node.IndexStmt.relation) }]
    if ('CreateStmt' in node && node.CreateStmt.if_not_exists) {
      const table = toName(node.CreateStmt.relation)
      return [{ about: shown(table), table }]
    }
    if (!('AlterTableStmt' in node)) return []
    const { cmds = [] } = node.AlterTableStmt
    const isLenient = cmds.some((cmd) => 'AlterTableCmd' in cmd && cmd.AlterTableCmd.missing_ok)
    return isLenient
      ? listAddedColumns(node).map(({ table, name }) => ({
          about: `${shown(table)}.${name}`,
          table,
        }))
      : []
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: 'create index concurrently if not exists t_a on t (a)',
    safe: 'create index concurrently t_a on t (a)',
  },
}
