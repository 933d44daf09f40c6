import { escapeLiteral } from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import type { Choice, Decisions } from './decisions.ts'
import { shown } from '../catalog/index.ts'
import { referenceOf, type Demand, type TableDemands } from './demands.ts'
import { parentsOf, type Surroundings } from './offers.ts'

/** What the SQL below is made for. */
export interface LayerContext extends Surroundings {
  readonly decisions: Decisions
  /** Before a bridge: the columns that are there, by table, and how those to come can be read. */
  readonly before?: {
    readonly columns: ReadonlyMap<string, ReadonlySet<string>>
    readonly reads: Readonly<Record<string, string>>
  }
}

/** Where a row lies, in every layer: of its partition, and within. */
export const ROW = '"~table", "~row"'

export type RowDemand = Exclude<Demand, { kind: 'duplicate' }>

/**
 * The rows of a table as they will be, as a query: base, repaired for each of the first `count` demands in turn. The
 * same query counts beforehand what a decision leaves over, and feeds the UPDATE that carries it out.
 */
export function layer(
  table: TableDemands,
  context: LayerContext,
  count = Number.POSITIVE_INFINITY,
  above: readonly string[] = [],
): string {
  const alias = `r${above.length}`
  const here = [...above, table.table]
  let sql = baseOf(table, context)
  for (const demand of rowDemands(table).slice(0, count)) {
    const repair = repairOf(table, demand, context, alias, here)
    if (!repair) continue
    const columns = [...table.columns.keys()].map((column) =>
      column === repair.column ? `${repair.sql} as ${quoteName(column)}` : quoteName(column),
    )
    sql = `select ${ROW}, "~filled", ${columns.join(', ')} from (${sql}) as ${alias}`
  }
  return sql
}

/** The demands on single rows, in the order in which they are met: first every column has a value. */
export function rowDemands({ demands }: TableDemands): RowDemand[] {
  return demands.filter((one): one is RowDemand => one.kind !== 'duplicate')
}

/** True of a row of a layer that does not meet the demand. */
export function violationOf(
  demand: RowDemand,
  alias: string,
  before?: LayerContext['before'],
): string {
  if (demand.kind === 'check') return `(${demand.expression}) is false`
  if (demand.kind === 'null') return `${quoteName(demand.column)} is null`
  const { references, referencedColumns } = demand.foreignKey
  const column = `${alias}.${quoteName(demand.column)}`
  const key = quoteName(referencedColumns[0] ?? '')
  // A table that is yet to be made has no row to point to.
  if (before && !before.columns.has(references)) return `${column} is not null`
  return `(${column} is not null and not exists (select from ${references} p where p.${key} = ${column}))`
}

/** The columns of a table whose values the decisions change. */
export function repairedColumns(table: TableDemands, context: LayerContext): string[] {
  const columns = rowDemands(table).flatMap(
    (demand) => repairOf(table, demand, context, 'r0', [table.table])?.column ?? [],
  )
  return [...new Set(columns)]
}

function baseOf(table: TableDemands, { before }: LayerContext): string {
  const present = before?.columns.get(table.table)
  const columns = [...table.columns].map(([name, { type }]) => {
    const read = before?.reads[`${shown(table.table)}.${name}`]
    if (read !== undefined) return `(${read})::${type} as ${quoteName(name)}`
    if (present && !present.has(name)) return `null::${type} as ${quoteName(name)}`
    return quoteName(name)
  })
  const rows = `select tableoid as "~table", ctid as "~row", ${columns.join(', ')} from ${table.table}`
  const nulls = rowDemands(table).flatMap((one) =>
    one.kind === 'null' ? [violationOf(one, 'b')] : [],
  )
  return `select b.*, ${nulls.join(' or ') || 'false'} as "~filled" from (${rows}) as b`
}

