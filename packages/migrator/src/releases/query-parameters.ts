import type { Name } from '../migration.ts'
import { isRecord, nodesIn } from '../sql/nodes.ts'
import { parseSql } from '../sql/parse.ts'

/** What the text of a query says about its parameters. */
export interface QueryParts {
  /** The relations that it names, by alias where they have one. */
  readonly relations: readonly NamedRelation[]
  /** The columns that parameters are compared with or written to, by the parameters' numbers. */
  readonly parameters: ReadonlyMap<number, ParameterUse>
  /** All columns that it names. */
  readonly columns: readonly NamedColumn[]
  /** The relations that it inserts into. */
  readonly inserted: readonly NamedRelation[]
}

export interface NamedRelation extends Name {
  readonly alias: string
  /** Where it begins, in bytes of UTF-8. */
  readonly start: number
}

/** A column as a query writes it. */
export interface NamedColumn {
  /** The alias or the name of its relation, where that is written. */
  readonly relation?: string
  readonly column: string
  /** Where it begins, in bytes of UTF-8. */
  readonly start: number
}

export interface ParameterUse {
  readonly relation?: string
  /** A name, or in an INSERT without names the place of the column. */
  readonly column: string | number
  /** Which of several rows of an INSERT it is in. */
  readonly row: number
}

/** Reads what a query names. */
export async function readParts(sql: string): Promise<QueryParts> {
  const [statement] = await parseSql(sql)
  const tree = statement?.node
  const parameters = new Map<number, ParameterUse>()
  const use = (numbers: readonly number[], used: ParameterUse) => {
    for (const number of numbers) if (!parameters.has(number)) parameters.set(number, used)
  }
  for (const insert of nodesIn(tree, 'InsertStmt')) readInsert(insert, use)
  for (const kind of ['UpdateStmt', 'OnConflictClause'])
    for (const update of nodesIn(tree, kind)) readUpdate(update, use)
  for (const { lexpr, rexpr } of nodesIn(tree, 'A_Expr')) {
    readComparison(lexpr, rexpr, use)
    readComparison(rexpr, lexpr, use)
  }
  return {
    relations: [...nodesIn(tree, 'RangeVar'), ...targetsOf(tree)].map(toRelation),
    parameters,
    columns: [...nodesIn(tree, 'ColumnRef').flatMap(toColumn), ...writtenIn(tree)],
    inserted: nodesIn(tree, 'InsertStmt').flatMap(({ relation }) =>
      isRecord(relation) ? [toRelation(relation)] : [],
    ),
  }
}

type Tree = Readonly<Record<string, unknown>>
type Use = (numbers: readonly number[], used: ParameterUse) => void

/** What is written to has no RangeVar around it. */
function targetsOf(tree: unknown): Tree[] {
  return ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']
    .flatMap((kind) => nodesIn(tree, kind))
    .flatMap(({ relation }) => (isRecord(relation) ? [relation] : []))
}

function toRelation({ schemaname, relname, alias, location = 0 }: Tree): NamedRelation {
  const name = String(relname)
  const own = isRecord(alias) ? String(alias['aliasname']) : name
  const named = { ...(typeof schemaname === 'string' && { schema: schemaname }), name, alias: own }
  return { ...named, start: Number(location) }
}

function toColumn({ fields, location = 0 }: Tree): NamedColumn[] {
  const names = Array.isArray(fields) ? fields.map(textIn) : []
  const [column, relation] = names.toReversed()
  if (column === undefined) return []
  return [{ column, start: Number(location), ...(relation !== undefined && { relation }) }]
}

/** Columns that are written to. */
function writtenIn(tree: unknown): NamedColumn[] {
  const lists = [
    ...nodesIn(tree, 'InsertStmt').map(({ relation, cols }) => ({ relation, list: cols })),
    ...nodesIn(tree, 'UpdateStmt').map(({ relation, targetList }) => ({
      relation,
      list: targetList,
    })),
  ]
  return lists.flatMap(({ relation, list }) =>
    listOf(list).flatMap((one) => {
      const target = isRecord(one) ? one['ResTarget'] : undefined
      if (!isRecord(target) || typeof target['name'] !== 'string' || !isRecord(relation)) return []
      const { name: column, location = 0 } = target
      return [{ relation: toRelation(relation).alias, column, start: Number(location) }]
    }),
  )
}

function textIn(node: unknown): string | undefined {
  return isRecord(node) && isRecord(node['String']) ? String(node['String']['sval']) : undefined
}

function readInsert({ relation, cols, selectStmt }: Tree, use: Use): void {
  const target = isRecord(relation) ? toRelation(relation).alias : ''
  const names = listOf(cols).map((col) => nodesIn(col, 'ResTarget')[0]?.['name'])
  const select = isRecord(selectStmt) ? selectStmt['SelectStmt'] : undefined
  if (!isRecord(select)) return
  const rows = listOf(select['valuesLists']).map((row) =>
    isRecord(row) && isRecord(row['List']) ? listOf(row['List']['items']) : [],
  )
  for (const [row, values] of [...rows, listOf(select['targetList'])].entries())
    for (const [place, value] of values.entries()) {
      const name = names[place]
      const column = typeof name === 'string' ? name : place
      use(parametersIn(value), { relation: target, column, row })
    }
}

function readUpdate({ relation, targetList }: Tree, use: Use): void {
  const target = isRecord(relation) ? { relation: toRelation(relation).alias } : {}
  for (const one of listOf(targetList)) {
    const set = isRecord(one) ? one['ResTarget'] : undefined
    if (isRecord(set) && typeof set['name'] === 'string')
      use(parametersIn(set['val']), { ...target, column: set['name'], row: 0 })
  }
}

function readComparison(one: unknown, other: unknown, use: Use): void {
  const [column] = nodesIn(one, 'ColumnRef').flatMap(toColumn)
  if (!column || nodesIn(one, 'SubLink').length > 0 || nodesIn(other, 'SubLink').length > 0) return
  const { relation } = column
  const used = { column: column.column, row: 0, ...(relation !== undefined && { relation }) }
  use(parametersIn(other), used)
}

function parametersIn(tree: unknown): number[] {
  return nodesIn(tree, 'ParamRef').map(({ number }) => Number(number))
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
