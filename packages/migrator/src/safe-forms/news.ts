import type { Constraint, Node, RangeVar } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { nameOf } from '../known/known-table.ts'
import { listCommands, listDropped } from '../known/parts.ts'
import type { Check, Name } from '../migration.ts'
import {
  columnKey,
  columnsIn,
  constraintKey,
  defaultName,
  toKey,
  toName,
} from '../phase/release.ts'
import { findConstraint } from '../sql/alter-table-work.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import { parseSql } from '../sql/parse.ts'
import { findRenaming } from '../sql/renaming.ts'
import { Origins } from './origins.ts'
import { fitName } from './table.ts'

/** What is not there before a migration, or is not what its statements find. */
export class News {
  /** Tables that it makes: nobody uses them yet. */
  readonly #tables = new Set<string>()
  /** Tables whose rows it has changed: a query before it does not find them so. */
  readonly #written = new Set<string>()
  /** What else a query before it does not find: columns, functions, types, values of enums, new names. */
  readonly #others = new Set<string>()

  /** What of it is made of what is there. */
  #origins = new Origins()

  /** A temporary table is one of the session. */
  has(table: Name): boolean {
    return table.schema === 'pg_temp' || this.#tables.has(toKey(table))
  }

  /** Of a statement that is not learnt yet: IF NOT EXISTS makes nothing of what is `known`. */
  add(node: Node, known: KnownObjects): void {
    this.#follow(node)
    this.#origins.add(node)
    const table = findMadeTable(node)
    if (table && !(table.mayExist && known.table(table.name))) this.#tables.add(toKey(table.name))
    for (const key of listOthers(node)) this.#others.add(key)
    for (const name of listWritten(node)) this.#written.add(toKey(name))
    for (const { table, command } of listCommands(node, 'AddConstraint')) {
      const constraint = findConstraint(command.def) ?? {}
      const name = constraint.conname ?? this.nameConstraint(table, constraint, known)
      this.#others.add(constraintKey(table, name))
    }
  }

