import type { Constraint, IndexElem, IndexStmt, Node } from '@pgsql/types'
import { renameColumn } from '../known/known-renames.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { columnsOfIndex, type KnownConstraint, type KnownTable } from '../known/known-table.ts'
import { readType, toWhole } from '../known/parts.ts'
import { BROKEN, TEXTS, WHOLE, type TypeChange } from '../known/type-changes.ts'
import type { Name } from '../migration.ts'
import { columnsIn, toKey, toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { isRecord, nodesIn } from '../sql/nodes.ts'
import { deparseSql, parseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { buildAndTakeOver, canBeTakenOver } from './taken-over.ts'
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
  /** Of a foreign key that refers to a column which is copied, too: takes the old one away. */
  readonly detach?: string
}

/** A column of a table, and the one that takes its place. */
export interface CopiedColumn {
  readonly table: Name
  readonly from: string
  readonly to: string
  /** The value that the other one gets, as SQL. */
  readonly value: string
}

/** What is made of a table of which some columns are copied; a foreign key refers to the copies in other tables. */
export async function listCopiedParts(
  all: KnownObjects,
  table: Name,
  copied: readonly CopiedColumn[],
): Promise<CopiedPart[]> {
  const known = all.table(table)
  if (!known) return []
  const own = copied.filter((one) => toKey(one.table) === toKey(table))
  const constraints = [...known.constraints].filter(([, one]) =>
    own.some((to) => isOf(one, to.from)),
  )
  const indexes = [...known.indexes].filter(
    ([name, one]) =>
      !known.constraints.has(name) && own.some(({ from }) => columnsOfIndex(one).includes(from)),
  )
  const taken = new Set(known.constraints.keys())
  const nameAs = (name: string) => {
    const free = freeName(`${name}_new`, (one) => taken.has(one) || isRelation(all, one, table))
    taken.add(free)
    return free
  }
  const parts: CopiedPart[] = []
  for (const [name, { definition }] of indexes)
    if (definition) parts.push(await copyIndex({ name, madeAs: nameAs(name) }, definition, own))
  for (const [name, one] of constraints) {
    const names = { name, madeAs: nameAs(name) }
    const key = keyOf(one, known.indexes.get(name)?.definition)
    parts.push(
      isKey(one)
        ? copyKey(names, key, own)
        : await copyConstraint(names, one, { own, copied, all }),
    )
  }
  return parts
}

const isKey = ({ type }: KnownConstraint) => type === 'CONSTR_UNIQUE' || type === 'CONSTR_PRIMARY'

const renameAll = <T>(definition: T, columns: readonly CopiedColumn[], isReferred = false): T =>
  columns.reduce((one, { from, to }) => renameColumn(one, from, to, isReferred), definition)

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
  { name: from, from: old, to }: Pick<TypeChange, 'name' | 'from' | 'to'>,
): string | undefined {
  for (const [name, one] of known.constraints) {
    if (!isOf(one, from)) continue
    if (!COPIED.has(one.type ?? '') || !one.isValidated) return `${name} is made of the column`
    const key = keyOf(one, known.indexes.get(name)?.definition)
    if (isKey(one) && !canBeTakenOver(key)) return `${name} is made of the column`
    // The index of the new column would refuse at once what the key looks at when the transaction ends.
    if (isKey(one) && key.deferrable) return `${name} is deferrable`
  }
  const [one, other] = [old ?? {}, to].map((column) => readType(column).name)
  const index = [...known.indexes].find(
    ([, { definition }]) => definition && !canBeOf(definition, from, [one ?? '', other ?? '']),
  )
  return index && `${index[0]} may mean something else for the new type`
}

export function isNamedIn(nodes: readonly Node[], column: string): boolean {
  return columnsIn(nodes).includes(column)
}

const COPIED = new Set(['CONSTR_CHECK', 'CONSTR_FOREIGN', 'CONSTR_UNIQUE', 'CONSTR_PRIMARY'])

function isOf(
  { type, columns, definition: { raw_expr } }: KnownConstraint,
  column: string,
): boolean {
  if (type === 'CONSTR_NOTNULL') return false
  return columns.includes(column) || (raw_expr !== undefined && isNamedIn([raw_expr], column))
}

const keysOf = ({ indexParams = [], indexIncludingParams = [] }: Partial<IndexStmt>) =>
  nodesIn([...indexParams, ...indexIncludingParams], 'IndexElem') as IndexElem[]

/**
 * True of an index that a column of the other type can have as it is, and of one that has nothing to do with the column: its
 * functions and operators are there for both types.
 */
function canBeOf(index: IndexStmt, column: string, types: readonly [string, string]): boolean {
  const isOf = (...sets: readonly ReadonlySet<string>[]) =>
    types.every((type) => sets.some((set) => set.has(toWhole(type))))
  const isNamed = (node: unknown) => isNamedIn([node as Node], column)
  const { whereClause: condition } = index
  const keys = keysOf(index)
  const computed = [...keys.flatMap(({ expr }) => expr ?? []), ...(condition ? [condition] : [])]
  if (types[0] === types[1]) return true
  const isOfColumn = ({ name, expr }: IndexElem) => name === column || isNamed(expr)
  const isPlain = !keys.some((key) => isOfColumn(key) && key.opclass)
  // The operator classes of texts are not those of a char.
  if (isOf(TEXTS)) return isPlain || !types.includes('bpchar')
  const calls = nodesIn(computed, 'FuncCall').filter(isNamed)
  if (!isPlain || calls.length > 0) return false
  if (isOf(WHOLE)) return true
  const operators = nodesIn(computed, 'A_Expr').filter(isNamed)
  return operators.every(({ name }) => isOf(WHOLE, BROKEN) && COMMON.has(readList(name)))
}

