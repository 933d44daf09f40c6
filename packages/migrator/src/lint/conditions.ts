import type { A_Expr, Node, RangeVar, SelectStmt, SubLink } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { toKey, toName } from '../phase/release.ts'
import { checksum } from '../sql/checksum.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import { listVolatileCalls } from '../sql/volatile-calls.ts'

/** Of which rows a condition is true: of all, of none, of all or none; undefined where that depends on the row. */
type Verdict = 'all' | 'none' | 'all-or-none' | undefined

/** The rows that a statement writes, and what else it reads. */
export interface Rows {
  readonly relation: RangeVar | undefined
  readonly sources: readonly Node[]
  readonly known: KnownObjects
}

/** What the text of a condition says of the rows of a table. No condition is true of all. */
export function judgeCondition(node: Node | undefined, rows: Rows): Verdict {
  if (!node) return 'all'
  const verdict = judgeKind(node, rows)
  if (verdict !== undefined) return verdict
  const isSame = !readsRow(node, rows) && listVolatileCalls(node).length === 0
  return isSame ? 'all-or-none' : undefined
}

function judgeKind(node: Node, rows: Rows): Verdict {
  if ('A_Const' in node) {
    const { boolval, isnull } = node.A_Const
    return isnull ? 'none' : boolval && (boolval.boolval ? 'all' : 'none')
  }
  if ('BoolExpr' in node) {
    const { boolop, args = [] } = node.BoolExpr
    const verdicts = args.map((one) => judgeCondition(one, rows))
    if (boolop === 'NOT_EXPR') return verdicts[0] && OPPOSITES[verdicts[0]]
    if (boolop === 'AND_EXPR') return combine(verdicts, 'none', 'all')
    return excludeEachOther(args) ? 'all' : combine(verdicts, 'all', 'none')
  }
  if ('NullTest' in node) {
    const { arg, nulltesttype } = node.NullTest
    const isRequired = rows.known.isRequired(toName(rows.relation), readColumn(arg)?.name ?? '')
    if (!isRequired || !readsRow(arg, rows)) return undefined
    return nulltesttype === 'IS_NOT_NULL' ? 'all' : 'none'
  }
  if ('BooleanTest' in node && node.BooleanTest.booltesttype === 'IS_TRUE')
    return judgeCondition(node.BooleanTest.arg, rows)
  if ('SubLink' in node) return isAmongItself(node.SubLink, rows) ? 'all' : undefined
  return 'A_Expr' in node ? judgeComparison(node.A_Expr, rows) : undefined
}

const OPPOSITES = { all: 'none', none: 'all', 'all-or-none': 'all-or-none' } as const

function combine(verdicts: readonly Verdict[], decisive: Verdict, other: Verdict): Verdict {
  if (verdicts.includes(decisive)) return decisive
  if (verdicts.includes(undefined)) return undefined
  return verdicts.includes('all-or-none') ? 'all-or-none' : other
}

/** Operators, and what each is true of where both sides are the same. */
const OF_SAME: Readonly<Record<string, Verdict>> = {
  '=': 'all',
  '<=': 'all',
  '>=': 'all',
  '<>': 'none',
  '<': 'none',
  '>': 'none',
}

function judgeComparison({ kind, name, lexpr, rexpr }: A_Expr, rows: Rows): Verdict {
  const operator = readName(name?.at(-1)).name
  const verdict = OF_SAME[operator]
  if (kind === 'AEXPR_IN') {
    const items = rexpr && 'List' in rexpr ? (rexpr.List.items ?? []) : []
    return items.some((item) => isSame(lexpr, item)) ? verdict : undefined
  }
  if (kind === 'AEXPR_DISTINCT') return isSame(lexpr, rexpr) ? 'none' : undefined
  if (kind === 'AEXPR_NOT_DISTINCT') return isMatching(lexpr, rexpr, rows) ? 'all' : undefined
  if (kind === 'AEXPR_LIKE' || kind === 'AEXPR_ILIKE') {
    const pattern = rexpr && 'A_Const' in rexpr ? rexpr.A_Const.sval?.sval : undefined
    return /^%+$/.test(pattern ?? '') ? (operator.startsWith('!') ? 'none' : 'all') : undefined
  }
  if (kind !== 'AEXPR_OP' || verdict === undefined) return undefined
  if (isSame(lexpr, rexpr)) return verdict
  if (operator === '=' && isMatching(lexpr, rexpr, rows)) return 'all'
  // Two numbers, or two texts, that are not the same.
  if (!areConstants(lexpr, rexpr) || !/^(=|<>)$/.test(operator)) return undefined
  return operator === '=' ? 'none' : 'all'
}

function areConstants(a: Node | undefined, b: Node | undefined): boolean {
  const [kind, other] = [a, b].map((one) => one && 'A_Const' in one && Object.keys(one.A_Const)[0])
  return kind === other && (kind === 'ival' || kind === 'sval')
}

