import type { Node, RangeVar } from '@pgsql/types'
import { DEFAULT_SCHEMA, type Name } from '../migration.ts'
import { isRecord } from '../sql/nodes.ts'
import { findRenaming } from '../sql/renaming.ts'
import { toKey, toName } from '../phase/release.ts'
import { nameOf, referencesOf, type KnownConstraint, type KnownTable } from './known-table.ts'

type Tables = Map<string, KnownTable>

/** What a statement renames has its new name everywhere: in keys, indexes, and references to it, too. */
export function learnRename(tables: Tables, node: Node): void {
  if ('RenameStmt' in node) renamePart(tables, node.RenameStmt)
  const renaming = findRenaming(node)
  if (!renaming || !('to' in renaming)) return
  const { from: old, to: name, column } = renaming
  const table = tables.get(toKey(old))
  if (!table) return
  const referring = referencesAnywhere(tables, old)
  if (column) {
    const { from, to } = column
    renameColumnOf(table, from, to)
    for (const one of referring) one.definition = renameColumn(one.definition, from, to, true)
    return
  }
  tables.delete(toKey(old))
  tables.set(toKey(name), table)
  for (const one of referring) one.definition = renameReferred(one.definition, name)
  for (const one of tables.values())
    if (one.partitionOf && toKey(one.partitionOf) === toKey(old)) one.partitionOf = name
  for (const one of table.indexes.values())
    if (one.definition)
      one.definition = { ...one.definition, relation: moved(one.definition.relation, name) }
}

/** An index, or a constraint: of a key both have one name. */
function renamePart(
  tables: Tables,
  {
    renameType,
    relation,
    subname,
    newname = '',
  }: Extract<Node, { RenameStmt: unknown }>['RenameStmt'],
): void {
  if (renameType === 'OBJECT_SEQUENCE') {
    const { schema = DEFAULT_SCHEMA, name } = toName(relation)
    for (const [key, table] of tables) {
      if ((nameOf(key).schema ?? DEFAULT_SCHEMA) !== schema) continue
      for (const [column, one] of table.sequences)
        if (one === name) table.sequences.set(column, newname)
    }
  }
  const isIndex = renameType === 'OBJECT_INDEX'
  if (!isIndex && renameType !== 'OBJECT_TABCONSTRAINT') return
  const old = (isIndex ? relation?.relname : subname) ?? ''
  const owners = isIndex ? [...tables.values()] : [tables.get(toKey(toName(relation)))]
  for (const table of owners) {
    if (!table) continue
    renameIn(table.indexes, old, newname)
    renameIn(table.constraints, old, newname)
    const index = table.indexes.get(newname)
    if (index?.definition) index.definition = { ...index.definition, idxname: newname }
    const constraint = table.constraints.get(newname)
    if (constraint?.definition.conname !== undefined)
      constraint.definition = { ...constraint.definition, conname: newname }
  }
}

function renameIn<T>(map: Map<string, T>, from: string, to: string): void {
  const all = [...map]
  map.clear()
  for (const [name, one] of all) map.set(name === from ? to : name, one)
}

function renameColumnOf(table: KnownTable, from: string, to: string): void {
  renameIn(table.columns, from, to)
  renameIn(table.sequences, from, to)
  renameIn(table.comments, from, to)
  if (table.required.delete(from)) table.required.add(to)
  for (const one of [...table.constraints.values(), ...table.indexes.values()]) {
    one.columns = one.columns.map((name) => (name === from ? to : name))
    if (one.definition) one.definition = renameColumn(one.definition, from, to, false)
  }
}

function referencesAnywhere(tables: Tables, name: Name): KnownConstraint[] {
  return [...tables.values()].flatMap((table) => referencesOf(table, name).map(([, key]) => key))
}

/** Lists of columns of an object's own table, and of the table that it refers to. */
const OWN = new Set(['keys', 'including', 'fk_attrs', 'fk_del_set_cols'])
const REFERRED = new Set(['pk_attrs'])

/** A definition after a column has another name: of the table that it belongs to, or of the one that it refers to. */
export function renameColumn<T>(definition: T, from: string, to: string, isReferred: boolean): T {
  const lists = isReferred ? REFERRED : OWN
  const walk = (value: unknown, kind: string): unknown => {
    if (Array.isArray(value)) return value.map((one) => walk(one, kind))
    if (!isRecord(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, held]) => {
        const isName =
          (key === 'sval' && (lists.has(kind) || (!isReferred && kind === 'fields'))) ||
          (key === 'name' && kind === 'IndexElem' && !isReferred)
        if (isName && held === from) return [key, to]
        // What a list holds is `{ String: { sval } }`.
        return [key, walk(held, key === 'String' ? kind : key)]
      }),
    )
  }
  return walk(definition, '') as T
}

/** A definition after the table that it refers to has another name. */
function renameReferred<T extends { readonly pktable?: RangeVar }>(definition: T, name: Name): T {
  const { pktable } = definition
  return pktable ? { ...definition, pktable: moved(pktable, name) } : definition
}

function moved(relation: RangeVar | undefined, { schema, name }: Name): RangeVar {
  return { ...relation, relname: name, ...(schema !== undefined && { schemaname: schema }) }
}
