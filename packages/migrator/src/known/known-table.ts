import type {
  ColumnDef,
  Constraint,
  IndexStmt,
  PartitionBoundSpec,
  PartitionSpec,
} from '@pgsql/types'
import { LONGEST_NAME } from '../catalog/identity.ts'
import { DEFAULT_SCHEMA, type Name } from '../migration.ts'
import { columnsIn, toKey, toName } from '../phase/release.ts'
import { nodesIn } from '../sql/nodes.ts'

export interface KnownConstraint {
  readonly type: Constraint['contype']
  columns: readonly string[]
  definition: Constraint
  isValidated: boolean
}

export interface KnownIndex {
  columns: readonly string[]
  /** Absent where a constraint has made it. */
  definition?: IndexStmt
}

export interface KnownTable {
  readonly columns: Map<string, ColumnDef>
  readonly constraints: Map<string, KnownConstraint>
  readonly indexes: Map<string, KnownIndex>
  /** The sequences that PostgreSQL has made for columns of the table, by column. */
  readonly sequences: Map<string, string>
  /** What COMMENT says of columns. */
  readonly comments: Map<string, string>
  /** NOT NULL, by itself or as part of a primary key. */
  readonly required: Set<string>
  /** False where statements do not tell all its columns: made with LIKE, INHERITS, OF or PARTITION OF. */
  readonly isWhole: boolean
  readonly parents: readonly Name[]
  readonly isPartitioned: boolean
  readonly partitionBy?: PartitionSpec
  /** The table that it is a partition of. */
  partitionOf?: Name
  bound?: PartitionBoundSpec
  hasPolicy: boolean
}

export function copyTable(table: KnownTable): KnownTable {
  return {
    ...table,
    columns: new Map(table.columns),
    constraints: new Map([...table.constraints].map(([name, one]) => [name, { ...one }])),
    indexes: new Map([...table.indexes].map(([name, one]) => [name, { ...one }])),
    sequences: new Map(table.sequences),
    comments: new Map(table.comments),
    required: new Set(table.required),
  }
}

/** All that it names: the columns of its expressions and of its condition too, any of which takes it along. */
export function columnsOfIndex({ columns, definition }: KnownIndex): string[] {
  const named = nodesIn(definition, 'IndexElem').flatMap(({ name }) => name ?? [])
  return [...columns, ...named.map(String), ...columnsIn(definition)]
}

/** The name that PostgreSQL gives the sequence of a column; undefined where it has to cut one off. */
export function sequenceName({ name }: Name, column: string): string | undefined {
  const sequence = `${name}_${column}_seq`
  return Buffer.byteLength(sequence) > LONGEST_NAME ? undefined : sequence
}

/** The foreign keys of a table that refer to another one. */
export function referencesOf(
  { constraints }: KnownTable,
  name: Name,
): [name: string, key: KnownConstraint][] {
  return [...constraints].filter(
    ([
      ,
      {
        definition: { pktable },
      },
    ]) => pktable && toKey(toName(pktable)) === toKey(name),
  )
}

export function nameOf(key: string): Name {
  const [schema, name] = JSON.parse(key) as [string, string]
  return schema === DEFAULT_SCHEMA ? { name } : { schema, name }
}

/** With a column goes what is on it. */
export function forgetColumn(table: KnownTable, column: string): void {
  for (const map of [table.columns, table.sequences, table.comments]) map.delete(column)
  forgetWhere(table.indexes, (index) => columnsOfIndex(index).includes(column))
  forgetWhere(table.constraints, ({ columns }) => columns.includes(column))
}

function forgetWhere<T>(map: Map<string, T>, isGone: (one: T) => boolean): void {
  for (const [name, one] of map) if (isGone(one)) map.delete(name)
}
