import type { Node } from '@pgsql/types'
import type { DataLoss, Name } from '../migration.ts'
import { shown } from '../phase/release.ts'
import { findDrops } from '../sql/data-losses.ts'
import type { KnownObjects } from './known-objects.ts'
import { isComputed } from './parts.ts'

/** Data that a statement takes away, whatever it does else. */
export interface Gone {
  /** What it is, as a person says it: `t.a`. */
  readonly about: string
  readonly loss?: DataLoss
  readonly table?: Name
}

/** What goes with the statement, of what no other column or row says again. */
export function listGone(node: Node, known: KnownObjects): Gone[] {
  if ('DropdbStmt' in node) return [{ about: `database ${node.DropdbStmt.dbname ?? ''}` }]
  return findDrops(node).flatMap((loss) => describe(loss, known).map((one) => ({ ...one, loss })))
}

function describe(loss: DataLoss, known: KnownObjects): Omit<Gone, 'loss'>[] {
  if (loss.what === 'column') {
    const { table, column } = loss
    if (isComputed(known.table(table)?.columns.get(column))) return []
    return [{ about: `${shown(table)}.${column}`, table }]
  }
  if (loss.what === 'truncate') return loss.tables.map((table) => ({ about: shown(table), table }))
  if (loss.what !== 'objects') return []
  if (loss.kind === 'table') return loss.names.map((table) => ({ about: shown(table), table }))
  // Without CASCADE PostgreSQL refuses it where anything is in the schema.
  return loss.kind === 'schema' && loss.cascade
    ? loss.names.map((name) => ({ about: `schema ${shown(name)}` }))
    : []
}
