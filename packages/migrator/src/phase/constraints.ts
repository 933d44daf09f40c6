import type { A_Expr, Constraint, Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { checksum } from '../sql/checksum.ts'
import {
  columnKey,
  columnsIn,
  indexKey,
  toKey,
  readNames,
  toName,
  shown,
  type Release,
  type Rule,
} from './release.ts'

/** Why a constraint on a table of the release before may refuse what that release writes; or undefined. */
export function narrowing(
  release: Release,
  table: Name,
  constraint: Constraint,
): string | undefined {
  const says = (what: string) =>
    `adds ${what} to ${shown(table)}${constraint.conname ? ` (${constraint.conname})` : ''}, which may refuse what it writes`
  switch (constraint.contype) {
    case 'CONSTR_CHECK':
      if (!constraint.is_enforced || isCheckKept(release, table, constraint.raw_expr))
        return undefined
      return says('a check')
    case 'CONSTR_NOTNULL':
      return readNames(constraint.keys)
        .map((column) => requiring(release, table, column))
        .find((one) => one !== undefined)
    case 'CONSTR_UNIQUE':
      return isKeyKept(release, table, constraint) ? undefined : says('a unique key')
    case 'CONSTR_PRIMARY':
      return says('a primary key')
    case 'CONSTR_FOREIGN':
      if (!constraint.is_enforced || isReferenceKept(release, table, constraint)) return undefined
      return says('a foreign key')
    default:
      return says('a constraint')
  }
}

/** NOT NULL refuses a write that leaves the column out, unless the column fills itself. */
export function requiring(release: Release, table: Name, column: string): string | undefined {
  const added = release.added.get(columnKey(table, column))
  if (added?.isFilled) return undefined
  const isChecked = [...release.before.values()].some(
    (rule) => isCheckOf(rule, table) && requiredBy(rule.expression).includes(column),
  )
  if (isChecked) return undefined
  return `makes ${shown(table)}.${column} NOT NULL, and its writes may leave that out`
}

/** True where no row that the release before writes can violate the check. */
export function isCheckKept(release: Release, table: Name, expression: Node | undefined): boolean {
  const added = columnsIn(expression).map((column) => release.added.get(columnKey(table, column)))
  if (added.length > 0 && added.every((one) => one && !one.isFilled) && isNullOf(expression))
    return true
  return [...release.before.values()].some(
    (rule) => isCheckOf(rule, table) && isAsWide(expression, rule.expression),
  )
}

function isCheckOf(rule: Rule, table: Name): rule is Extract<Rule, { kind: 'check' }> {
  return rule.kind === 'check' && rule.table === toKey(table)
}

/** What may turn NULL into another value. A check that is NULL passes. */
const SEES_NULL =
  /"(NullTest|BooleanTest|CoalesceExpr|CaseExpr|FuncCall|SubLink|XmlExpr)"|"AEXPR_(NOT_)?DISTINCT"/

/** True where an expression over NULLs alone is NULL. */
function isNullOf(expression: Node | undefined): boolean {
  return !SEES_NULL.test(JSON.stringify(expression))
}

/** True for the same condition, or one that lists all the values of the other. */
function isAsWide(expression: Node | undefined, known: Node): boolean {
  if (checksum(expression) === checksum(known)) return true
  const [now, before] = [listed(expression), listed(known)]
  if (!now || !before || now.column !== before.column) return false
  return before.values.every((value) => now.values.includes(value))
}

/** The column and the constants of `column in (…)` or `column = any (array[…])`. */
function listed(expression: Node | undefined): { column: string; values: string[] } | undefined {
  if (!expression || !('A_Expr' in expression)) return undefined
  const { kind, lexpr, rexpr, name } = expression.A_Expr
  const isList = kind === 'AEXPR_IN' || kind === 'AEXPR_OP_ANY'
  if (!isList || readNames(name)[0] !== '=' || !lexpr || !('ColumnRef' in lexpr)) return undefined
  const [column] = columnsIn(lexpr)
  const items = listItems(uncast(rexpr))?.map(uncast)
  if (column === undefined || !items?.every((item) => item && 'A_Const' in item)) return undefined
  return { column, values: items.map((item) => checksum(item)) }
}

function listItems(node: Node | undefined): Node[] | undefined {
  if (!node) return undefined
  if ('List' in node) return node.List.items
  return 'A_ArrayExpr' in node ? node.A_ArrayExpr.elements : undefined
}

function uncast(node: Node | undefined): Node | undefined {
  return node && 'TypeCast' in node ? uncast(node.TypeCast.arg) : node
}

/** A column IS DISTINCT FROM NULL: of a row of NULLs, too, unlike IS NOT NULL. */
function isSetTest({ kind, lexpr, rexpr }: A_Expr): boolean {
  const isNull = rexpr && 'A_Const' in rexpr && rexpr.A_Const.isnull === true
  return kind === 'AEXPR_DISTINCT' && lexpr !== undefined && 'ColumnRef' in lexpr && isNull === true
}

/** The columns that a check says are not NULL. */
export function requiredBy(expression: Node | undefined): string[] {
  if (!expression) return []
  if ('BoolExpr' in expression && expression.BoolExpr.boolop === 'AND_EXPR') {
    return (expression.BoolExpr.args ?? []).flatMap(requiredBy)
  }
  if ('A_Expr' in expression && isSetTest(expression.A_Expr))
    return columnsIn(expression.A_Expr.lexpr)
  if (!('NullTest' in expression) || expression.NullTest.nulltesttype !== 'IS_NOT_NULL') return []
  const { arg } = expression.NullTest
  return arg && 'ColumnRef' in arg ? columnsIn(arg) : []
}

function isKeyKept(release: Release, table: Name, constraint: Constraint): boolean {
  const { indexname, keys, nulls_not_distinct: isOneNull = false } = constraint
  // The index refuses such rows already. If this migration built it, the index was reported.
  if (indexname) return release.now.has(indexKey({ ...table, name: indexname }))
  return isUniqueKept(release, table, readNames(keys), isOneNull)
}

/** True where a row of the release before has NULL in the key, or a narrower key holds for it already. */
export function isUniqueKept(
  release: Release,
  table: Name,
  columns: readonly string[],
  isOneNull: boolean,
): boolean {
  const leavesNull = columns.some(
    (column) => release.added.get(columnKey(table, column))?.isFilled === false,
  )
  if (leavesNull && !isOneNull) return true
  return [...release.before.values()].some(
    (rule) =>
      rule.kind === 'key' &&
      rule.table === toKey(table) &&
      rule.distinct?.every((column) => columns.includes(column)),
  )
}

/** What deleting the row that is referred to does; SET NULL and CASCADE refuse nothing. */
const REFUSES = new Set(['a', 'r'])

function isReferenceKept(release: Release, table: Name, constraint: Constraint): boolean {
  const columns = readNames(constraint.fk_attrs)
  if (columns.length > 0 && columns.every((one) => release.added.has(columnKey(table, one)))) {
    return true
  }
  const target = toKey(toName(constraint.pktable))
  const { fk_del_action: onDelete = 'a' } = constraint
  return [...release.before.values()].some(
    (rule) =>
      rule.kind === 'foreign' &&
      rule.table === toKey(table) &&
      rule.target === target &&
      checksum(rule.columns) === checksum(columns) &&
      (rule.onDelete === onDelete || !REFUSES.has(onDelete)),
  )
}
