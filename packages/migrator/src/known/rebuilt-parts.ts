import type { ColumnDef, IndexElem, Node } from '@pgsql/types'
import { columnsIn } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import type { KnownIndex, KnownTable } from './known-table.ts'
import { listCommands, readType } from './parts.ts'

/** A column that gets another type. */
interface Retyped {
  readonly name: string
  readonly from: ColumnDef
  readonly to: ColumnDef
}

/**
 * The indexes that PostgreSQL builds again when a column gets another type, although no row is written again: it keeps those
 * of the same order alone, without expressions and conditions, and none of a partitioned table. (CheckIndexCompatible of
 * PostgreSQL's indexcmds.c)
 */
export function listRebuiltIndexes(table: KnownTable, change: Retyped): string[] {
  return [...table.indexes].flatMap(([name, index]) =>
    isRebuilt(partsOf(name, index, table), table, change) ? [name] : [],
  )
}

/** The CHECKs that are held against every row again when a column gets another type, but for those that the statement drops. */
export function listRecheckedConstraints(
  table: KnownTable,
  column: string,
  statement: Node,
): string[] {
  const dropped = new Set(listCommands(statement, 'DropConstraint').map(({ name }) => name))
  return [...table.constraints].flatMap(([name, { type, isValidated, definition }]) => {
    const isHeld = type === 'CONSTR_CHECK' && isValidated && !dropped.has(name)
    return isHeld && columnsIn(definition.raw_expr).includes(column) ? [name] : []
  })
}

interface IndexParts {
  /** The columns that it is sorted by. */
  readonly keys: readonly string[]
  /** Those that it has besides. */
  readonly included: readonly string[]
  /** Expressions and the condition: of an index that has any, nothing is kept. */
  readonly expressions: readonly Node[]
}

function partsOf(name: string, index: KnownIndex, { constraints }: KnownTable): IndexParts {
  const { exclusions, where_clause } = constraints.get(name)?.definition ?? {}
  const { indexParams, indexIncludingParams = [], whereClause } = index.definition ?? {}
  const condition = whereClause ?? where_clause
  const elements: IndexElem[] = nodesIn(indexParams ?? exclusions ?? [], 'IndexElem')
  const computed = elements.flatMap(({ expr }) => expr ?? [])
  return {
    keys: elements.length > 0 ? namesOf(elements) : index.columns,
    included: namesOf(nodesIn(indexIncludingParams, 'IndexElem')),
    expressions: [...computed, ...(condition ? [condition] : [])],
  }
}

const namesOf = (elements: readonly IndexElem[]) =>
  elements.flatMap(({ name }) => (name === undefined ? [] : [name]))

function isRebuilt(
  { keys, included, expressions }: IndexParts,
  { isPartitioned }: KnownTable,
  { name, from, to }: Retyped,
): boolean {
  if (expressions.length > 0)
    return [...keys, ...included, ...columnsIn(expressions)].includes(name)
  return keys.includes(name) && (isPartitioned || isOrderedAnew(from, to))
}

/** Types that are stored alike and compared by another operator class. */
const OTHER_ORDERS = new Set([
  'bit varbit',
  'text bpchar',
  'varchar bpchar',
  'timestamp timestamptz',
  'timestamptz timestamp',
])

function isOrderedAnew(from: ColumnDef, to: ColumnDef): boolean {
  return (
    collationOf(from) !== collationOf(to) ||
    OTHER_ORDERS.has(`${readType(from).name} ${readType(to).name}`)
  )
}

function collationOf({ collClause }: ColumnDef): string {
  return collClause ? readName({ List: { items: collClause.collname ?? [] } }).name : 'default'
}
