import type { Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { toKey, toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { sequenceName, type KnownTable } from './known-table.ts'
import { listCommands, listDropped } from './parts.ts'

/** A sequence that is made for a column, that goes over to another one, or that is dropped; an identity has one of its own. */
export function learnSequence(tables: ReadonlyMap<string, KnownTable>, node: Node): void {
  for (const { name } of listDropped(node, 'OBJECT_SEQUENCE')) forget(tables, name)
  for (const { table, name, command } of listCommands(node, 'AddIdentity', 'DropIdentity'))
    learnIdentity(tables.get(toKey(table)), table, name, command.def)
  const made =
    'CreateSeqStmt' in node
      ? node.CreateSeqStmt
      : 'AlterSeqStmt' in node
        ? node.AlterSeqStmt
        : undefined
  const { sequence, options = [] } = made ?? {}
  for (const option of options) {
    if (!('DefElem' in option) || option.DefElem.defname !== 'owned_by') continue
    const { arg } = option.DefElem
    const items = arg && 'List' in arg ? (arg.List.items ?? []) : []
    forget(tables, toName(sequence).name)
    const table = tables.get(toKey(readName({ List: { items: items.slice(0, -1) } })))
    table?.sequences.set(readName(items.at(-1)).name, toName(sequence).name)
  }
}

function forget(tables: ReadonlyMap<string, KnownTable>, name: string): void {
  for (const { sequences } of tables.values())
    for (const [column, sequence] of sequences) if (sequence === name) sequences.delete(column)
}

/** A column that becomes an identity, or is none any more, where `identity` is undefined. */
function learnIdentity(
  table: KnownTable | undefined,
  owner: Name,
  name: string,
  identity: Node | undefined,
): void {
  const column = table?.columns.get(name)
  if (!table || !column) return
  const others = (column.constraints ?? []).filter(
    (one) => !('Constraint' in one && one.Constraint.contype === 'CONSTR_IDENTITY'),
  )
  table.columns.set(name, { ...column, constraints: identity ? [...others, identity] : others })
  table.sequences.delete(name)
  const sequence = identity && sequenceName(owner, name)
  if (sequence !== undefined) table.sequences.set(name, sequence)
}