function isSame(a: Node | undefined, b: Node | undefined): boolean {
  if (listVolatileCalls(a).length > 0) return false
  const [one, other] = [readColumn(a), readColumn(b)]
  // A name that stands alone is unambiguous.
  if (one && other && !(one.schema && other.schema)) return one.name === other.name
  return checksum(a) === checksum(b)
}

/** True of one column of one table, under two names for that: a row meets itself. */
function isMatching(
  a: Node | undefined,
  b: Node | undefined,
  { relation, sources }: Rows,
): boolean {
  if (isSame(a, b)) return true
  const tables = new Map([
    ...listAliases({ RangeVar: relation ?? {} }),
    ...sources.flatMap(listAliases),
  ])
  const [one, other] = [readColumn(a), readColumn(b)]
  const [table, otherTable] = [one, other].map((column) => tables.get(column?.schema ?? ''))
  return table !== undefined && table === otherTable && one?.name === other?.name
}

/** The names under which a FROM has whole tables. */
function listAliases(source: Node): (readonly [alias: string, table: string])[] {
  if ('RangeVar' in source) {
    const { alias, relname = '' } = source.RangeVar
    return [[alias?.aliasname ?? relname, toKey(toName(source.RangeVar))]]
  }
  if (!('RangeSubselect' in source)) return []
  const { alias, subquery } = source.RangeSubselect
  const query = subquery && 'SelectStmt' in subquery ? readWhole(subquery.SelectStmt) : undefined
  return query ? [[alias?.aliasname ?? '', toKey(toName(query))]] : []
}

/** The one table of a query that leaves out none of its rows. */
export function readWhole({ fromClause: [from, ...others] = [], ...rest }: SelectStmt) {
  const isPart = [
    rest.whereClause,
    rest.limitCount,
    rest.limitOffset,
    rest.havingClause,
    rest.groupClause,
  ]
  const isWhole = others.length === 0 && isPart.every((one) => one === undefined)
  return isWhole && from && 'RangeVar' in from ? from.RangeVar : undefined
}

/** `id in (select id from t)` of t. */
function isAmongItself({ subLinkType, testexpr, subselect }: SubLink, rows: Rows): boolean {
  if (subLinkType !== 'ANY_SUBLINK' || !subselect || !('SelectStmt' in subselect)) return false
  const table = readWhole(subselect.SelectStmt)
  const [target, ...others] = subselect.SelectStmt.targetList ?? []
  const column = target && 'ResTarget' in target ? readColumn(target.ResTarget.val) : undefined
  const isOne = column !== undefined && others.length === 0
  const isOwn = table !== undefined && toKey(toName(table)) === toKey(toName(rows.relation))
  return isOne && isOwn && readColumn(testexpr)?.name === column.name
}

/** Of `a or not a`, and of `a is null or a is not null`, one is true. */
function excludeEachOther(args: readonly Node[]): boolean {
  const all = new Set(args.map((one) => checksum(one)))
  return args.some((one) => {
    const opposite = negate(one)
    return opposite !== undefined && all.has(checksum(opposite))
  })
}

const NEGATIONS: Readonly<Record<string, string>> = { '=': '<>', '<': '>=', '>': '<=' }

function negate(node: Node): Node | undefined {
  if ('BoolExpr' in node)
    return node.BoolExpr.boolop === 'NOT_EXPR' ? node.BoolExpr.args?.[0] : undefined
  if ('NullTest' in node)
    return node.NullTest.nulltesttype === 'IS_NULL'
      ? { NullTest: { ...node.NullTest, nulltesttype: 'IS_NOT_NULL' } }
      : undefined
  if (!('A_Expr' in node) || node.A_Expr.kind !== 'AEXPR_OP') return undefined
  const sval = NEGATIONS[readName(node.A_Expr.name?.at(-1)).name]
  return sval === undefined
    ? undefined
    : { A_Expr: { ...node.A_Expr, name: [{ String: { sval } }] } }
}

/** A column, with the alias before it in the place of a schema. */
function readColumn(node: Node | undefined) {
  return node && 'ColumnRef' in node
    ? readName({ List: { items: node.ColumnRef.fields ?? [] } })
    : undefined
}

/** True unless all columns in it are of other tables. */
function readsRow(node: Node | undefined, { relation }: Rows): boolean {
  const target = relation?.alias?.aliasname ?? relation?.relname
  const qualifiers = nodesIn(node, 'ColumnRef').map((one) => {
    const parts = (one['fields'] ?? []) as Node[]
    return parts.length > 1 ? readName(parts.at(-2)).name : target
  })
  return qualifiers.includes(target) || nodesIn(node, 'CurrentOfExpr').length > 0
}
