import type { KnownObjects } from '../known/known-objects.ts'
import type { KeyedTable } from './follow-columns.ts'
import { findMade } from './made-table.ts'

interface Check {
  readonly name: string
  /** Of several columns, and of an exclusion: none. */
  readonly columnName?: string | null
}

/** A table as MikroORM's comparator knows it, with what may be made of its columns by hand. */
export interface Constrained extends KeyedTable {
  getChecks(): readonly Check[]
  setChecks(checks: readonly Check[]): void
}

/** The name that a project's MikroORM gives what an entity does not name. */
export type GiveName = (
  table: string,
  columns: string[],
  type: 'index' | 'unique' | 'check' | 'foreign',
) => string

/**
 * Takes the indexes, checks and foreign keys of a table that are made by hand out of the schema of a database: those that the
 * entity does not have, and that have other names than MikroORM gives. Nothing but the name says who has made them. What the
 * entity has under another name is one that it renames.
 */
export function leaveHandMade(
  table: Constrained,
  wanted: Constrained,
  { known, giveName }: { readonly known: KnownObjects; readonly giveName: GiveName },
): void {
  const give = (columns: readonly string[], type: Parameters<GiveName>[2]) =>
    giveName(table.name, [...columns], type)
  table.setIndexes(table.getIndexes().map((one) => namePrimary(one, wanted)))
  const indexes = listIndexes(table)
  const isOfEntity = isIn(indexes, listIndexes(wanted))
  table.setIndexes(
    indexes.flatMap(([name, one]) => {
      const given = give(one.columnNames, one.unique ? 'unique' : 'index')
      return one.primary || isOfEntity(name, one) || name === given ? [one] : []
    }),
  )
  const keys = Object.entries(table.getForeignKeys())
  const isKey = isIn(keys, Object.entries(wanted.getForeignKeys()))
  const kept = keys.filter(
    ([name, one]) => isKey(name, one) || name === give(one.columnNames, 'foreign'),
  )
  table.setForeignKeys(Object.fromEntries(kept))
  const checks = new Set(wanted.getChecks().map(({ name }) => name))
  table.setChecks(
    table.getChecks().filter(({ name, columnName }) => {
      if (checks.has(name)) return true
      // PostgreSQL gives the same name to one that has none in its statement.
      const { definition } = findMade(known, table)?.constraints.get(name) ?? {}
      const isNamed = !definition || definition.conname !== undefined
      return isNamed && Boolean(columnName) && name === give([columnName ?? ''], 'check')
    }),
  )
}

/** Other tools name a primary key in their own way. MikroORM would make it again, and drop one by a name that is not there. */
function namePrimary<One extends ReturnType<Constrained['getIndexes']>[number]>(
  one: One,
  wanted: Constrained,
): One {
  const other = one.primary ? wanted.getIndexes().find(({ primary }) => primary) : undefined
  const isSame = other?.columnNames.join('\0') === one.columnNames.join('\0')
  return other && isSame ? { ...one, keyName: other.keyName } : one
}

interface OfColumns {
  readonly columnNames: readonly string[]
}

const listIndexes = (table: Constrained) =>
  table.getIndexes().map((one) => [one.keyName, one] as const)

/** True of what the entity has, too, or has of the same columns under a name that is not there yet. */
function isIn(
  there: readonly (readonly [string, OfColumns])[],
  wanted: readonly (readonly [string, OfColumns])[],
): (name: string, one: OfColumns) => boolean {
  const names = new Set(there.map(([name]) => name))
  const columnsOf = ({ columnNames }: OfColumns) => columnNames.join('\0')
  return (name, one) =>
    wanted.some(
      ([other, its]) => other === name || (!names.has(other) && columnsOf(its) === columnsOf(one)),
    )
}