/** The column that the decision about a demand changes, and to what; undefined where it changes none. */
function repairOf(
  table: TableDemands,
  demand: RowDemand,
  context: LayerContext,
  alias: string,
  above: readonly string[],
): { column: string; sql: string } | undefined {
  const choices = context.decisions.get(demand.name) ?? []
  const column = demand.kind === 'check' ? demand.meaning.columns[0] : demand.column
  const type = table.columns.get(column ?? '')?.type
  if (column === undefined || type === undefined) return undefined
  const name = quoteName(column)
  if (demand.kind === 'check') {
    const sql = replacement(demand, choices, name, type)
    return sql === undefined ? undefined : { column, sql }
  }
  const fills = choices.flatMap(
    (choice) => fillOf(choice, table, column, type, context, alias, above) ?? [],
  )
  if (fills.length === 0) return undefined
  if (demand.kind === 'null') return { column, sql: `coalesce(${[name, ...fills].join(', ')})` }
  const sql = `case when ${violationOf(demand, alias, context.before)} then coalesce(${fills.join(', ')}) else ${name} end`
  return { column, sql }
}

function fillOf(
  choice: Choice,
  table: TableDemands,
  column: string,
  type: string,
  context: LayerContext,
  alias: string,
  above: readonly string[],
): string | undefined {
  switch (choice.kind) {
    case 'default':
      return `(${table.columns.get(column)?.default ?? 'null'})::${type}`
    case 'set':
      return `${escapeLiteral(choice.value)}::${type}`
    case 'from':
      return `(${quoteName(choice.column)})::${type}`
    case 'null':
      return `null::${type}`
    case 'adopted':
      return fosterFill(table, column, type, context)
    case 'parent':
      return parentFill(choice, table, column, context, alias, above)
    default:
      return undefined
  }
}

/** Beforehand the row may not be there, nor the table to find it in: then any key stands for it. */
function fosterFill(
  table: TableDemands,
  column: string,
  type: string,
  { foster, before }: LayerContext,
): string | undefined {
  const own = referenceOf(table, column)
  const row = foster[own?.references ?? '']
  if (!row || !before) return row && `(${row.find})`
  const placeholder = `${escapeLiteral(row.placeholder)}::${type}`
  return before.columns.has(own?.references ?? '') ? `(${row.find}), ${placeholder}` : placeholder
}

/** The parent's own value, repaired: what it has not yet it will have by then. */
function parentFill(
  { via }: Extract<Choice, { kind: 'parent' }>,
  table: TableDemands,
  column: string,
  context: LayerContext,
  alias: string,
  above: readonly string[],
): string | undefined {
  const found = parentsOf(table, column, context).find(
    (one) => (via === undefined || one.via === via) && !above.includes(one.parent.table),
  )
  if (!found) return undefined
  const rows = layer(found.parent, context, untilFilled(found.parent), above)
  const own = `${alias}.${quoteName(found.via)}`
  return `(select p.${quoteName(found.column)} from (${rows}) as p where p.${quoteName(found.key)} = ${own})`
}

/** Demands on values that are there or not come before those on what they are. */
function untilFilled(table: TableDemands): number {
  return rowDemands(table).filter(({ kind }) => kind !== 'check').length
}

/** Words are mapped, then what is left gets the value that is meant for all. */
function replacement(
  { expression, meaning }: Extract<Demand, { kind: 'check' }>,
  choices: readonly Choice[],
  name: string,
  type: string,
): string | undefined {
  const cases = choices.flatMap((choice) =>
    choice.kind === 'map'
      ? [
          `when ${name} = ${escapeLiteral(choice.from)}::${type} then ${escapeLiteral(choice.to)}::${type}`,
        ]
      : [],
  )
  const others = choices.flatMap((choice): string[] => {
    if (choice.kind === 'set') return [`else ${escapeLiteral(choice.value)}::${type}`]
    if (choice.kind === 'null') return [`else null::${type}`]
    if (choice.kind !== 'clamp') return []
    // NaN is greater than everything: the nearest allowed value would be the highest, which nobody means.
    const { low, high } = meaning.range ?? {}
    const capped = high === undefined ? name : `least(${name}, ${high})`
    const clamped = low === undefined ? capped : `greatest(${capped}, ${low})`
    return [`when ${name}::text <> 'NaN' then (${clamped})::${type}`]
  })
  if (cases.length === 0 && others.length === 0) return undefined
  const otherwise = others.some((one) => one.startsWith('else')) ? '' : ` else ${name}`
  return `case when (${expression}) is not false then ${name} ${[...cases, ...others].join(' ')}${otherwise} end`
}
