import type { DataLoss, Statement } from '../migration.ts'
import { readConversions, type Conversion } from '../sql/affected-rows.ts'
import { differs } from '../sql/differs.ts'
import { quoteName } from '../sql/quote-name.ts'
import { findCopy, findFill } from '../sql/fill.ts'
import type { Findings, TableLoss } from './table-loss.ts'
import type { StoredTable } from './tables.ts'

/**
 * Values that get another type: by ALTER COLUMN … TYPE, or `by` another column that was filled from the one that goes; of
 * rows that `isFilledLater` it will have what the fill gives it.
 */
export type Replacing = Extract<DataLoss, { readonly what: 'conversion' }> & {
  readonly by?: string
  readonly isFilledLater?: boolean
}

/**
 * The losses of a statement where a column goes from which its migration, whose statements are `own`, has filled another
 * one: like a new type, that takes only what the other one does not have. `isFilledLater` where they are only foreseen.
 */
export function withConversions<T extends Pick<Statement, 'dataLosses'>>(
  statement: T,
  own: readonly Pick<Statement, 'sql'>[],
  isFilledLater = false,
): T {
  if (!statement.dataLosses.some(({ what }) => what === 'column')) return statement
  const fills = own.flatMap(({ sql }) => findFill(sql) ?? [])
  const dataLosses = statement.dataLosses.map((loss): DataLoss | Replacing => {
    const fill = findCopy(fills, loss)
    if (loss.what !== 'column' || !fill) return loss
    const { table, column } = loss
    return { what: 'conversion', table, column, by: fill.to, isFilledLater }
  })
  return { ...statement, dataLosses }
}

/** What a new type takes of the values of a column. */
export async function converted(
  sql: string,
  { column, by, isFilledLater }: Replacing,
  table: StoredTable,
  isCountable: () => Promise<boolean>,
): Promise<Findings> {
  if (by !== undefined) {
    const next = table.columns.find(({ name }) => name === by)
    // Before it is made there is nothing to compare with.
    if (!next) return known([])
    const type = next.fullType
    const filled = `coalesce(${quoteName(by)}, ${quoteName(column)}::${type})`
    const expression = isFilledLater ? filled : quoteName(by)
    return known(convertedValues(table, { column, expression, type }))
  }
  const conversion = (await readConversions(sql)).find((one) => one.column === column)
  const isThere = table.columns.some(({ name }) => name === column)
  if (isThere && (await isCountable())) return known(convertedValues(table, conversion))
  return { tableLosses: [], unknown: [`${table.label}.${column}`] }
}

function convertedValues(table: StoredTable, conversion: Conversion | undefined): TableLoss[] {
  const old = table.columns.find(({ name }) => name === conversion?.column)
  if (!conversion || !old || old.isGenerated) return []
  const column = quoteName(old.name)
  const isSet = `${column} is distinct from null`
  const converted = `(${conversion.expression})::${conversion.type}`
  const isChanged = (to: string) => `${isSet} and ${differs(to, column)}`
  // A value is lost where its old type cannot be restored from the new one.
  const isTaken = isChanged(`(${converted})::${old.fullType}`)
  const columns = [{ name: old.name, isTaken, orElse: [isChanged(converted), isSet] }]
  return [{ kind: 'values', table, columns }]
}

const known = (tableLosses: readonly TableLoss[]): Findings => ({ tableLosses, unknown: [] })
