import type { Constraint, IndexStmt, Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { sequenceName } from '../known/known-table.ts'
import { listConstraints, listCommands, listDropped, type Alteration } from '../known/parts.ts'
import type { Name } from '../migration.ts'
import { toKey, toName } from '../phase/release.ts'
import { checksum } from '../sql/checksum.ts'
import { readName } from '../sql/names.ts'
import { parseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { findRenaming } from '../sql/renaming.ts'
import { fitName } from './table.ts'

/**
 * Statements in which an index or a constraint gets another name, where they would drop it and make it again as it is:
 * MikroORM's names follow those of columns and tables, and to build an index again, or to check all rows, takes long.
 */
export async function renameInstead(
  statements: readonly string[],
  known: KnownObjects,
): Promise<readonly string[]> {
  const nodes = await Promise.all(statements.map(readOne))
  const drops = nodes.map((node) => node && readDrop(node, known))
  /** What another one is made as cannot keep its name until it gets its new one. */
  const taken = new Set(nodes.flatMap((node) => (node && readMade(node)?.name) ?? []))
  /** All that was there, under the names that it has so far. */
  const there = known.copy()
  const result = statements.map((text) => [text])
  for (const [n, node] of nodes.entries()) {
    if (!node) continue
    result[n] = [qualified(node, there) ?? statements[n] ?? '', ...followingNames(node, there)]
    // A sequence that is made before its table has another name follows it, too.
    if (findRenaming(node) || 'CreateSeqStmt' in node) there.learn(node)
    const made = readMade(node)
    if (!made) continue
    const same = drops.flatMap((drop, at) =>
      drop &&
      at < n &&
      !taken.has(drop.name) &&
      result[at]?.length === 1 &&
      isSame(drop, made, there)
        ? [at]
        : [],
    )
    const [at, ...others] = same
    const drop = at === undefined ? undefined : drops[at]
    if (at === undefined || !drop || others.length > 0) continue
    result[at] = []
    result[n] = [renaming(drop, made)]
  }
  return result.flat()
}

/** Undefined of what is not one statement that can be read. */
export async function readOne(text: string): Promise<Node | undefined> {
  const [parsed, ...others] = await parseSql(text).catch(() => [])
  return others.length > 0 ? undefined : parsed?.node
}

/** MikroORM renames an index where the search path finds it; undefined where that is right. */
function qualified(node: Node, there: KnownObjects): string | undefined {
  if (!('RenameStmt' in node) || node.RenameStmt.renameType !== 'OBJECT_INDEX') return undefined
  const { relation, newname = '' } = node.RenameStmt
  const index = toName(relation)
  const schema = index.schema ?? there.ownerOf(index)?.schema
  return index.schema === schema
    ? undefined
    : `alter index ${quoteName(index.name, schema)} rename to ${quoteName(newname)};`
}

/** PostgreSQL names a key and a sequence after their table and column when it makes them, and never again. */
export function followingNames(node: Node, there: KnownObjects): string[] {
  const renaming = findRenaming(node)
  const table = renaming && 'to' in renaming ? there.table(renaming.from) : undefined
  if (!renaming || !('to' in renaming) || !table) return []
  const { from, to, column } = renaming
  if (!column && from.name === to.name) return []
  const key = `${from.name}_pkey`
  const isKey = !column && table.constraints.get(key)?.type === 'CONSTR_PRIMARY'
  const sequences = [...table.sequences].flatMap(([name, sequence]) => {
    if (sequence !== sequenceName(from, name) || (column && column.from !== name)) return []
    const next = sequenceName(to, column ? column.to : name)
    const old = quoteName(sequence, to.schema)
    return next === undefined || next === sequence
      ? []
      : [`alter sequence ${old} rename to ${quoteName(next)};`]
  })
  return [...(isKey ? [renamingOf(to, key, fitName(`${to.name}_pkey`))] : []), ...sequences]
}

/** Statements, each with what is known before it. */
export async function* readEach(
  texts: readonly string[],
  known: KnownObjects,
): AsyncGenerator<readonly [node: Node, known: KnownObjects]> {
  const there = known.copy()
  for (const text of texts) {
    const node = await readOne(text)
    if (!node) continue
    yield [node, there]
    there.learn(node)
  }
}

/** Learns a statement, and those that give keys and sequences the names that follow it. */
export async function learnFollowing(node: Node, there: KnownObjects): Promise<void> {
  const following = followingNames(node, there)
  there.learn(node)
  for (const text of following) for (const one of await parseSql(text)) there.learn(one.node)
}

/** An index, or a constraint of a table. */
interface Dropped {
  readonly kind: 'index' | 'constraint'
  readonly name: string
  /** Not named with an index. */
  readonly table?: Name
}

interface Made {
  readonly kind: Dropped['kind']
  readonly table: Name
  readonly name: string
  readonly shape: string
}

/** Undefined of what drops anything else, or more. */
export function readDrop(node: Node, known: KnownObjects): Dropped | undefined {
  const [index, ...others] = listDropped(node, 'OBJECT_INDEX')
  if (index)
    return others.length > 0 || !known.ownerOf(index)
      ? undefined
      : { kind: 'index', name: index.name }
  const [constraint, ...more] = listCommands(node, 'DropConstraint')
  if (!constraint || more.length > 0 || !isOneCommand(node)) return undefined
  return { kind: 'constraint', name: constraint.name, table: constraint.table }
}

const isOneCommand = (node: Node) =>
  'AlterTableStmt' in node && (node.AlterTableStmt.cmds ?? []).length === 1

function readMade(node: Node): Made | undefined {
  if ('IndexStmt' in node) {
    const { relation, idxname: name } = node.IndexStmt
    if (name === undefined) return undefined
    return { kind: 'index', table: toName(relation), name, shape: indexShape(node.IndexStmt) }
  }
  const [made, ...others] = 'AlterTableStmt' in node ? listConstraints(node) : []
  const name = made?.constraint.conname
  if (!made || name === undefined || others.length > 0 || !isOneCommand(node)) return undefined
  const { table, constraint } = made
  return { kind: 'constraint', table, name, shape: constraintShape(constraint, undefined) }
}

/** Whether what is dropped is what is made, but for its name. */
function isSame(drop: Dropped, made: Made, there: KnownObjects): boolean {
  const table = there.table(made.table)
  if (!table || drop.kind !== made.kind || drop.name === made.name) return false
  if (drop.table && toKey(drop.table) !== toKey(made.table)) return false
  const index = table.indexes.get(drop.name)?.definition
  if (made.kind === 'index') return index !== undefined && indexShape(index) === made.shape
  const constraint = table.constraints.get(drop.name)
  if (!constraint?.isValidated) return false
  return constraintShape(constraint.definition, index) === made.shape
}

/** Whether a statement makes a constraint as it was, under its own name. */
export function isMadeAgain(drop: Alteration, node: Node, there: KnownObjects): boolean {
  const constraint = there.table(drop.table)?.constraints.get(drop.name)
  const made = readMade(node)
  if (!constraint || made?.kind !== 'constraint' || made.name !== drop.name) return false
  const { definition, columns } = constraint
  // Written behind a column, a foreign key does not name it.
  const own = columns.map((sval) => ({ String: { sval } }))
  const shape = constraintShape(
    { ...definition, ...(definition.pktable && { fk_attrs: own }) },
    undefined,
  )
  return toKey(made.table) === toKey(drop.table) && shape === made.shape
}

function indexShape({ indexParams, whereClause, unique, ...rest }: IndexStmt): string {
  const { accessMethod, indexIncludingParams, nulls_not_distinct, options, tableSpace } = rest
  const parts = { indexParams, whereClause, unique, accessMethod, indexIncludingParams }
  return checksum({ ...parts, nulls_not_distinct, options, tableSpace })
}

/** Its name, and how it came to be. */
const PASSING = new Set(['conname', 'indexname', 'skip_validation', 'initially_valid'])

/** A key may have been made of an `index` that was there. */
function constraintShape(constraint: Constraint, index: IndexStmt | undefined): string {
  const { indexname, pktable } = constraint
  const rest = Object.fromEntries(Object.entries(constraint).filter(([key]) => !PASSING.has(key)))
  const referred = pktable && { ...rest, pktable: toKey(toName(pktable)) }
  const { indexParams = [], indexIncludingParams = [], nulls_not_distinct } = index ?? {}
  if (indexname === undefined || !index) return checksum(referred ?? rest)
  const keys = indexParams.map(nameOfKey)
  const including = indexIncludingParams.map(nameOfKey)
  const lists = { keys, ...(including.length > 0 && { including }) }
  return checksum({ ...rest, ...lists, ...(nulls_not_distinct && { nulls_not_distinct }) })
}

function nameOfKey(param: Node): Node {
  const name = 'IndexElem' in param ? param.IndexElem.name : undefined
  return { String: { sval: name ?? readName(param).name } }
}

function renaming(drop: Dropped, { table, name }: Made): string {
  if (drop.kind === 'constraint') return renamingOf(table, drop.name, name)
  return `alter index ${quoteName(drop.name, table.schema)} rename to ${quoteName(name)};`
}

function renamingOf(table: Name, constraint: string, name: string): string {
  const alter = `alter table ${quoteName(table.name, table.schema)}`
  return `${alter} rename constraint ${quoteName(constraint)} to ${quoteName(name)};`
}
