import { escapeLiteral } from 'pg'
import { JOURNAL_SCHEMA } from '../journal/journal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { printDecision } from './decisions.ts'
import { referenceOf, type TableDemands } from './demands.ts'
import { doomedRows, duplicateRows, isQuarantined } from './doomed.ts'
import { layer, repairedColumns, rowDemands, type LayerContext } from './layers.ts'
import { dependentsOf } from './offers.ts'

/** Where rows go that do not fit, whole; it belongs to the migrator, and no part of it is ever dropped by it. */
export const QUARANTINE = `${JOURNAL_SCHEMA}.quarantine`

const CREATE_QUARANTINE = `create table if not exists ${QUARANTINE} (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  relation text not null,
  problem text not null,
  decision text not null,
  along_with text,
  row jsonb not null)`

/**
 * The statements that carry out all decisions, for one transaction: nobody writes to the tables meanwhile, then,
 * parents first, rows are moved, and what stays is filled in. Pure; the same decisions make the same texts.
 */
export function repairStatements(context: LayerContext): string[] {
  const tables = [...context.tables.values()].filter(({ demands }) =>
    demands.some(({ name }) => context.decisions.has(name)),
  )
  if (tables.length === 0) return []
  const locked = new Set(
    tables.flatMap(({ table }) => [table, ...(dependentsOf(table, context.tables) ?? [])]),
  )
  const lock = `lock table ${[...locked].join(', ')} in share row exclusive mode`
  const repairs = tables.flatMap((table) => repairTable(table, context))
  const moves = repairs.some((sql) => sql.includes(QUARANTINE)) ? [CREATE_QUARANTINE] : []
  return [lock, ...moves, ...fosterRows(context), ...repairs]
}

function fosterRows({ tables, decisions, foster }: LayerContext): string[] {
  const needed = [...tables.values()].flatMap((table) =>
    table.demands.flatMap((demand) => {
      if (demand.kind !== 'null' && demand.kind !== 'orphan') return []
      if (!decisions.get(demand.name)?.some(({ kind }) => kind === 'adopted')) return []
      return foster[referenceOf(table, demand.column)?.references ?? '']?.insert ?? []
    }),
  )
  return [...new Set(needed)]
}

function repairTable(table: TableDemands, context: LayerContext): string[] {
  const { decisions, tables } = context
  const moves = table.demands.flatMap((demand) => {
    const choices = decisions.get(demand.name)
    if (!choices || !isQuarantined(choices)) return []
    const rows =
      demand.kind === 'duplicate'
        ? `select "~table", "~row" from (${duplicateRows(table, demand, context)}) as d`
        : doomedRows(table, demand, context)
    const labels = [demand.name, printDecision(choices)] as const
    return moveStatements(table.table, rows, tables, labels)
  })
  return [...moves, ...updateStatement(table, context)]
}

/**
 * First the images of everything that goes, then the rows themselves, those that belong to others first: the foreign
 * key that would take them along may not be there yet.
 */
function moveStatements(
  table: string,
  rows: string,
  tables: LayerContext['tables'],
  [problem, decision]: readonly [problem: string, decision: string],
): string[] {
  const going = [...goingAlong(table, rows, tables)]
  const images = going.map(([relation, parts]) => {
    const along = relation === table ? 'null' : escapeLiteral(table)
    const values = [relation, problem, decision].map((text) => escapeLiteral(text)).join(', ')
    return `insert into ${QUARANTINE} (relation, problem, decision, along_with, row)
  select ${values}, ${along}, to_jsonb("~moved") from ${relation} "~moved" where ${isAmong(parts)}`
  })
  const deletes = going
    .toReversed()
    .map(([relation, parts]) => `delete from ${relation} "~moved" where ${isAmong(parts)}`)
  return [...images, ...deletes]
}

function isAmong(parts: readonly string[]): string {
  return `("~moved".tableoid, "~moved".ctid) in (${parts.join('\n    union ')})`
}

/** By table, the rows that go: the first one's, and through every foreign key those that belong to them. */
function goingAlong(
  table: string,
  rows: string,
  tables: LayerContext['tables'],
  found = new Map<string, string[]>(),
): Map<string, string[]> {
  found.set(table, [...(found.get(table) ?? []), rows])
  for (const child of tables.values()) {
    for (const { references, columns, referencedColumns } of child.foreignKeys) {
      if (references !== table) continue
      const [own, theirs] = [columns, referencedColumns].map((names) =>
        names.map((name) => quoteName(name)).join(', '),
      )
      const parents = `select ${theirs} from ${table} p where (p.tableoid, p.ctid) in (${rows})`
      const children = `select c.tableoid, c.ctid from ${child.table} c where (${own}) in (${parents})`
      goingAlong(child.table, children, tables, found)
    }
  }
  return found
}

function updateStatement(table: TableDemands, context: LayerContext): string[] {
  const columns = repairedColumns(table, context).map((column) => quoteName(column))
  if (columns.length === 0) return []
  const values = columns.map((column) => `${column} = r.${column}`).join(', ')
  const changes = columns
    .map((column) => `x.${column}::text is distinct from r.${column}::text`)
    .join(' or ')
  // Locked against writers by then; a duplicate that stays would be refused by its key.
  return [
    `update ${table.table} x set ${values} from (${layer(table, context, rowDemands(table).length)}) as r
  where x.tableoid = r."~table" and x.ctid = r."~row" and (${changes})`,
  ]
}