  /** A new table with another name is new all the same; one that has its name afterwards is not. */
  #follow(node: Node): void {
    for (const name of listDropped(node, 'OBJECT_TABLE')) this.#tables.delete(toKey(name))
    const renaming = findRenaming(node)
    if (renaming && 'schema' in renaming) {
      const { from, to: schema } = renaming.schema
      const moved = [...this.#tables].map(nameOf).filter((table) => table.schema === from)
      for (const { name } of moved) this.#tables.add(toKey({ schema, name }))
      return
    }
    if (!renaming || renaming.column) return
    if (this.#tables.delete(toKey(renaming.from))) this.#tables.add(toKey(renaming.to))
  }

  /** The name that PostgreSQL gives a constraint without one: it numbers the second of a name. */
  nameConstraint(table: Name, constraint: Constraint, known: KnownObjects): string {
    return this.findFreeName(table, defaultName(table, constraint, undefined), known)
  }

  findFreeName(table: Name, name: string, known: KnownObjects): string {
    const { constraints, indexes } = known.table(table) ?? {}
    const isTaken = (one: string) =>
      constraints?.has(one) || indexes?.has(one) || this.#others.has(constraintKey(table, one))
    let free = fitName(name)
    for (let n = 1; isTaken(free); n += 1) free = fitName(`${name}${n}`)
    return free
  }

  /** The same news, to look one statement further. */
  copy(): News {
    const news = new News()
    for (const table of this.#tables) news.#tables.add(table)
    for (const other of this.#others) news.#others.add(other)
    for (const written of this.#written) news.#written.add(written)
    news.#origins = this.#origins.copy()
    return news
  }

  /** A check as it can be asked before the migration; undefined where it names something that is not there. */
  async place(check: Check): Promise<Check | undefined> {
    if (await this.#isIn(check.query)) return undefined
    const query = await this.#origins.place(check.query)
    return query === check.query ? check : { ...check, query }
  }

  async #isIn(query: string): Promise<boolean> {
    const tree = await parseSql(query)
    const tables = nodesIn(tree, 'RangeVar').map(toName)
    const columns = columnsIn(tree)
    const calls = nodesIn(tree, 'FuncCall').map(({ funcname }) => readList(funcname))
    const types = nodesIn(tree, 'typeName').map(({ names }) => readList(names))
    const operators = nodesIn(tree, 'A_Expr').map(({ name }) => readList(name))
    const values = nodesIn(tree, 'sval').map(({ sval }) => `value ${String(sval)}`)
    const keys = [
      ...tables.flatMap((table) => [
        toKey(table),
        `schema ${table.schema}`,
        ...columns.map((column) => columnKey(table, column)),
      ]),
      ...[...calls, ...types, ...operators].map(toKey),
      ...values,
    ]
    const mayBeOfExtension =
      this.#others.has(EXTENSION) && calls.some(({ name }) => name !== 'count')
    if (tables.some((table) => this.#written.has(toKey(table)))) return true
    const isMade = (key: string) => this.#others.has(key) && !this.#origins.has(key)
    return mayBeOfExtension || keys.some((key) => this.#tables.has(key) || isMade(key))
  }
}

/** Also by a query within another statement. */
function listWritten(node: Node): Name[] {
  const written = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'CopyStmt']
    .flatMap((kind) => nodesIn(node, kind))
    .flatMap(({ relation }) => (relation ? [toName(relation as RangeVar)] : []))
  const emptied = 'TruncateStmt' in node ? nodesIn(node, 'RangeVar').map(toName) : []
  return [...written, ...emptied]
}

/** Nothing says what is in one. */
const EXTENSION = 'extension'

function findMadeTable(
  node: Node,
): { readonly name: Name; readonly mayExist: boolean } | undefined {
  if ('CreateStmt' in node)
    return {
      name: toName(node.CreateStmt.relation),
      mayExist: node.CreateStmt.if_not_exists === true,
    }
  if ('SelectStmt' in node && node.SelectStmt.intoClause)
    return { name: toName(node.SelectStmt.intoClause.rel), mayExist: false }
  if (!('CreateTableAsStmt' in node)) return undefined
  const { into, if_not_exists: mayExist = false } = node.CreateTableAsStmt
  return { name: toName(into?.rel), mayExist }
}

function listOthers(node: Node): string[] {
  if ('CreateExtensionStmt' in node) return [EXTENSION]
  if ('AlterEnumStmt' in node) return [`value ${node.AlterEnumStmt.newVal}`]
  const renaming = findRenaming(node)
  if (renaming && 'schema' in renaming) return [`schema ${renaming.schema.to}`]
  if (renaming) {
    const { to, column } = renaming
    return [column ? columnKey(to, column.to) : toKey(to)]
  }
  if ('RenameStmt' in node)
    return [toKey({ ...readName(node.RenameStmt.object), name: node.RenameStmt.newname ?? '' })]
  if ('AlterObjectSchemaStmt' in node) {
    const { object, newschema: schema = '' } = node.AlterObjectSchemaStmt
    return [toKey({ name: readName(object).name, schema })]
  }
  if ('CompositeTypeStmt' in node) return [toKey(toName(node.CompositeTypeStmt.typevar))]
  const columns = listCommands(node, 'AddColumn', 'AlterColumnType').map(
    ({ table, name, command: { def } }) =>
      columnKey(table, name || (def && 'ColumnDef' in def ? (def.ColumnDef.colname ?? '') : '')),
  )
  return [...columns, ...listMade(node).map((names) => toKey(readList(names)))]
}

/** Names of functions, types and operators that a statement makes. */
function listMade(node: Node): (readonly Node[])[] {
  if ('CreateFunctionStmt' in node) return [node.CreateFunctionStmt.funcname ?? []]
  if ('CreateEnumStmt' in node) return [node.CreateEnumStmt.typeName ?? []]
  if ('CreateRangeStmt' in node) return [node.CreateRangeStmt.typeName ?? []]
  if ('CreateDomainStmt' in node) return [node.CreateDomainStmt.domainname ?? []]
  return 'DefineStmt' in node ? [node.DefineStmt.defnames ?? []] : []
}

const readList = (items: unknown): Name => readName({ List: { items: (items ?? []) as Node[] } })
