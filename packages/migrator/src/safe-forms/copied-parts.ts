import type { Constraint, IndexElem, IndexStmt, Node } from '@pgsql/types'
import { renameColumn } from '../known/known-renames.ts'
import type { KnownConstraint, KnownTable } from '../known/known-table.ts'
import type { Name } from '../migration.ts'
import { columnsIn, toKey, toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { buildAndTakeOver, canBeTakenOver } from './keys.ts'
import { fitName } from './table.ts'

/** An index or a constraint of a column, which goes with it and is made again of another one. */
export interface CopiedPart {
  readonly name: string
  readonly kind: 'index' | 'constraint'
  /** Makes it of the new column, without a lock that lasts. */
  readonly make: readonly string[]
  /** Gives it its name, when the old one is gone. */
  readonly takeName: string
}

/** A column of a table, and the one that takes its place. */
export interface CopiedColumn {
  readonly table: Name
  readonly from: string
  readonly to: string
}

export async function listCopiedParts(
  known: KnownTable,
  copied: CopiedColumn,
): Promise<CopiedPart[]> {
  const { from } = copied
  const constraints = [...known.constraints].filter(([, one]) => isOf(one, from))
  const indexes = [...known.indexes].filter(
    ([name, { definition }]) => !known.constraints.has(name) && isNamedBy(definition, from),
  )
  const parts: (CopiedPart | undefined)[] = []
  for (const [name, { definition }] of indexes)
    if (definition) parts.push(await copyIndex(name, definition, copied))
  for (const [name, one] of constraints) {
    const isKey = one.type === 'CONSTR_UNIQUE'
    const key = keyOf(one, known.indexes.get(name)?.definition)
    parts.push(isKey ? copyKey(name, key, copied) : await copyConstraint(name, one, copied))
  }
  return parts.flatMap((one) => one ?? [])
}

/** What of a column stands in the way of another that would take its place, in words that follow "since". */
export function whyNotCopied(
  known: KnownTable,
  { table, from }: Omit<CopiedColumn, 'to'>,
): string | undefined {
  for (const [name, one] of known.constraints) {
    const { pktable, pk_attrs = [] } = one.definition
    const isItself = pktable !== undefined && toKey(toName(pktable)) === toKey(table)
    if (isItself && isListed(pk_attrs, from)) return `${name} refers to the column`
    if (!isOf(one, from)) continue
    if (!COPIED.has(one.type ?? '') || !one.isValidated) return `${name} is made of the column`
    const key = keyOf(one, known.indexes.get(name)?.definition)
    if (one.type === 'CONSTR_UNIQUE' && !canBeTakenOver(key)) return `${name} is made of the column`
  }
  const index = [...known.indexes].find(
    ([, { definition }]) => definition && !isPlain(definition, from),
  )
  return index && `${index[0]} has an expression, a condition or an operator class of the column`
}

export function isNamedIn(nodes: readonly Node[], column: string): boolean {
  return columnsIn(nodes).includes(column)
}

const COPIED = new Set(['CONSTR_CHECK', 'CONSTR_FOREIGN', 'CONSTR_UNIQUE'])

function isOf(
  { type, columns, definition: { raw_expr } }: KnownConstraint,
  column: string,
): boolean {
  if (type === 'CONSTR_NOTNULL') return false
  return columns.includes(column) || (raw_expr !== undefined && isNamedIn([raw_expr], column))
}

const isListed = (nodes: readonly Node[], column: string) =>
  nodes.some((one) => readName(one).name === column)

const keysOf = ({ indexParams = [], indexIncludingParams = [] }: Partial<IndexStmt>) =>
  nodesIn([...indexParams, ...indexIncludingParams], 'IndexElem') as IndexElem[]

const isNamedBy = (index: IndexStmt | undefined, column: string) =>
  keysOf(index ?? {}).some(({ name }) => name === column)

/** True of an index that another column can have as it is; and of one that has nothing to do with the column. */
function isPlain(index: IndexStmt, column: string): boolean {
  const { whereClause } = index
  const inner = keysOf(index).flatMap(({ expr }) => expr ?? [])
  if (isNamedIn([...inner, ...(whereClause ? [whereClause] : [])], column)) return false
  return keysOf(index).every(
    ({ name, opclass, collation }) => name !== column || (!opclass && !collation),
  )
}

async function copyIndex(
  name: string,
  definition: IndexStmt,
  { from, to }: CopiedColumn,
): Promise<CopiedPart> {
  const idxname = fitName(`${name}_new`)
  const index = { ...renameColumn(definition, from, to, false), idxname, concurrent: true }
  const made = quoteName(idxname, definition.relation?.schemaname)
  return {
    name,
    kind: 'index',
    make: [`${await deparseSql([{ IndexStmt: index }])};`],
    takeName: `alter index ${made} rename to ${quoteName(name)};`,
  }
}

/** What a key is of, where an index was made for it before, too. */
function keyOf({ columns, definition }: KnownConstraint, index: IndexStmt | undefined): Constraint {
  const { indexname: _, ...constraint } = definition
  const { indexIncludingParams: including, nulls_not_distinct } = index ?? {}
  return {
    ...constraint,
    keys: columns.map(toNode),
    ...(including && {
      including: keysOf({ indexParams: including }).map(({ name = '' }) => toNode(name)),
    }),
    ...(nulls_not_distinct && { nulls_not_distinct }),
  }
}

const toNode = (sval: string): Node => ({ String: { sval } })

function copyKey(
  name: string,
  constraint: Constraint,
  { table, from, to }: CopiedColumn,
): CopiedPart {
  const key = renameColumn(constraint, from, to, false)
  const relation = { relname: table.name, ...(table.schema && { schemaname: table.schema }) }
  const buildAs = fitName(`${name}_new`)
  const [build = '', takeName = ''] = buildAndTakeOver(relation, key, name, { buildAs })
  return { name, kind: 'constraint', make: [build], takeName }
}

async function copyConstraint(
  name: string,
  { definition, columns, type }: KnownConstraint,
  { table, from, to }: CopiedColumn,
): Promise<CopiedPart> {
  const alter = `alter table ${quoteName(table.name, table.schema)}`
  const fk_attrs = type === 'CONSTR_FOREIGN' ? { fk_attrs: columns.map(toNode) } : {}
  const { skip_validation: _, initially_valid: __, conname: ___, ...rest } = definition
  const constraint = renameColumn({ ...rest, ...fk_attrs }, from, to, false)
  const made = quoteName(fitName(`${name}_new`))
  return {
    name,
    kind: 'constraint',
    make: [
      `${alter} add constraint ${made} ${await deparseSql([{ Constraint: constraint }])} not valid;`,
      `${alter} validate constraint ${made};`,
    ],
    takeName: `${alter} rename constraint ${made} to ${quoteName(name)};`,
  }
}
