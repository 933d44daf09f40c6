import type { Constraint, IndexElem, IndexStmt, Node } from '@pgsql/types'
import { renameColumn } from '../known/known-renames.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import type { KnownConstraint, KnownTable } from '../known/known-table.ts'
import type { Name } from '../migration.ts'
import { columnsIn, toKey, toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { buildAndTakeOver, canBeTakenOver } from './keys.ts'
import type { Unique } from './pre-checks.ts'
import { freeName } from './table.ts'

/** An index or a constraint of a column, which goes with it and is made again of another one. */
export interface CopiedPart {
  readonly name: string
  readonly kind: 'index' | 'constraint'
  /** What it is called while the old one is there; of a key its index is. */
  readonly madeAs: string
  /** What is there once each, as SQL, of the values that the new column will have; absent where nothing is unique. */
  readonly unique?: Pick<Unique, 'keys' | 'where' | 'areNullsEqual'>
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
  /** The value that the other one gets, as SQL. */
  readonly value: string
}

export async function listCopiedParts(
  all: KnownObjects,
  copied: CopiedColumn,
): Promise<CopiedPart[]> {
  const { from, table } = copied
  const known = all.table(table)
  if (!known) return []
  const constraints = [...known.constraints].filter(([, one]) => isOf(one, from))
  const indexes = [...known.indexes].filter(
    ([name, { definition }]) => !known.constraints.has(name) && isNamedBy(definition, from),
  )
  const taken = new Set(known.constraints.keys())
  const nameAs = (name: string) => {
    const free = freeName(`${name}_new`, (one) => taken.has(one) || isRelation(all, one, table))
    taken.add(free)
    return free
  }
  const parts: CopiedPart[] = []
  for (const [name, { definition }] of indexes)
    if (definition) parts.push(await copyIndex({ name, madeAs: nameAs(name) }, definition, copied))
  for (const [name, one] of constraints) {
    const names = { name, madeAs: nameAs(name) }
    const key = keyOf(one, known.indexes.get(name)?.definition)
    const isKey = one.type === 'CONSTR_UNIQUE'
    parts.push(isKey ? copyKey(names, key, copied) : await copyConstraint(names, one, copied))
  }
  return parts
}

/** Indexes and tables of a schema share their names. */
function isRelation(all: KnownObjects, name: string, { schema }: Name): boolean {
  return (
    all.ownerOf({ name }) !== undefined ||
    all.table({ ...(schema && { schema }), name }) !== undefined
  )
}

/** What of a column stands in the way of another that would take its place, in words that follow "since". */
export function whyNotCopied(
  known: KnownTable,
  { table, from }: Pick<CopiedColumn, 'table' | 'from'>,
): string | undefined {
  for (const [name, one] of known.constraints) {
    const { pktable, pk_attrs = [] } = one.definition
    const isItself = pktable !== undefined && toKey(toName(pktable)) === toKey(table)
    if (isItself && isListed(pk_attrs, from)) return `${name} refers to the column`
    if (!isOf(one, from)) continue
    if (!COPIED.has(one.type ?? '') || !one.isValidated) return `${name} is made of the column`
    const key = keyOf(one, known.indexes.get(name)?.definition)
    if (one.type === 'CONSTR_UNIQUE' && !canBeTakenOver(key)) return `${name} is made of the column`
    // The index of the new column would refuse at once what the key looks at when the transaction ends.
    if (one.type === 'CONSTR_UNIQUE' && key.deferrable) return `${name} is deferrable`
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

type Names = Pick<CopiedPart, 'name' | 'madeAs'>

async function copyIndex(
  { name, madeAs }: Names,
  definition: IndexStmt,
  { from, to, value }: CopiedColumn,
): Promise<CopiedPart> {
  const index = { ...renameColumn(definition, from, to, false), idxname: madeAs, concurrent: true }
  const made = quoteName(madeAs, definition.relation?.schemaname)
  const { unique, whereClause, indexParams, nulls_not_distinct: areNullsEqual = false } = definition
  const keys: string[] = []
  for (const { name: column, expr } of keysOf({ indexParams: indexParams ?? [] }))
    keys.push(expr ? await deparseSql(expr) : column === from ? value : quoteName(column ?? ''))
  const where = whereClause && (await deparseSql(whereClause))
  return {
    name,
    madeAs,
    kind: 'index',
    ...(unique && { unique: { keys, where, areNullsEqual } }),
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
  { name, madeAs }: Names,
  constraint: Constraint,
  { table, from, to, value }: CopiedColumn,
): CopiedPart {
  const key = renameColumn(constraint, from, to, false)
  const relation = { relname: table.name, ...(table.schema && { schemaname: table.schema }) }
  const keys = (constraint.keys ?? []).map((one) => {
    const column = readName(one).name
    return column === from ? value : quoteName(column)
  })
  const unique = { keys, areNullsEqual: constraint.nulls_not_distinct === true }
  const [build = '', takeName = ''] = buildAndTakeOver(relation, key, name, { buildAs: madeAs })
  return { name, madeAs, kind: 'constraint', unique, make: [build], takeName }
}

async function copyConstraint(
  { name, madeAs }: Names,
  { definition, columns, type }: KnownConstraint,
  { table, from, to }: CopiedColumn,
): Promise<CopiedPart> {
  const alter = `alter table ${quoteName(table.name, table.schema)}`
  const fk_attrs = type === 'CONSTR_FOREIGN' ? { fk_attrs: columns.map(toNode) } : {}
  const { skip_validation: _, initially_valid: __, conname: ___, ...rest } = definition
  const constraint = renameColumn({ ...rest, ...fk_attrs }, from, to, false)
  const made = quoteName(madeAs)
  return {
    name,
    madeAs,
    kind: 'constraint',
    make: [
      `${alter} add constraint ${made} ${await deparseSql([{ Constraint: constraint }])} not valid;`,
      `${alter} validate constraint ${made};`,
    ],
    takeName: `${alter} rename constraint ${made} to ${quoteName(name)};`,
  }
}
