import { escapeLiteral } from 'pg'
import { shown } from '../catalog/index.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Choice, Decisions } from './decisions.ts'
import { findReference, type AdoptedTable, type PendingConstraint } from './pending-constraints.ts'
import { findParents, type AdoptedTables } from './repair-options.ts'

/** What the queries and statements of a repair are made from. */
export interface RepairContext extends AdoptedTables {
  readonly decisions: Decisions
  /** Set while rows are counted before the upgrade: the columns that exist, by table, and how others are computed. */
  readonly beforeUpgrade?: {
    readonly columns: ReadonlyMap<string, ReadonlySet<string>>
    readonly columnSources: Readonly<Record<string, string>>
  }
}

/** Identifies a row in every query of this file: the table or partition that holds it, and its place in it. */
const ROW = '"~table", "~row"'

/** A constraint that a row violates on its own, whatever the others are. */
type RowConstraint = Exclude<PendingConstraint, { kind: 'duplicate' }>
type UniqueKey = Extract<PendingConstraint, { kind: 'duplicate' }>

/**
 * A query for the rows of a table as they are after the repairs for its first `count` row constraints. The same query
 * counts beforehand the rows that a decision leaves unrepaired, and is the source of the UPDATE that repairs them.
 */
export function repairedRows(
  table: AdoptedTable,
  context: RepairContext,
  count = Number.POSITIVE_INFINITY,
  above: readonly string[] = [],
): string {
  const alias = `r${above.length}`
  let sql = unrepairedRows(table, context)
  for (const constraint of rowConstraints(table).slice(0, count)) {
    const repair = repairExpression(constraint, { table, context, alias, above })
    if (!repair) continue
    const columns = [...table.columns.keys()].map((column) =>
      column === repair.column ? `${repair.sql} as ${quoteName(column)}` : quoteName(column),
    )
    sql = `select ${ROW}, "~filled", ${columns.join(', ')} from (${sql}) as ${alias}`
  }
  return sql
}

/** The row constraints of a table in the order of their repairs: columns get a value before values are checked. */
export function rowConstraints({ pending }: AdoptedTable): RowConstraint[] {
  return pending.filter((one): one is RowConstraint => one.kind !== 'duplicate')
}

/** The condition under which a row violates a constraint. */
export function violation(
  constraint: RowConstraint,
  alias: string,
  beforeUpgrade?: RepairContext['beforeUpgrade'],
): string {
  if (constraint.kind === 'check') return `(${constraint.expression}) is false`
  if (constraint.kind === 'null') return `${quoteName(constraint.column)} is null`
  const { references, referencedColumns } = constraint.foreignKey
  const column = `${alias}.${quoteName(constraint.column)}`
  const key = quoteName(referencedColumns[0] ?? '')
  // The upgrade makes that table: it has no rows yet.
  if (beforeUpgrade && !beforeUpgrade.columns.has(references)) return `${column} is not null`
  return `(${column} is not null and not exists (select from ${references} p where p.${key} = ${column}))`
}

/** Lists the columns of a table that the decisions change. */
export function repairedColumns(table: AdoptedTable, context: RepairContext): string[] {
  const columns = rowConstraints(table).flatMap(
    (one) => repairExpression(one, { table, context, alias: 'r0', above: [] })?.column ?? [],
  )
  return [...new Set(columns)]
}

/** True where rows that no other choice repairs are moved. */
export function isQuarantined(choices: readonly Choice[] | undefined): boolean {
  return choices?.some(({ kind }) => kind === 'quarantine') ?? false
}

/** A query for the rows that the decision about a row constraint moves: those that its other choices do not repair. */
export function quarantinedRows(
  table: AdoptedTable,
  constraint: RowConstraint,
  context: RepairContext,
): string {
  const position = rowConstraints(table).indexOf(constraint)
  return `select ${ROW} from (${repairedRows(table, context, position + 1)}) as r0 where ${violation(constraint, 'r0', context.beforeUpgrade)}`
}

/** A query for all rows but the first of each key, once the row constraints are repaired. See {@link rowsByKey}. */
export function surplusRows(
  table: AdoptedTable,
  key: UniqueKey,
  context: RepairContext,
  earlier: readonly string[] = [],
): string {
  return `select * from (${rowsByKey(table, key, context, earlier)}) as n where "~nth" > 1`
}

/**
 * A query that numbers the rows of each key and counts them: rows that were complete come before those that were
 * filled in. NULLs count as equal where the column becomes NOT NULL, since they may be filled with the same value.
 * `earlier`: queries for rows that another key has found already.
 */
export function rowsByKey(
  table: AdoptedTable,
  key: UniqueKey,
  context: RepairContext,
  earlier: readonly string[] = [],
): string {
  const isKept = rowConstraints(table)
    .filter(({ name }) => isQuarantined(context.decisions.get(name)))
    .map((one) => `(${violation(one, 'r0', context.beforeUpgrade)}) is not true`)
  const isDistinct = key.nullsNotDistinct
    ? []
    : key.columns
        .filter((column) => table.columns.get(column)?.nullableAtHead)
        .map((column) => `${quoteName(column)} is not null`)
  const isNew = earlier.map(
    (rows) =>
      `not exists (select from (${rows}) as e where e."~table" = r0."~table" and e."~row" = r0."~row")`,
  )
  const isInKey = key.predicate === undefined ? [] : [`(${key.predicate})`]
  const where = [...isKept, ...isDistinct, ...isNew, ...isInKey].join(' and ') || 'true'
  const order = ['"~filled"', ...table.primaryKey.map((column) => quoteName(column)), ROW]
  const partition = key.expressions.join(', ')
  return `select r0.*, row_number() over (partition by ${partition} order by ${order.join(', ')}) as "~nth",
      count(*) over (partition by ${partition}) as "~of"
    from (${repairedRows(table, context)}) as r0 where ${where}`
}

