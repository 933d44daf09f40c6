import type { Constraint, CreateStmt, IndexStmt, Node, RangeVar } from '@pgsql/types'
import { findConstraint } from '../sql/alter-table-work.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import { DEFAULT_SCHEMA, type Name } from '../migration.ts'

/** What a table demands of those who write to it, as far as the text of a migration says. */
export type Rule =
  | { readonly kind: 'check'; readonly table: string; readonly expression: Node }
  /**
   * A unique key; `columns` is undefined where it has an expression or is partial. No two rows have the same in all of
   * `distinct`, among which a hash stands for its column.
   */
  | {
      readonly kind: 'key'
      readonly table: string
      readonly name: string
      readonly columns: readonly string[] | undefined
      readonly distinct: readonly string[] | undefined
    }
  | {
      readonly kind: 'foreign'
      readonly table: string
      readonly columns: readonly string[]
      readonly target: string
      readonly onDelete: string
    }
  /** Nothing that a writer could violate or name: an index that is not unique, a NOT NULL constraint. */
  | { readonly kind: 'other'; readonly table: string }

/** By what it is called: `constraint <table> <name>`, `index <index>`, and `table <table>` of a table that the migrations have made. */
export type Rules = ReadonlyMap<string, Rule>

/** The state while the statements of a migration are read: what the previous release relies on, and what holds now. */
export interface Release {
  /** The rules of the previous release, which its writes satisfy. */
  readonly before: Rules
  /** What holds after the statements read so far. */
  readonly now: Map<string, Rule>
  /** Bodies of the functions that the migrations have made, by name. */
  readonly functions: Map<string, string>
  /** What this migration has made itself: the release before knows nothing of it. */
  readonly made: Set<string>
  /** Columns that it has added, and whether a row gets a value there of itself. */
  readonly added: Map<string, { isFilled: boolean }>
}

/** The release that a migration or a script meets, before its first statement. */
export function newRelease(before: Rules, functions: Map<string, string>): Release {
  return { before, now: new Map(before), functions, made: new Set(), added: new Map() }
}

/** A table, view, index or type. A name without a schema is one of the default schema. */
export function toKey({ schema = DEFAULT_SCHEMA, name = '' }: Partial<Name>): string {
  return JSON.stringify([schema, name])
}

export function toName(relation: RangeVar | undefined): Name {
  const { schemaname, relname = '' } = relation ?? {}
  return { ...(schemaname && { schema: schemaname }), name: relname }
}

export function shown({ schema, name }: Partial<Name>): string {
  return schema ? `${schema}.${name}` : (name ?? '')
}

/** An index may have no name yet. */
export function shownIndex({ idxname = '', relation }: IndexStmt): string {
  return `index ${idxname} of ${shown(toName(relation))}`.replace('  ', ' ')
}

export function columnKey(table: Name, column: string): string {
  return JSON.stringify([toKey(table), column])
}

export function constraintKey(table: Name, name: string): string {
  return `constraint ${toKey(table)} ${name}`
}

export function triggerKey(table: Name, name: string): string {
  return `trigger ${name} of ${toKey(table)}`
}

export function tableKey(table: Name): string {
  return `table ${toKey(table)}`
}

export function indexKey(index: Partial<Name>): string {
  return `index ${toKey(index)}`
}

/** What CREATE TABLE demands of its rows from the beginning. */
export function learnTable(release: Release, { relation, tableElts = [] }: CreateStmt): void {
  const table = toName(relation)
  release.now.set(tableKey(table), { kind: 'other', table: toKey(table) })
  for (const element of tableElts) {
    const constraint = findConstraint(element)
    if (constraint) learnConstraint(release, table, constraint)
    if (!('ColumnDef' in element)) continue
    const { colname = '', constraints = [] } = element.ColumnDef
    for (const one of constraints) {
      if ('Constraint' in one) learnConstraint(release, table, one.Constraint, colname)
    }
  }
}

/** Remembers a constraint, under the name that PostgreSQL gives it where the text gives none. */
export function learnConstraint(
  { now }: Release,
  table: Name,
  constraint: Constraint,
  column?: string,
): void {
  const rule = findRule(table, constraint, column, now)
  if (!rule) return
  const name = constraint.conname ?? defaultName(table, constraint, column)
  now.set(constraintKey(table, name), 'name' in rule ? { ...rule, name } : rule)
}

