import { splitIdentity, type CatalogObject, type ObjectOf } from '@techfacts/migrator/catalog'
import type { UniqueKey } from './model.ts'

/** What a catalog has of the tables that a picture shows, by the table. */
export interface Parts {
  readonly tables: readonly ObjectOf<'table'>[]
  /** How many partitions are a line of the table. */
  readonly folded: ReadonlyMap<string, number>
  readonly columns: ReadonlyMap<string, readonly ObjectOf<'column'>[]>
  readonly positions: ReadonlyMap<string, number>
  /** The identities of columns that are NOT NULL. */
  readonly notNull: ReadonlySet<string>
  readonly primaryKeys: ReadonlyMap<string, readonly UniqueKey[]>
  readonly uniqueKeys: ReadonlyMap<string, readonly UniqueKey[]>
  readonly foreignKeys: readonly ObjectOf<'constraint'>[]
  readonly foreignKeysOf: ReadonlyMap<string, readonly UniqueKey[]>
  readonly enums: readonly ObjectOf<'enum'>[]
}

export function indexParts(objects: readonly CatalogObject[]): Parts {
  const allTables = objects.filter((one) => one.kind === 'table')
  const constraints = objects.filter((one) => one.kind === 'constraint')
  const folded = fold(allTables, constraints)
  const tables = allTables.filter(({ identity }) => !folded.has(identity))
  const isShown = new Set(tables.map(({ identity }) => identity))
  const columns = objects.filter((one) => one.kind === 'column').filter(({ of }) => isShown.has(of))
  const foreignKeys = constraints.filter(
    ({ type, of }) => type === 'foreign key' && isShown.has(of),
  )
  const keysOf = (type: string) =>
    Map.groupBy(constraints.filter((one) => one.type === type).map(toKey), ({ of }) => of)
  const indexes = objects.filter((one) => one.kind === 'index').flatMap(toUniqueKey)
  const unique = [...constraints.filter(({ type }) => type === 'unique').map(toKey), ...indexes]
  return {
    tables,
    folded: countFolded(folded),
    columns: Map.groupBy(columns, ({ of }) => of),
    positions: new Map(columns.flatMap(toPosition)),
    notNull: new Set(columns.filter(({ notNull }) => notNull).map(({ identity }) => identity)),
    primaryKeys: keysOf('primary key'),
    uniqueKeys: Map.groupBy(unique, ({ of }) => of),
    foreignKeys,
    foreignKeysOf: keysOf('foreign key'),
    enums: objects.filter((one) => one.kind === 'enum'),
  }
}

type OfTable = UniqueKey & { readonly of: string }

function toKey({ identity, of, columns = [] }: ObjectOf<'constraint'>): OfTable {
  return { identity, of, columns }
}

/** A unique index of columns, over all rows, that no constraint owns: it holds as a key does. */
function toUniqueKey(index: ObjectOf<'index'>): OfTable[] {
  const { identity, of, unique, constraint, predicate, elements } = index
  const columns = elements.flatMap((element) =>
    COLUMN.test(element) ? splitIdentity(element) : [],
  )
  const isKey = unique && !constraint && !predicate && columns.length === elements.length
  return isKey ? [{ identity, of, columns }] : []
}

/** An element of an index that is a column and nothing else. */
const COLUMN = /^([a-z_][a-z0-9_$]*|"([^"]|"")+")$/

function toPosition({ identity, noted }: ObjectOf<'column'>): (readonly [string, number])[] {
  const position = noted?.position
  return typeof position === 'number' ? [[identity, position]] : []
}

/** The partitions that are a line of another table, each with that table. */
function fold(
  tables: readonly ObjectOf<'table'>[],
  constraints: readonly ObjectOf<'constraint'>[],
): ReadonlyMap<string, string> {
  const own = constraints.filter((one) => one.type === 'foreign key' && one.inherited !== 'only')
  const standing = new Set(own.flatMap(({ of, references = '' }) => [of, references]))
  const parents = new Map(
    tables.flatMap(({ identity, partitionOf }) =>
      partitionOf === undefined || standing.has(identity) ? [] : [[identity, partitionOf]],
    ),
  )
  const isTable = new Set(tables.map(({ identity }) => identity))
  const rootOf = (identity: string): string => {
    const parent = parents.get(identity)
    return parent === undefined ? identity : rootOf(parent)
  }
  return new Map(
    [...parents.keys()].flatMap((identity) => {
      const root = rootOf(identity)
      return isTable.has(root) ? [[identity, root]] : []
    }),
  )
}

function countFolded(folded: ReadonlyMap<string, string>): ReadonlyMap<string, number> {
  return new Map(
    [...Map.groupBy([...folded], ([, root]) => root)].map(([root, found]) => [root, found.length]),
  )
}
