import type { A_Expr, Node, PartitionBoundSpec, PartitionSpec } from '@pgsql/types'
import { readName } from '../sql/names.ts'
import type { KnownTable } from './known-table.ts'

/**
 * What CHECKs prove of a partition's rows, so that PostgreSQL need not read them: as far as comparisons of the key with
 * constants tell. A key of several columns or of expressions is not read here; to such a one any CHECK is proof enough.
 */
export class Bounds {
  readonly #key: string | undefined
  readonly #bound: PartitionBoundSpec
  readonly #isHash: boolean

  constructor({ strategy, partParams = [] }: PartitionSpec, bound: PartitionBoundSpec) {
    const [only, ...others] = partParams
    const isPlain = only && 'PartitionElem' in only && others.length === 0
    this.#key = isPlain ? only.PartitionElem.name : undefined
    this.#bound = bound
    this.#isHash = strategy === 'PARTITION_STRATEGY_HASH'
  }

  /** True where all rows of a table are rows of the partition. */
  areRowsWithin(table: KnownTable): boolean {
    if (this.#isHash) return false
    const checks = validChecks(table)
    const key = this.#key
    if (key === undefined || this.#bound.is_default) return checks.length > 0
    const parts = checks.flatMap(conjuncts)
    const isRequired =
      table.required.has(key) || parts.some((part) => isNullTest(part, 'IS_NOT_NULL', key))
    return isRequired && this.#isWithin(parts.flatMap((part) => compare(part, key)))
  }

  /** True where no row of a table is a row of the partition. */
  areRowsOutside(table: KnownTable): boolean {
    const checks = validChecks(table)
    if (this.#key === undefined) return checks.length > 0
    return !this.#isHash && checks.some((check) => this.#isOutside(check))
  }

  #isWithin(comparisons: readonly Comparison[]): boolean {
    const { listdatums } = this.#bound
    if (listdatums) {
      const values = new Set(listdatums.map(readConstant))
      return comparisons.some(
        ({ operator, constants }) => operator === '=' && constants.every((one) => values.has(one)),
      )
    }
    const { lower, upper } = this.#range()
    const isAfter = comparisons.some(
      ({ operator, constants }) =>
        ['>', '>=', '='].includes(operator) && constants.every((one) => order(one, lower) >= 0),
    )
    const isBefore = comparisons.some(({ operator, constants }) =>
      constants.every((one) => {
        const place = order(one, upper)
        return operator === '<' ? place <= 0 : ['<=', '='].includes(operator) && place < 0
      }),
    )
    return (lower === undefined || isAfter) && (upper === undefined || isBefore)
  }

  #isOutside(condition: Node): boolean {
    const key = this.#key ?? ''
    if ('BoolExpr' in condition) {
      const { boolop, args = [] } = condition.BoolExpr
      if (boolop === 'AND_EXPR') return args.some((one) => this.#isOutside(one))
      return boolop === 'OR_EXPR' && args.every((one) => this.#isOutside(one))
    }
    if (isNullTest(condition, 'IS_NULL', key)) return !this.#bound.listdatums?.some(isNull)
    return compare(condition, key).some((one) => this.#leavesOut(one))
  }

  #leavesOut({ operator, constants }: Comparison): boolean {
    const { listdatums } = this.#bound
    if (listdatums)
      return listdatums.map(readConstant).every((value) => {
        const isOut = (one: Constant) => excludes(operator, one, value)
        return operator === '<>' ? constants.some(isOut) : constants.every(isOut)
      })
    const { lower, upper } = this.#range()
    return constants.every((one) => {
      const [first, last] = [
        lower === undefined ? 1 : order(one, lower),
        upper === undefined ? -1 : order(one, upper),
      ]
      if (operator === '<') return first <= 0
      if (operator === '<=') return first < 0
      if (operator === '=') return first < 0 || last >= 0
      return ['>', '>='].includes(operator) && last >= 0
    })
  }

  /** Undefined where it has no end. */
  #range(): { readonly lower: Constant; readonly upper: Constant } {
    const [lower, upper] = [this.#bound.lowerdatums, this.#bound.upperdatums].map((datums) =>
      readConstant(datums?.[0]),
    )
    return { lower, upper }
  }
}

type Constant = number | string | undefined

interface Comparison {
  readonly operator: string
  readonly constants: readonly Constant[]
}

function validChecks({ constraints }: KnownTable): Node[] {
  return [...constraints.values()].flatMap(({ type, isValidated, definition: { raw_expr } }) =>
    type === 'CONSTR_CHECK' && isValidated && raw_expr ? [raw_expr] : [],
  )
}

function conjuncts(condition: Node): Node[] {
  const isAll = 'BoolExpr' in condition && condition.BoolExpr.boolop === 'AND_EXPR'
  return isAll ? (condition.BoolExpr.args ?? []).flatMap(conjuncts) : [condition]
}

function isNullTest(node: Node, kind: 'IS_NULL' | 'IS_NOT_NULL', key: string): boolean {
  return 'NullTest' in node && node.NullTest.nulltesttype === kind && isKey(node.NullTest.arg, key)
}

function isKey(node: Node | undefined, key: string): boolean {
  return node !== undefined && 'ColumnRef' in node && nameOf(node) === key
}

const nameOf = (node: Extract<Node, { ColumnRef: unknown }>) =>
  readName({ List: { items: node.ColumnRef.fields ?? [] } }).name

const TURNED = new Map([
  ['<', '>'],
  ['<=', '>='],
  ['>', '<'],
  ['>=', '<='],
])

/** What a condition says of the key: of BETWEEN both ends. */
function compare(node: Node, key: string): Comparison[] {
  if (!('A_Expr' in node)) return []
  const { kind, lexpr, rexpr } = node.A_Expr
  const operator = operatorOf(node.A_Expr)
  const list = rexpr && 'List' in rexpr ? (rexpr.List.items ?? []).map(readConstant) : []
  if (kind === 'AEXPR_OP' && isKey(rexpr, key)) {
    const constants = [readConstant(lexpr)]
    return isRead(constants) ? [{ operator: TURNED.get(operator) ?? operator, constants }] : []
  }
  if (!isKey(lexpr, key)) return []
  if (kind === 'AEXPR_BETWEEN' && isRead(list)) {
    const [first, last] = list
    return [
      { operator: '>=', constants: [first] },
      { operator: '<=', constants: [last] },
    ]
  }
  const constants = kind === 'AEXPR_IN' ? list : kind === 'AEXPR_OP' ? [readConstant(rexpr)] : []
  return constants.length > 0 && isRead(constants) ? [{ operator, constants }] : []
}

const isRead = (constants: readonly Constant[]) => constants.every((one) => one !== undefined)

const operatorOf = ({ name = [] }: A_Expr) => readName({ List: { items: name } }).name

/** A number, or a text; undefined of what is no constant, such as the words for no end. */
function readConstant(node: Node | undefined): Constant {
  if (node && 'TypeCast' in node) return readConstant(node.TypeCast.arg)
  if (!node || !('A_Const' in node)) return undefined
  const { ival, fval, sval, boolval } = node.A_Const
  if (ival) return ival.ival ?? 0
  if (fval) return Number(fval.fval)
  return sval?.sval ?? (boolval ? String(boolval.boolval ?? false) : undefined)
}

/** True where a comparison with a constant is false of a value. */
function excludes(operator: string, constant: Constant, value: Constant): boolean {
  const place = order(value, constant)
  if (operator === '<>') return place === 0
  if (operator === '=') return constant !== undefined && value !== undefined && place !== 0
  if (operator === '<') return place >= 0
  if (operator === '<=') return place > 0
  if (operator === '>') return place <= 0
  return operator === '>=' && place < 0
}

const isNull = (node: Node) => 'A_Const' in node && node.A_Const.isnull === true

/** Below, at or above 0, as of a sort; NaN where the order of two texts is not known. */
function order(one: Constant, other: Constant): number {
  if (one === undefined || other === undefined) return Number.NaN
  if (typeof one === 'number' && typeof other === 'number') return one - other
  if (one === other) return 0
  const areDays = [one, other].every((text) => DAY.test(String(text)))
  return areDays ? (one < other ? -1 : 1) : Number.NaN
}

const DAY = /^\d{4}-\d\d-\d\d$/
