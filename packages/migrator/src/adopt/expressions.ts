import type { Node } from '@pgsql/types'
import { deparseSql, parseSql } from '../sql/parse.ts'

/** The meaning of a CHECK, as far as a repair uses it. */
export interface CheckMeaning {
  readonly columns: readonly string[]
  /** The allowed words of `column = ANY (ARRAY[…])` or `column IN (…)`. */
  readonly words?: readonly string[]
  /** The bounds of `column >= low AND column <= high`, as SQL; either may be absent. */
  readonly range?: { readonly low?: string; readonly high?: string }
}

/** Reads the expression of a CHECK with PostgreSQL's own parser. */
export async function readCheck(expression: string): Promise<CheckMeaning> {
  const node = await parseExpression(expression)
  const columns = [...findColumns(node)]
  if (!node || columns.length !== 1) return { columns }
  const words = findWords(node)
  if (words) return { columns, words }
  const range = await readRange(node)
  return range ? { columns, range } : { columns }
}

/** Reads the elements of an index as expressions without operator class and order, and the columns in them. */
export async function readElements(
  elements: readonly string[],
): Promise<{ expressions: string[]; columns: string[] }> {
  const [parsed] = await parseSql(`create index on t (${elements.join(', ')})`)
  const index = parsed && 'IndexStmt' in parsed.node ? parsed.node.IndexStmt : undefined
  const expressions: string[] = []
  const columns = new Set<string>()
  for (const param of index?.indexParams ?? []) {
    if (!('IndexElem' in param)) continue
    const { name, expr } = param.IndexElem
    const node: Node | undefined = name
      ? { ColumnRef: { fields: [{ String: { sval: name } }] } }
      : expr
    if (!node) continue
    expressions.push(await deparseSql(node))
    for (const column of findColumns(node)) columns.add(column)
  }
  return { expressions, columns: [...columns] }
}

async function parseExpression(expression: string): Promise<Node | undefined> {
  const [parsed] = await parseSql(`select ${expression}`)
  const [target] =
    (parsed && 'SelectStmt' in parsed.node && parsed.node.SelectStmt.targetList) || []
  return target && 'ResTarget' in target ? target.ResTarget.val : undefined
}

function findColumns(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const one of value) findColumns(one, found)
  else if (typeof value === 'object' && value !== null) {
    if ('ColumnRef' in value) found.add(columnName(value as Node) ?? '*')
    else for (const one of Object.values(value)) findColumns(one, found)
  }
  return found
}

function findWords(node: Node): string[] | undefined {
  if (!('A_Expr' in node)) return undefined
  const { kind, lexpr, rexpr, name } = node.A_Expr
  if (operatorName(name) !== '=' || !lexpr || columnName(lexpr) === undefined || !rexpr)
    return undefined
  if (kind === 'AEXPR_OP') return readConstants([rexpr])
  if (kind === 'AEXPR_IN' && 'List' in rexpr) return readConstants(rexpr.List.items ?? [])
  if (kind !== 'AEXPR_OP_ANY') return undefined
  const array = withoutCast(rexpr)
  return 'A_ArrayExpr' in array ? readConstants(array.A_ArrayExpr.elements ?? []) : undefined
}

/** Undefined unless all nodes are strings. */
function readConstants(nodes: readonly Node[]): string[] | undefined {
  const words = nodes.map((node) => {
    const constant = withoutCast(node)
    return 'A_Const' in constant ? constant.A_Const.sval?.sval : undefined
  })
  return words.every((word) => word !== undefined) ? words : undefined
}

async function readRange(node: Node): Promise<CheckMeaning['range']> {
  const isAnd = 'BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR'
  const parts = isAnd ? (node.BoolExpr.args ?? []) : [node]
  const range: { low?: string; high?: string } = {}
  for (const part of parts) {
    if (!('A_Expr' in part) || part.A_Expr.kind !== 'AEXPR_OP') return undefined
    const { lexpr, rexpr, name } = part.A_Expr
    if (!lexpr || !rexpr || columnName(lexpr) === undefined || findColumns(rexpr).size > 0)
      return undefined
    const bound = { '>=': 'low', '<=': 'high' }[operatorName(name)]
    if (bound !== 'low' && bound !== 'high') return undefined
    range[bound] = await deparseSql(rexpr)
  }
  return range
}

function operatorName(name: Node[] | undefined): string {
  const last = name?.at(-1)
  return last && 'String' in last ? (last.String.sval ?? '') : ''
}

function columnName(node: Node): string | undefined {
  const inner = withoutCast(node)
  if (!('ColumnRef' in inner)) return undefined
  const field = inner.ColumnRef.fields?.at(-1)
  return field && 'String' in field ? field.String.sval : undefined
}

function withoutCast(node: Node): Node {
  return 'TypeCast' in node && node.TypeCast.arg ? withoutCast(node.TypeCast.arg) : node
}