function findRule(
  table: Name,
  constraint: Constraint,
  column: string | undefined,
  now: Rules,
): Rule | undefined {
  const on = toKey(table)
  const { contype, raw_expr: expression, indexname } = constraint
  switch (contype) {
    case 'CONSTR_CHECK':
      return expression && { kind: 'check', table: on, expression }
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE': {
      const taken = indexname ? now.get(indexKey({ ...table, name: indexname })) : undefined
      if (taken?.kind === 'key') return taken
      const columns = indexname ? undefined : readNames(constraint.keys, column)
      return { kind: 'key', table: on, name: '', columns, distinct: columns }
    }
    case 'CONSTR_FOREIGN':
      return {
        kind: 'foreign',
        table: on,
        columns: readNames(constraint.fk_attrs, column),
        target: toKey(toName(constraint.pktable)),
        onDelete: constraint.fk_del_action ?? 'a',
      }
    case 'CONSTR_NOTNULL':
    case 'CONSTR_EXCLUSION':
      return { kind: 'other', table: on }
    default:
      return undefined
  }
}

const SUFFIXES: Record<string, string> = {
  CONSTR_CHECK: 'check',
  CONSTR_UNIQUE: 'key',
  CONSTR_FOREIGN: 'fkey',
  CONSTR_EXCLUSION: 'excl',
}

/** PostgreSQL's name for a constraint without one. A name that PostgreSQL would shorten or number is not predicted. */
export function defaultName(
  { name }: Name,
  constraint: Constraint,
  column: string | undefined,
): string {
  if (constraint.contype === 'CONSTR_PRIMARY') return `${name}_pkey`
  const suffix = SUFFIXES[constraint.contype ?? ''] ?? ''
  const columns =
    constraint.contype === 'CONSTR_CHECK'
      ? new Set(column === undefined ? columnsIn(constraint.raw_expr) : [column])
      : new Set(readNames(listKeys(constraint), column))
  const isNamedByColumns = constraint.contype !== 'CONSTR_CHECK' || columns.size === 1
  return [name, ...(isNamedByColumns ? columns : []), suffix].join('_')
}

/** What PostgreSQL names an index, or a foreign key, by. */
function listKeys({ keys, fk_attrs, including = [], exclusions }: Constraint): Node[] {
  const excluded = nodesIn(exclusions, 'IndexElem').map(({ name }): Node => ({
    String: { sval: typeof name === 'string' ? name : 'expr' },
  }))
  return [...(keys ?? fk_attrs ?? excluded), ...including]
}

export function learnIndex({ now }: Release, index: IndexStmt): void {
  const { idxname: name = '', unique, relation } = index
  const table = toName(relation)
  const rule: Rule = unique
    ? { kind: 'key', table: toKey(table), name, ...readKey(index) }
    : { kind: 'other', table: toKey(table) }
  now.set(indexKey({ ...table, name }), rule)
}

function readKey(index: IndexStmt): Pick<Rule & { kind: 'key' }, 'columns' | 'distinct'> {
  const { indexParams = [], whereClause } = index
  const named = indexParams.flatMap((one) => ('IndexElem' in one ? (one.IndexElem.name ?? []) : []))
  const distinct = listDistinct(index)
  const all = (columns: readonly string[]) =>
    whereClause || columns.length < indexParams.length ? undefined : columns
  return { columns: all(named), distinct: all(distinct) }
}

/** The columns of an index, and those whose hash it has. */
export function listDistinct({ indexParams = [] }: IndexStmt): string[] {
  return indexParams.flatMap((one) => {
    if (!('IndexElem' in one)) return []
    const { name, expr } = one.IndexElem
    return name ?? (expr ? hashedColumn(expr) : undefined) ?? []
  })
}

/** PostgreSQL's own, each of which has another value for every other one that anybody will write. */
const HASHES = new Set(['md5', 'sha224', 'sha256', 'sha384', 'sha512'])

function hashedColumn(expression: Node): string | undefined {
  if (!('FuncCall' in expression)) return undefined
  const { name } = readName({ List: { items: expression.FuncCall.funcname ?? [] } })
  const [arg] = expression.FuncCall.args ?? []
  if (!arg || !HASHES.has(name)) return undefined
  return 'ColumnRef' in arg ? columnsIn(arg)[0] : undefined
}

/** A list of names, or that of the column which a constraint belongs to. */
export function readNames(nodes: readonly Node[] | undefined, column?: string): string[] {
  const names = (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []))
  return names.length === 0 && column !== undefined ? [column] : names
}

/** The columns that an expression reads. */
export function columnsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(columnsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, held]) => {
    if (key !== 'ColumnRef') return columnsIn(held)
    const { fields } = held as { fields?: Node[] }
    return readNames(fields).slice(-1)
  })
}
