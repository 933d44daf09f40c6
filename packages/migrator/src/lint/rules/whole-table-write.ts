import type { InsertStmt, MergeStmt, MergeWhenClause, Node, RangeVar } from '@pgsql/types'
import { shown, toKey, toName } from '../../phase/release.ts'
import { hasOption } from '../../sql/lock-parts.ts'
import { nodesIn } from '../../sql/nodes.ts'
import { judgeCondition, readWhole, type Rows } from '../conditions.ts'
import type { Rule } from '../rule.ts'

export const wholeTableWrite: Rule = {
  id: 'whole-table-write',
  level: 'error',
  hazards: ['long-lock', 'blocks-writes'],
  problem: 'every row of the table is written or deleted in one statement.',
  why: 'All rows are locked until it ends, each leaves a dead one behind, and replicas fall behind by as much.',
  instead: 'Say which rows, and write them in batches.',
  check({ node }, { known }) {
    return listRuns(node)
      .filter((one) => writesAll(one, { relation: one.relation, sources: listSources(one), known }))
      .map(({ relation }) => ({ about: shown(toName(relation)), table: toName(relation) }))
  },
  example: {
    given: 'create table t (id bigint primary key, a int); insert into t values (1, 1)',
    unsafe: 'update t set a = 2 where true',
    safe: 'update t set a = 2 where id between 1 and 1000',
  },
}

/** An UPDATE, a DELETE or a MERGE. */
interface Write extends MergeStmt {
  readonly relation?: RangeVar
  readonly whereClause?: Node
  readonly fromClause?: Node[]
  readonly usingClause?: Node[]
}

/** The statement itself, and those that its WITH has; EXPLAIN runs one where it is to measure it. */
function listRuns(node: Node): Write[] {
  if ('ExplainStmt' in node)
    return hasOption(node.ExplainStmt.options, 'analyze') && node.ExplainStmt.query
      ? listRuns(node.ExplainStmt.query)
      : []
  const runs = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']
  if (!runs.some((kind) => kind in node)) return []
  const writes: Write[] = ['UpdateStmt', 'DeleteStmt', 'MergeStmt'].flatMap((kind) =>
    nodesIn(node, kind),
  )
  return [...writes, ...nodesIn(node, 'InsertStmt').flatMap((one) => rewrite(one) ?? [])]
}

/** An INSERT of all rows of its own table, of which each conflicts with itself and is updated. */
function rewrite({ relation, selectStmt, onConflictClause }: InsertStmt): Write | undefined {
  const source =
    selectStmt && 'SelectStmt' in selectStmt ? readWhole(selectStmt.SelectStmt) : undefined
  const isItself = source && relation && toKey(toName(source)) === toKey(toName(relation))
  if (!isItself || onConflictClause?.action !== 'ONCONFLICT_UPDATE') return undefined
  const { whereClause } = onConflictClause
  return { relation, ...(whereClause && { whereClause }) }
}

function listSources({ fromClause, usingClause, sourceRelation }: Write): Node[] {
  return fromClause ?? usingClause ?? (sourceRelation ? [sourceRelation] : [])
}

function writesAll(write: Write, rows: Rows): boolean {
  if (!write.mergeWhenClauses) return isEverything(write.whereClause, rows)
  const isMatched = doesWrite(write, 'MERGE_WHEN_MATCHED', rows)
  const isLeft = doesWrite(write, 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE', rows)
  const join = judgeCondition(write.joinCondition, rows)
  if (join === 'none') return isLeft
  return isMatched && (join !== undefined || isLeft)
}

/** Whether the first clause that applies to any row of its kind writes it. */
function doesWrite(
  { mergeWhenClauses = [] }: Write,
  kind: MergeWhenClause['matchKind'],
  rows: Rows,
): boolean {
  for (const one of mergeWhenClauses) {
    if (!('MergeWhenClause' in one) || one.MergeWhenClause.matchKind !== kind) continue
    const { commandType, condition } = one.MergeWhenClause
    if (judgeCondition(condition, rows) === 'none') continue
    if (commandType === 'CMD_NOTHING') return false
    if (isEverything(condition, rows)) return true
  }
  return false
}

function isEverything(condition: Node | undefined, rows: Rows): boolean {
  const verdict = judgeCondition(condition, rows)
  return verdict === 'all' || verdict === 'all-or-none'
}
