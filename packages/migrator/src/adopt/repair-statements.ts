import { escapeLiteral } from 'pg'
import { JOURNAL_SCHEMA } from '../journal/journal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { printDecision } from './decisions.ts'
import { findReference, type AdoptedTable } from './pending-constraints.ts'
import { findDependents } from './repair-options.ts'
import {
  isQuarantined,
  quarantinedRows,
  repairedColumns,
  repairedRows,
  surplusRows,
  type RepairContext,
} from './repaired-rows.ts'

/** Holds the whole rows that were moved. The migrator owns this table and never drops a part of it. */
const QUARANTINE = `${JOURNAL_SCHEMA}.quarantine`

const CREATE_QUARANTINE = `create table if not exists ${QUARANTINE} (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  relation text not null,
  problem text not null,
  decision text not null,
  along_with text,
  row jsonb not null)`

/**
 * Writes the statements that carry out all decisions, for one transaction: they lock the tables against writers; then,
 * parents first, they move rows and update those that stay. Pure; the same decisions give the same statements.
 */
export function repairStatements(context: RepairContext): string[] {
  const tables = [...context.tables.values()].filter(({ pending }) =>
    pending.some(({ name }) => context.decisions.has(name)),
  )
  if (tables.length === 0) return []
  const locked = new Set(
    tables.flatMap(({ table }) => [table, ...(findDependents(table, context.tables) ?? [])]),
  )
  const lock = `lock table ${[...locked].join(', ')} in share row exclusive mode`
  const moves = tables.map((table) => moveQuarantined(table, context))
  const repairs = tables.flatMap((table, i) => [...(moves[i] ?? []), ...updateRows(table, context)])
  const quarantine = moves.flat().length > 0 ? [CREATE_QUARANTINE] : []
  return [lock, ...quarantine, ...insertPlaceholderParents(context), ...repairs]
}

function insertPlaceholderParents({
  tables,
  decisions,
  placeholderParents,
}: RepairContext): string[] {
  const needed = [...tables.values()].flatMap((table) =>
    table.pending.flatMap((constraint) => {
      if (constraint.kind !== 'null' && constraint.kind !== 'orphan') return []
      const choices = decisions.get(constraint.name)
      if (!choices?.some(({ kind }) => kind === 'placeholder')) return []
      const reference = findReference(table, constraint.column)
      return placeholderParents[reference?.references ?? '']?.insert ?? []
    }),
  )
  return [...new Set(needed)]
}

function moveQuarantined(table: AdoptedTable, context: RepairContext): string[] {
  return table.pending.flatMap((constraint) => {
    const choices = context.decisions.get(constraint.name)
    if (!choices || !isQuarantined(choices)) return []
    const rows =
      constraint.kind === 'duplicate'
        ? `select "~table", "~row" from (${surplusRows(table, constraint, context)}) as d`
        : quarantinedRows(table, constraint, context)
    const reason = { problem: constraint.name, decision: printDecision(choices) }
    return moveRows(table.table, rows, context.tables, reason)
  })
}

/**
 * Copies all rows that move, then deletes them, children first: the foreign key that would cascade may not exist yet.
 */
function moveRows(
  table: string,
  rows: string,
  tables: RepairContext['tables'],
  { problem, decision }: { problem: string; decision: string },
): string[] {
  const moving = [...findRowsToMove(table, rows, tables)]
  const copies = moving.map(([relation, queries]) => {
    const along = relation === table ? 'null' : escapeLiteral(table)
    const values = [relation, problem, decision].map((text) => escapeLiteral(text)).join(', ')
    return `insert into ${QUARANTINE} (relation, problem, decision, along_with, row)
  select ${values}, ${along}, to_jsonb("~moved") from ${relation} "~moved" where ${isAmong(queries)}`
  })
  const deletes = moving
    .toReversed()
    .map(([relation, queries]) => `delete from ${relation} "~moved" where ${isAmong(queries)}`)
  return [...copies, ...deletes]
}

function isAmong(queries: readonly string[]): string {
  return `("~moved".tableoid, "~moved".ctid) in (${queries.join('\n    union ')})`
}

/** Queries, by table, for the rows that move: those of `table`, and through every foreign key those that belong to them. */
function findRowsToMove(
  table: string,
  rows: string,
  tables: RepairContext['tables'],
  found = new Map<string, string[]>(),
): Map<string, string[]> {
  found.set(table, [...(found.get(table) ?? []), rows])
  for (const child of tables.values()) {
    for (const { references, columns, referencedColumns } of child.foreignKeys) {
      if (references !== table) continue
      const [own, referenced] = [columns, referencedColumns].map((names) =>
        names.map((name) => quoteName(name)).join(', '),
      )
      const parents = `select ${referenced} from ${table} p where (p.tableoid, p.ctid) in (${rows})`
      const children = `select c.tableoid, c.ctid from ${child.table} c where (${own}) in (${parents})`
      findRowsToMove(child.table, children, tables, found)
    }
  }
  return found
}

function updateRows(table: AdoptedTable, context: RepairContext): string[] {
  const columns = repairedColumns(table, context).map((column) => quoteName(column))
  if (columns.length === 0) return []
  const values = columns.map((column) => `${column} = r.${column}`).join(', ')
  const changes = columns
    .map((column) => `x.${column}::text is distinct from r.${column}::text`)
    .join(' or ')
  // The table is locked against writers, so its rows are still where the query finds them.
  return [
    `update ${table.table} x set ${values} from (${repairedRows(table, context)}) as r
  where x.tableoid = r."~table" and x.ctid = r."~row" and (${changes})`,
  ]
}
