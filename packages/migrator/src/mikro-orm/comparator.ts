import type { EnumChange, EnumSchema } from './enum-labels.ts'
import type { KeyedTable } from './follow-columns.ts'
import type { IdentityChange, NamedTable } from './keep-identity.ts'
import type { RoutineChange } from './kept-routines.ts'
import type { Listed, Ruled } from './leave-unnamed.ts'
import type { ComputedChange } from './made-again.ts'
import type { PartitionedTable } from './partitions.ts'
import type { View } from './remade-views.ts'
import type { TypedColumn } from './written-types.ts'

export interface Column extends TypedColumn {
  readonly primary?: boolean
}

/** A table of a schema that is compared. */
export interface Table extends PartitionedTable, KeyedTable, NamedTable, Ruled {
  name: string
  schema?: string
  getColumns(): Column[]
  addColumn(column: Column): void
  removeColumn(name: string): void
}

export interface Schema extends EnumSchema, Listed {
  getNativeEnums(): ReturnType<EnumSchema['getNativeEnums']>
  getTables(): Table[]
  getViews(): View[]
}

export interface TableChange {
  readonly fromTable: Table
  readonly addedColumns: Record<string, Column>
  readonly removedColumns: Record<string, Column>
  readonly renamedColumns: Record<string, Column>
  readonly changedColumns: Record<string, ColumnChange>
}

interface ColumnChange {
  readonly oldColumnName: string
  readonly fromColumn: Column
  readonly column: Column
  readonly changedProperties: Set<string>
}

export interface Change extends EnumChange, RoutineChange {
  readonly changedTables: Record<
    string,
    TableChange &
      ComputedChange &
      EnumChange['changedTables'][string] &
      IdentityChange['changedTables'][string]
  >
  readonly removedViews: Record<string, View>
  readonly changedViews: Record<string, { readonly from: View; readonly to: View }>
  readonly newTables: Record<string, Table>
  readonly removedTables: Record<string, Table>
}

/** MikroORM's comparator of two schemas, with what its types keep to themselves. */
export interface OpenComparator {
  compare: (this: OpenComparator, from: Schema, to: Schema, inverse?: Change) => Change
  detectColumnRenamings: (this: OpenComparator, change: TableChange, inverse?: TableChange) => void
  diffColumn: (this: OpenComparator, one: Column, other: Column, ...rest: unknown[]) => Set<string>
}

export const listNames = (table: Table) => table.getColumns().map(({ name }) => name)

export function byName(schema: Schema): ReadonlyMap<string, Table> {
  return new Map(schema.getTables().map((table) => [table.getShortestName(), table]))
}

export interface Place {
  readonly name: string
  /** Undefined: that of the search path. */
  readonly schema: string | undefined
}

/** As a statement names it: what the entities name without a schema is found on the search path. */
export function placeOf(table: NamedTable): Place {
  return {
    name: table.name,
    schema: table.getShortestName().includes('.') ? table.schema : undefined,
  }
}