const readList = (name: unknown) => readName({ List: { items: (name ?? []) as Node[] } }).name

/** Operators of every type of numbers. */
const COMMON = new Set(['+', '-', '*', '/', '=', '<>', '<', '>', '<=', '>='])

type Names = Pick<CopiedPart, 'name' | 'madeAs'>

async function copyIndex(
  { name, madeAs }: Names,
  definition: IndexStmt,
  columns: readonly CopiedColumn[],
): Promise<CopiedPart> {
  const index = { ...renameAll(definition, columns), idxname: madeAs, concurrent: true }
  const made = quoteName(madeAs, definition.relation?.schemaname)
  const { unique, whereClause, indexParams, nulls_not_distinct: areNullsEqual = false } = definition
  const keys: string[] = []
  const values = await readValues(columns)
  for (const { name: column = '', expr } of keysOf({ indexParams: indexParams ?? [] }))
    keys.push(expr ? `(${await deparseSql(withValues(expr, values))})` : valueOf(column, columns))
  const where = whereClause && (await deparseSql(withValues(whereClause, values)))
  return {
    name,
    madeAs,
    kind: 'index',
    ...(unique && { unique: { keys, where, areNullsEqual } }),
    make: [`${await deparseSql([{ IndexStmt: index }])};`],
    takeName: `alter index ${made} rename to ${quoteName(name)};`,
  }
}

/** What each column will have, by its name. */
async function readValues(columns: readonly CopiedColumn[]): Promise<ReadonlyMap<string, Node>> {
  const values = new Map<string, Node>()
  for (const { from, value } of columns) {
    const [target] = nodesIn(await parseSql(`select ${value}`), 'ResTarget')
    if (target) values.set(from, target.val as Node)
  }
  return values
}

/** An expression of the values that columns will have. */
function withValues<T>(expression: T, values: ReadonlyMap<string, Node>): T {
  const walk = (held: unknown): unknown => {
    if (Array.isArray(held)) return held.map(walk)
    if (!isRecord(held)) return held
    const value = 'ColumnRef' in held ? values.get(columnsIn(held)[0] ?? '') : undefined
    return value ?? Object.fromEntries(Object.entries(held).map(([key, one]) => [key, walk(one)]))
  }
  return walk(expression) as T
}

/** What a column will have, as SQL. */
const valueOf = (column: string, columns: readonly CopiedColumn[]) =>
  columns.find(({ from }) => from === column)?.value ?? quoteName(column)

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
  columns: readonly CopiedColumn[],
): CopiedPart {
  const key = renameAll(constraint, columns)
  const { name: relname = '', schema } = columns[0]?.table ?? {}
  const relation = { relname, ...(schema && { schemaname: schema }) }
  const keys = (constraint.keys ?? []).map((one) => valueOf(readName(one).name, columns))
  const unique = { keys, areNullsEqual: constraint.nulls_not_distinct === true }
  const [build = '', takeName = ''] = buildAndTakeOver(relation, key, name, { buildAs: madeAs })
  return { name, madeAs, kind: 'constraint', unique, make: [build], takeName }
}

interface CopiedTable {
  /** Its own columns. */
  readonly own: readonly CopiedColumn[]
  /** Those of all tables. */
  readonly copied: readonly CopiedColumn[]
  readonly all: KnownObjects
}

async function copyConstraint(
  { name, madeAs }: Names,
  { definition, columns, type }: KnownConstraint,
  { own, copied, all }: CopiedTable,
): Promise<CopiedPart> {
  const { name: table = '', schema } = own[0]?.table ?? {}
  const alter = `alter table ${quoteName(table, schema)}`
  const fk_attrs = type === 'CONSTR_FOREIGN' ? { fk_attrs: columns.map(toNode) } : {}
  const { skip_validation: _, initially_valid: __, conname: ___, ...rest } = definition
  const referred = listReferred(definition, copied)
  // Of a key that names no columns those of the primary key, which is still of the old ones.
  const pk_attrs = referred.length > 0 && { pk_attrs: referredBy(definition, all) }
  const constraint = renameAll({ ...rest, ...fk_attrs, ...pk_attrs }, own)
  const made = quoteName(madeAs)
  const next = renameAll(constraint, referred, true)
  return {
    name,
    madeAs,
    kind: 'constraint',
    make: [
      `${alter} add constraint ${made} ${await deparseSql([{ Constraint: next }])} not valid;`,
      `${alter} validate constraint ${made};`,
    ],
    takeName: `${alter} rename constraint ${made} to ${quoteName(name)};`,
    ...(referred.length > 0 && { detach: `${alter} drop constraint ${quoteName(name)};` }),
  }
}

function listReferred({ pktable }: Constraint, copied: readonly CopiedColumn[]): CopiedColumn[] {
  if (!pktable) return []
  return copied.filter((one) => toKey(one.table) === toKey(toName(pktable)))
}

/** The columns that a foreign key refers to: where it names none, those of the primary key. */
export function referredBy({ pktable, pk_attrs }: Constraint, all: KnownObjects): Node[] {
  if (pk_attrs) return pk_attrs
  const constraints = [...(all.table(toName(pktable))?.constraints.values() ?? [])]
  return (constraints.find(({ type }) => type === 'CONSTR_PRIMARY')?.columns ?? []).map(toNode)
}
