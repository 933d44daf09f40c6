import type { Texts } from '../sql/parse.ts'

/** A view of an entity. */
export interface View {
  readonly name: string
  readonly schema?: string
  readonly definition: string
  readonly materialized?: boolean
  readonly withData?: boolean
}

interface ViewSchema {
  getViews(): readonly View[]
}

interface ViewChange {
  readonly changedViews: Record<string, { readonly from: View; readonly to: View }>
  readonly removedViews: Readonly<Record<string, View>>
  readonly changedTables: Record<string, TableChange>
}

interface TableChange {
  readonly fromTable: { readonly name: string }
  readonly changedColumns: Readonly<
    Record<string, { readonly changedProperties: ReadonlySet<string> }>
  >
  readonly removedColumns: Readonly<Record<string, unknown>>
  readonly addedColumns: Readonly<Record<string, unknown>>
}

/**
 * Adds to the views of a change those that have to be made again: one that stores its rows, or does not any more, and what
 * reads a view or a column that is in the way until then. MikroORM compares their queries alone, and drops with CASCADE.
 */
export function remakeViews(
  from: ViewSchema,
  to: ViewSchema,
  change: ViewChange,
  texts: Texts,
): void {
  const { changedViews, removedViews } = change
  const tables = listRetyped(change)
  const isInTheWay = (view: View) => {
    const words = readNames(view.definition, texts)
    const views = [
      ...Object.values(changedViews).map((one) => one.from),
      ...Object.values(removedViews),
    ]
    return (
      views.some(({ name }) => words.has(name)) ||
      tables.some(({ table, columns }) => words.has(table) && columns.some((one) => words.has(one)))
    )
  }
  const pairs = to.getViews().flatMap((view) => {
    const before = from.getViews().find((one) => keyOf(one) === keyOf(view))
    return before ? [{ from: before, to: view }] : []
  })
  for (let count = -1; count !== Object.keys(changedViews).length;) {
    count = Object.keys(changedViews).length
    for (const pair of pairs)
      if (kindOf(pair.from) !== kindOf(pair.to) || isInTheWay(pair.from))
        changedViews[keyOf(pair.to)] ??= pair
  }
  // Its indexes are made with it.
  for (const key of Object.keys(changedViews)) delete change.changedTables[key]
}

/** Columns whose type no view may stand on while it changes; with a star, all that come and go. */
function listRetyped({ changedTables }: ViewChange) {
  return Object.values(changedTables).map(({ fromTable, ...change }) => {
    const { changedColumns, removedColumns, addedColumns } = change
    const [gone, added] = [removedColumns, addedColumns].map(Object.keys)
    const retyped = Object.entries(changedColumns).flatMap(([name, { changedProperties }]) =>
      ['type', 'collation'].some((one) => changedProperties.has(one)) ? [name] : [],
    )
    const columns = [...retyped, ...(gone ?? []).filter((name) => added?.includes(name))]
    const hasOthers = columns.length + (gone?.length ?? 0) + (added?.length ?? 0) > 0
    return { table: fromTable.name, columns: [...columns, ...(hasOthers ? ['*'] : [])] }
  })
}

/** All that a text of SQL may name. */
export function readNames(text: string, texts: Texts): ReadonlySet<string> {
  return new Set(texts.readWords(text).map((word) => word.replaceAll('"', '')))
}

const keyOf = ({ schema, name }: View) => (schema ? `${schema}.${name}` : name)

const kindOf = ({ materialized = false, withData = true }: View) =>
  materialized ? `materialized ${withData ? 'with' : 'without'} data` : 'view'
