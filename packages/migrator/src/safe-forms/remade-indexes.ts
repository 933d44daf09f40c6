import type { KnownObjects } from '../known/known-objects.ts'
import { columnsOfIndex } from '../known/known-table.ts'
import type { TypeChange } from '../known/type-changes.ts'
import { columnsIn } from '../phase/release.ts'
import { nodesIn } from '../sql/nodes.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'

/**
 * Statements around a change of type, which make the indexes again that are more than their columns: PostgreSQL builds those again
 * in any case, with the casts and the collation of the type that was, so that no query of the other type finds them.
 */
export async function remakeIndexes(
  statements: readonly string[],
  changes: readonly TypeChange[],
  known: KnownObjects,
): Promise<string[]> {
  const names = new Set(changes.map(({ name }) => name))
  const [{ table: owner } = {}] = changes
  const table = owner && known.table(owner)
  const [dropped, made]: [string[], string[]] = [[], []]
  for (const [name, index] of table?.indexes ?? []) {
    const { definition } = index
    const isWritten =
      columnsIn(definition).length > 0 ||
      nodesIn(definition, 'IndexElem').some((key) => key['opclass'] ?? key['collation'])
    if (!definition || !isWritten || table?.constraints.has(name)) continue
    if (!columnsOfIndex(index).some((column) => names.has(column))) continue
    dropped.push(`drop index ${quoteName(name, definition.relation?.schemaname)};`)
    made.push(`${await deparseSql([{ IndexStmt: { ...definition, concurrent: false } }])};`)
  }
  return [...dropped, ...statements, ...made]
}
