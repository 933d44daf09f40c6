import type { MigrationDiff } from '@mikro-orm/core'
import type { IndexStmt } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { checksum } from '../sql/checksum.ts'
import type { Texts } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { findMade } from './made-table.ts'

/** A table as MikroORM's comparator knows it. */
export interface IndexedTable {
  readonly name: string
  readonly schema?: string
  /** `expression` is all of the SQL of an index, where the entity writes that. */
  getIndexes(): readonly { readonly keyName: string; readonly expression?: string }[]
}

/**
 * Adds to generated statements those that make an index again which is written as SQL and has other SQL than before: MikroORM
 * compares such indexes by their names alone. What was renamed with the table is the same. What goes with a column that it names is
 * made again, too.
 */
export function addWrittenIndexes(
  { up, down }: MigrationDiff,
  tables: readonly IndexedTable[],
  known: KnownObjects,
  texts: Texts,
): MigrationDiff {
  const there = known.copy()
  for (const text of up) {
    const node = texts.readStatement(text)
    if (node) there.learn(node)
  }
  const [made, back, restored]: [string[], string[], string[]] = [[], [], []]
  for (const table of tables) {
    for (const { keyName, expression } of table.getIndexes()) {
      const now = expression === undefined ? undefined : texts.readStatement(expression)
      if (!now || !('IndexStmt' in now)) continue
      const held = findMade(there, table)?.indexes.get(keyName)
      const gone = held ? undefined : findMade(known, table)?.indexes.get(keyName)?.definition
      const before = gone ?? held?.definition
      if (!before || (held && isSame(before, now.IndexStmt))) continue
      const drop = `drop index ${quoteName(keyName, before.relation?.schemaname)};`
      const remake = `${texts.writeExpression({ IndexStmt: before })};`
      made.push(...(held ? [drop] : []), `${expression?.replace(/;\s*$/, '')};`)
      back.push(drop, ...(held ? [remake] : []))
      if (gone) restored.push(remake)
    }
  }
  return { up: [...up, ...made], down: [...back, ...down, ...restored] }
}

const isSame = (one: IndexStmt, other: IndexStmt) => shapeOf(one) === shapeOf(other)

function shapeOf(index: IndexStmt): string {
  return checksum({
    ...index,
    relation: undefined,
    concurrent: undefined,
    if_not_exists: undefined,
  })
}
