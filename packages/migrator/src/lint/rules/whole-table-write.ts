import type { DeleteStmt, Node, UpdateStmt } from '@pgsql/types'
import { shown, toName } from '../../phase/release.ts'
import { hasOption } from '../../sql/lock-parts.ts'
import { nodesIn } from '../../sql/nodes.ts'
import type { Rule } from '../rule.ts'

export const wholeTableWrite: Rule = {
  id: 'whole-table-write',
  level: 'error',
  hazards: ['long-lock', 'blocks-writes'],
  problem: 'every row of the table is written or deleted in one statement.',
  why: 'All rows are locked until it ends, each leaves a dead one behind, and replicas fall behind by as much.',
  instead: 'Say which rows, and write them in batches.',
  check({ node }) {
    return listWrites(node)
      .filter(({ whereClause }) => isEverything(whereClause))
      .map(({ relation }) => ({ about: shown(toName(relation)), table: toName(relation) }))
  },
  example: {
    given: 'create table t (id bigint primary key, a int); insert into t values (1, 1)',
    unsafe: 'update t set a = 2 where true',
    safe: 'update t set a = 2 where id between 1 and 1000',
  },
}

/** The statement itself, and those that its WITH has; EXPLAIN runs one where it is to measure it. */
function listWrites(node: Node): (UpdateStmt | DeleteStmt)[] {
  if ('ExplainStmt' in node)
    return hasOption(node.ExplainStmt.options, 'analyze') && node.ExplainStmt.query
      ? listWrites(node.ExplainStmt.query)
      : []
  const runs = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']
  if (!runs.some((kind) => kind in node)) return []
  return [...nodesIn(node, 'UpdateStmt'), ...nodesIn(node, 'DeleteStmt')]
}

/** No condition, or one that reads no column: `true`, `1 = 1`. */
function isEverything(where: Node | undefined): boolean {
  const reads = ['ColumnRef', 'FuncCall', 'SubLink', 'CurrentOfExpr']
  return where === undefined || reads.every((kind) => nodesIn(where, kind).length === 0)
}
