import type { Choice } from './decisions.ts'
import type { Demand, TableDemands } from './demands.ts'
import { quoteName } from '../sql/quote-name.ts'
import { layer, ROW, rowDemands, violationOf, type LayerContext, type RowDemand } from './layers.ts'

/** True where rows that no other choice mends are to be moved. */
export function isQuarantined(choices: readonly Choice[] | undefined): boolean {
  return choices?.some(({ kind }) => kind === 'quarantine') ?? false
}

/** The rows, by place, that a decision about single rows moves: those that its other choices do not mend. */
export function doomedRows(table: TableDemands, demand: RowDemand, context: LayerContext): string {
  const position = rowDemands(table).indexOf(demand)
  return `select ${ROW} from (${layer(table, context, position + 1)}) as r0 where ${violationOf(demand, 'r0', context.before)}`
}

/** The rows that are surplus, once every decision about single rows is carried out: see {@link rowsByKey}. */
export function duplicateRows(
  table: TableDemands,
  demand: DuplicateDemand,
  context: LayerContext,
  earlier: readonly string[] = [],
): string {
  return `select * from (${rowsByKey(table, demand, context, earlier)}) as n where "~nth" > 1`
}

type DuplicateDemand = Extract<Demand, { kind: 'duplicate' }>

/**
 * Rows numbered among those of the same key, and how many there are of it: whole rows before those that were filled
 * in. NULLs count as equal where they will not be allowed, since whatever takes their place may be the same.
 * `earlier`: rows that another key has found already.
 */
export function rowsByKey(
  table: TableDemands,
  demand: DuplicateDemand,
  context: LayerContext,
  earlier: readonly string[] = [],
): string {
  const stays = rowDemands(table)
    .filter(({ name }) => isQuarantined(context.decisions.get(name)))
    .map((one) => `(${violationOf(one, 'r0', context.before)}) is not true`)
  const distinct = demand.nullsNotDistinct
    ? []
    : demand.columns
        .filter((column) => table.columns.get(column)?.nullableAtHead)
        .map((column) => `${quoteName(column)} is not null`)
  const found = earlier.map(
    (rows) =>
      `not exists (select from (${rows}) as e where e."~table" = r0."~table" and e."~row" = r0."~row")`,
  )
  const predicate = demand.predicate === undefined ? [] : [`(${demand.predicate})`]
  const conditions = [...stays, ...distinct, ...found, ...predicate].join(' and ') || 'true'
  const first = ['"~filled"', ...table.key.map((column) => quoteName(column)), ROW].join(', ')
  const key = demand.expressions.join(', ')
  return `select r0.*, row_number() over (partition by ${key} order by ${first}) as "~nth",
      count(*) over (partition by ${key}) as "~of"
    from (${layer(table, context)}) as r0 where ${conditions}`
}
