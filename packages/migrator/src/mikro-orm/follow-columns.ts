import type { IndexedTable } from './written-indexes.ts'

interface Index {
  readonly keyName: string
  readonly expression?: string
  readonly columnNames: readonly string[]
  readonly primary?: boolean
  readonly unique?: boolean
  readonly columns?: readonly { readonly name: string }[]
  readonly include?: readonly string[]
}

interface ForeignKey {
  readonly columnNames: readonly string[]
  readonly referencedColumnNames: readonly string[]
  localTableName: string
  referencedTableName: string
}

/** A table with what names its columns, or those of others. */
export interface KeyedTable extends IndexedTable {
  getShortestName(): string
  getIndexes(): readonly Index[]
  setIndexes(indexes: readonly Index[]): void
  getForeignKeys(): Readonly<Record<string, ForeignKey>>
  setForeignKeys(keys: Readonly<Record<string, ForeignKey>>): void
}

/** New names of columns by their old ones, by the tables that have them. */
export type RenamedColumns = ReadonlyMap<string, ReadonlyMap<string, string>>

interface Renaming {
  readonly changedTables: Readonly<
    Record<
      string,
      {
        readonly fromTable: Pick<KeyedTable, 'getShortestName'>
        readonly renamedColumns: Readonly<Record<string, { readonly name: string }>>
      }
    >
  >
}

/** The renames of the way up, turned round. */
export function listBack({ changedTables }: Renaming): RenamedColumns {
  return new Map(
    Object.values(changedTables).flatMap(({ fromTable, renamedColumns }) => {
      const pairs = Object.entries(renamedColumns).map(([old, { name }]) => [name, old] as const)
      return pairs.length > 0 ? [[fromTable.getShortestName(), new Map(pairs)] as const] : []
    }),
  )
}

/**
 * Runs `compare` while indexes and keys that keep their names have the new ones of their columns, as PostgreSQL gives them:
 * MikroORM would make each of them again, and cannot, where a foreign key stands on a primary key.
 */
export function followingColumns<T>(
  tables: readonly KeyedTable[],
  wanted: ReadonlyMap<string, KeyedTable>,
  renamed: RenamedColumns,
  compare: () => T,
): T {
  const before = tables.map((table) => [table, table.getIndexes(), table.getForeignKeys()] as const)
  for (const [table, indexes, keys] of renamed.size > 0 ? before : []) {
    const own = namesIn(renamed, table.getShortestName())
    const kept = wanted.get(table.getShortestName())?.getIndexes() ?? []
    const isKept = ({ primary, keyName }: Index) =>
      primary || kept.some((one) => one.keyName === keyName)
    table.setIndexes(indexes.map((index) => (isKept(index) ? followIndex(index, own) : index)))
    const followed = Object.entries(keys).map(([name, key]) => [
      name,
      {
        ...key,
        columnNames: key.columnNames.map(own),
        referencedColumnNames: key.referencedColumnNames.map(
          namesIn(renamed, key.referencedTableName),
        ),
      },
    ])
    table.setForeignKeys(Object.fromEntries(followed))
  }
  try {
    return compare()
  } finally {
    for (const [table, indexes, keys] of before) {
      table.setIndexes(indexes)
      table.setForeignKeys(keys)
    }
  }
}

/** A reference names the schema of its table, also where that is on the search path. */
function namesIn(renamed: RenamedColumns, table: string): (column: string) => string {
  const names = renamed.get(table) ?? renamed.get(table.replace(/^public\./, ''))
  return (column) => names?.get(column) ?? column
}

function followIndex(index: Index, own: (column: string) => string): Index {
  const { columnNames, columns, include } = index
  return {
    ...index,
    columnNames: columnNames.map(own),
    ...(columns && { columns: columns.map((one) => ({ ...one, name: own(one.name) })) }),
    ...(include && { include: include.map(own) }),
  }
}
