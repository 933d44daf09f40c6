import type { Node } from '@pgsql/types'
import { toKey, toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import type { KnownTable } from './known-table.ts'
import { listDropped } from './parts.ts'

/** A sequence that is made for a column, or that is dropped. */
export function learnSequence(tables: ReadonlyMap<string, KnownTable>, node: Node): void {
  for (const { name } of listDropped(node, 'OBJECT_SEQUENCE'))
    for (const { sequences } of tables.values())
      for (const [column, sequence] of sequences) if (sequence === name) sequences.delete(column)
  if (!('CreateSeqStmt' in node)) return
  const { sequence, options = [] } = node.CreateSeqStmt
  for (const option of options) {
    if (!('DefElem' in option) || option.DefElem.defname !== 'owned_by') continue
    const { arg } = option.DefElem
    const items = arg && 'List' in arg ? (arg.List.items ?? []) : []
    const table = tables.get(toKey(readName({ List: { items: items.slice(0, -1) } })))
    table?.sequences.set(readName(items.at(-1)).name, toName(sequence).name)
  }
}
