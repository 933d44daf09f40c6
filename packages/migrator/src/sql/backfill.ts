import type { Node } from '@pgsql/types'
import type { Backfill, Statement } from '../migration.ts'
import { checksum } from './checksum.ts'
import { readName } from './names.ts'
import { parseSql } from './parse.ts'
import { quoteName } from './quote-name.ts'
import { readStatements, UnusableStatement } from './read-statement.ts'

/** The name by which a statement reads the rows of its batch. */
export const BATCH = 'batch'

/**
 * Reads a backfill as a statement: `sql` is what it would be in one statement, from which is read what it locks and
 * writes. Throws `SyntaxProblem` and `UnusableStatement`.
 */
export async function readBackfill(backfill: Backfill): Promise<Statement> {
  const { key = [], remains, statement: own } = backfill
  const sql = writeWhole(backfill)
  const refuse = (reason: string) => new UnusableStatement(own ?? sql, `a backfill ${reason}`)
  const condition = await readExpression(remains)
  for (const text of [remains, ...Object.values(backfill.set ?? {})])
    if (!(await readExpression(text))) throw refuse(`has an expression that is not one: ${text}`)
  if (own !== undefined) await refuseUnlessWrites(own, refuse)
  const [whole, ...others] = await readStatements(sql, true)
  if (!whole || others.length > 0) throw refuse('is one statement')
  return {
    ...whole,
    sql,
    checksum: checksum({ whole: whole.checksum, key, condition }),
    boundary: 'outside',
    completion: { probe: 'repeatable' },
    isLongRunning: true,
    backfill,
  }
}

/** What the batches do, in one statement. */
function writeWhole({ schema, table, set, statement, remains }: Backfill): string {
  const name = quoteName(table, schema)
  if (statement !== undefined)
    return `with ${BATCH} as (select * from ${name} where (${remains})) ${statement}`
  return `update ${name} set ${writeSets(set ?? {})} where (${remains})`
}

/** `"a" = (…), "b" = (…)` */
export function writeSets(set: Readonly<Record<string, string>>): string {
  return Object.entries(set)
    .map(([column, value]) => `${quoteName(column)} = (${value})`)
    .join(', ')
}

/**
 * False only where the text shows that nothing is written over: each column that is set is null in all that remains, or
 * rows are put in and none is changed.
 */
export async function mayOverwrite({ set, statement, remains }: Backfill): Promise<boolean> {
  if (set) {
    const nulls = listNulls(await readExpression(remains))
    return !Object.keys(set).every((column) => nulls.includes(column))
  }
  const [parsed] = await parseSql(statement ?? '')
  const insert = parsed && 'InsertStmt' in parsed.node ? parsed.node.InsertStmt : undefined
  return !insert || insert.onConflictClause?.action === 'ONCONFLICT_UPDATE'
}

/** The columns that are null wherever the condition is true. */
function listNulls(condition: Node | undefined): string[] {
  if (!condition) return []
  if ('BoolExpr' in condition) {
    const { boolop, args = [] } = condition.BoolExpr
    return boolop === 'AND_EXPR' ? args.flatMap(listNulls) : []
  }
  const arg = findNull(condition)
  const fields = arg && 'ColumnRef' in arg ? (arg.ColumnRef.fields ?? []) : []
  return fields.length === 1 ? [readName(fields[0]).name] : []
}

/** What is tested for NULL: `x is null`, `x is not distinct from null`. */
function findNull(condition: Node): Node | undefined {
  if ('NullTest' in condition) {
    const { arg, nulltesttype } = condition.NullTest
    return nulltesttype === 'IS_NULL' ? arg : undefined
  }
  if (!('A_Expr' in condition)) return undefined
  const { kind, lexpr, rexpr } = condition.A_Expr
  const isOfNull = rexpr && 'A_Const' in rexpr && rexpr.A_Const.isnull === true
  return kind === 'AEXPR_NOT_DISTINCT' && isOfNull ? lexpr : undefined
}

type Refuse = (reason: string) => UnusableStatement

/**
 * Undefined where the text is no single expression. It is read as the one argument of COALESCE: text that closes the
 * parenthesis makes something else of the whole.
 */
async function readExpression(text: string): Promise<Node | undefined> {
  const [parsed, ...others] = await parseSql(`select coalesce(${text}\n)`)
  const select = parsed && 'SelectStmt' in parsed.node ? parsed.node.SelectStmt : {}
  const { targetList = [], ...rest } = select
  const isAlone = Object.keys(rest).every((key) => key === 'limitOption' || key === 'op')
  const [target] = targetList
  const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined
  const [read, ...more] = (value && 'CoalesceExpr' in value && value.CoalesceExpr.args) || []
  const isOne = others.length + more.length === 0 && targetList.length === 1 && isAlone
  return isOne ? read : undefined
}

const WRITES = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'] as const

/** Its batch is put before it as a WITH, so that it has none of its own. */
async function refuseUnlessWrites(statement: string, refuse: Refuse): Promise<void> {
  const parsed = await parseSql(statement)
  const node = parsed[0]?.node
  if (parsed.length !== 1 || !node || !WRITES.some((kind) => kind in node))
    throw refuse('is one INSERT, UPDATE, DELETE or MERGE')
  const [written = {}] = Object.values(node) as { withClause?: unknown; returningList?: unknown }[]
  if (written.withClause) throw refuse(`has no WITH of its own: \`${BATCH}\` has its rows`)
  if (written.returningList) throw refuse('returns nothing')
}