function unrepairedRows(table: AdoptedTable, { beforeUpgrade }: RepairContext): string {
  const present = beforeUpgrade?.columns.get(table.table)
  const columns = [...table.columns].map(([name, { type }]) => {
    const source = beforeUpgrade?.columnSources[`${shown(table.table)}.${name}`]
    if (source !== undefined) return `(${source})::${type} as ${quoteName(name)}`
    if (present && !present.has(name)) return `null::${type} as ${quoteName(name)}`
    return quoteName(name)
  })
  const rows = `select tableoid as "~table", ctid as "~row", ${columns.join(', ')} from ${table.table}`
  const nulls = rowConstraints(table).flatMap((one) =>
    one.kind === 'null' ? [violation(one, 'b')] : [],
  )
  return `select b.*, ${nulls.join(' or ') || 'false'} as "~filled" from (${rows}) as b`
}

/** Where a repair's expression stands: `above` are the tables whose rows are filled from this one. */
interface Place {
  readonly table: AdoptedTable
  readonly context: RepairContext
  readonly alias: string
  readonly above: readonly string[]
}

/** The column that the decision about a constraint changes, and its new value; undefined where it changes none. */
function repairExpression(
  constraint: RowConstraint,
  place: Place,
): { column: string; sql: string } | undefined {
  const { table, context, alias } = place
  const choices = context.decisions.get(constraint.name) ?? []
  const column = constraint.kind === 'check' ? constraint.meaning.columns[0] : constraint.column
  const type = table.columns.get(column ?? '')?.type
  if (column === undefined || type === undefined) return undefined
  const name = quoteName(column)
  if (constraint.kind === 'check') {
    const sql = replaceViolating(constraint, choices, name, type)
    return sql === undefined ? undefined : { column, sql }
  }
  const fills = choices.flatMap((choice) => fillExpression(choice, column, type, place) ?? [])
  if (fills.length === 0) return undefined
  if (constraint.kind === 'null') return { column, sql: `coalesce(${[name, ...fills].join(', ')})` }
  const sql = `case when ${violation(constraint, alias, context.beforeUpgrade)} then coalesce(${fills.join(', ')}) else ${name} end`
  return { column, sql }
}

function fillExpression(
  choice: Choice,
  column: string,
  type: string,
  place: Place,
): string | undefined {
  switch (choice.kind) {
    case 'default':
      return `(${place.table.columns.get(column)?.default ?? 'null'})::${type}`
    case 'set':
      return `${escapeLiteral(choice.value)}::${type}`
    case 'from':
      return `(${quoteName(choice.column)})::${type}`
    case 'null':
      return `null::${type}`
    case 'placeholder':
      return placeholderKey(column, type, place)
    case 'parent':
      return parentValue(choice, column, place)
    default:
      return undefined
  }
}

/** Before the upgrade neither the row nor its table may exist: then the unused key stands for its key. */
function placeholderKey(
  column: string,
  type: string,
  { table, context: { placeholderParents, beforeUpgrade } }: Place,
): string | undefined {
  const references = findReference(table, column)?.references ?? ''
  const row = placeholderParents[references]
  if (!row || !beforeUpgrade) return row && `(${row.find})`
  const unusedKey = `${escapeLiteral(row.unusedKey)}::${type}`
  return beforeUpgrade.columns.has(references) ? `(${row.find}), ${unusedKey}` : unusedKey
}

/** The parent's value as it is after the parent's own repairs. */
function parentValue(
  { via }: Extract<Choice, { kind: 'parent' }>,
  column: string,
  { table, context, alias, above }: Place,
): string | undefined {
  const tables = [...above, table.table]
  const found = findParents(table, column, context).find(
    (one) => (via === undefined || one.via === via) && !tables.includes(one.parent.table),
  )
  if (!found) return undefined
  // Constraints that fill a column come before those that check it.
  const fills = rowConstraints(found.parent).filter(({ kind }) => kind !== 'check').length
  const rows = repairedRows(found.parent, context, fills, tables)
  return `(select p.${quoteName(found.column)} from (${rows}) as p where p.${quoteName(found.key)} = ${alias}.${quoteName(found.via)})`
}

/** The value of a column that violates a check: each choice in turn, then the one value that is left for the rest. */
function replaceViolating(
  { expression, meaning }: Extract<PendingConstraint, { kind: 'check' }>,
  choices: readonly Choice[],
  name: string,
  type: string,
): string | undefined {
  const cases = choices.flatMap((choice): string[] => {
    if (choice.kind === 'map') {
      const [from, to] = [choice.from, choice.to].map((word) => escapeLiteral(word))
      return [`when ${name} = ${from}::${type} then ${to}::${type}`]
    }
    if (choice.kind !== 'clamp') return []
    // NaN is greater than every number: clamped, it would become the highest allowed value, which nobody means.
    return [`when ${name}::text <> 'NaN' then (${clamp(name, meaning.range)})::${type}`]
  })
  const rest = choices.find((choice) => choice.kind === 'set' || choice.kind === 'null')
  if (cases.length === 0 && !rest) return undefined
  const value = rest?.kind === 'set' ? escapeLiteral(rest.value) : 'null'
  const otherwise = rest ? `${value}::${type}` : name
  return `case when (${expression}) is not false then ${name} ${cases.join(' ')} else ${otherwise} end`
}

function clamp(name: string, { low, high }: { low?: string; high?: string } = {}): string {
  const capped = high === undefined ? name : `least(${name}, ${high})`
  return low === undefined ? capped : `greatest(${capped}, ${low})`
}
