import type { KnownObjects } from '../known/known-objects.ts'
import type { TypeChange } from '../known/type-changes.ts'
import type { Check } from '../migration.ts'
import { readName } from '../sql/names.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { allLabelled } from './pre-checks.ts'

/** What must hold before a column becomes an enum, on either way: nothing in it is of a label that the enum has not. */
export function requireLabels({ table, name, to }: TypeChange, known: KnownObjects): Check[] {
  const type = readName(to.typeName && { TypeName: to.typeName })
  const labels = known.labelsOf(type)?.map(quoteLiteral).join(', ')
  if (labels === undefined) return []
  const column = quoteName(name)
  const isList = (to.typeName?.arrayBounds ?? []).length > 0
  const condition = isList
    ? `exists (select from unnest(${column}::text[]) as label where label not in (${labels}))`
    : `${column}::text not in (${labels})`
  const shown = { column, type: type.name, condition, labels }
  return [allLabelled({ table: quoteName(table.name, table.schema), ...shown })]
}
