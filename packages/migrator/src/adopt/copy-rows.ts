import type { Inspection } from './adoption-plan.ts'
import type pg from 'pg'
import { asAuthor } from '../session/author.ts'
import { quoteName } from '../sql/quote-name.ts'
import { demandsBetween, type TableDemands } from './demands.ts'
import { rowsByKey } from './doomed.ts'
import { layer, rowDemands, violationOf, type LayerContext } from './layers.ts'

/** So many rows of each problem, and so many others of each table. */
const OF_A_PROBLEM = 50
const OF_A_TABLE = 20

/** By table, the places of the rows that are copied. */
type Chosen = Map<string, Set<string>>

/** Copies rows that stand in the way, some others, and every row that one of them belongs to. Returns how many. */
export async function copyRows(
  from: pg.Client,
  to: pg.Client,
  { context, live }: Inspection,
  unmade: readonly string[],
): Promise<number> {
  const left = new Set(unmade)
  const tables = (await demandsBetween(live, live, live)).filter(
    ({ table }) => !left.has(`table ${table}`),
  )
  await from.query('begin isolation level repeatable read read only')
  const chosen = await asAuthor(from, () => choose(from, tables, context))
  let count = 0
  for (const table of tables) {
    const places = [...(chosen.get(table.table) ?? [])]
    if (places.length === 0) continue
    const { rows } = await from.query<{ rows: string }>(
      `select jsonb_agg(to_jsonb("~moved"))::text as rows from ${table.table} "~moved" where "~moved".ctid = any($1::tid[])`,
      [places],
    )
    const columns = [...table.columns.keys()].map((name) => quoteName(name)).join(', ')
    await to.query(
      `insert into ${table.table} (${columns}) overriding system value
       select ${columns} from jsonb_populate_recordset(null::${table.table}, $1::jsonb)`,
      [rows[0]?.rows ?? '[]'],
    )
    count += places.length
  }
  await copySequences(from, to, live)
  await from.query('rollback')
  return count
}

async function choose(
  from: pg.Client,
  tables: readonly TableDemands[],
  context: LayerContext,
): Promise<Chosen> {
  const chosen: Chosen = new Map()
  const add = async (table: string, sql: string, values: unknown[] = []) => {
    const { rows } = await from.query<{ place: string }>(sql, values)
    const places = chosen.get(table) ?? new Set()
    const before = places.size
    for (const { place } of rows) places.add(place)
    chosen.set(table, places)
    return places.size > before
  }
  for (const { table } of tables) {
    await add(table, `select ctid::text as place from ${table} limit ${OF_A_TABLE}`)
  }
  for (const { table, rows } of awkwardRows(context)) {
    await add(table, `select "~row"::text as place from (${rows}) as p limit ${OF_A_PROBLEM}`)
  }
  // Children before their parents, and again as long as that finds more: a table may belong to itself.
  for (let grows = true; grows;) {
    grows = false
    for (const child of tables.toReversed()) {
      for (const { columns, references, referencedColumns } of child.foreignKeys) {
        const [own, theirs] = [columns, referencedColumns].map((names) =>
          names.map((name) => quoteName(name)).join(', '),
        )
        const sql = `select p.ctid::text as place from ${references} p where (${theirs}) in
          (select ${own} from ${child.table} c where c.ctid = any($1::tid[]))`
        const places = [...(chosen.get(child.table) ?? [])]
        grows = (await add(references, sql, [places])) || grows
      }
    }
  }
  return chosen
}

/** As the problems are counted; of a key that rows share, all that share it. */
function* awkwardRows(context: LayerContext): Generator<{ table: string; rows: string }> {
  for (const table of context.tables.values()) {
    if (!context.before?.columns.has(table.table)) continue
    for (const [position, demand] of rowDemands(table).entries()) {
      const where = violationOf(demand, 'r0', context.before)
      yield {
        table: table.table,
        rows: `select * from (${layer(table, context, position)}) as r0 where ${where}`,
      }
    }
    for (const demand of table.demands) {
      if (demand.kind !== 'duplicate') continue
      const rows = `select * from (${rowsByKey(table, demand, context)}) as k where "~of" > 1`
      yield { table: table.table, rows }
    }
  }
}

/** So that a row that is made on the way does not get the key of one that was copied. */
async function copySequences(
  from: pg.Client,
  to: pg.Client,
  { objects }: Inspection['live'],
): Promise<void> {
  for (const object of objects) {
    if (object.kind !== 'sequence') continue
    const { rows } = await from.query<{ last: string; called: boolean }>(
      `select last_value::text as last, is_called as called from ${object.identity}`,
    )
    const values = [object.identity, rows[0]?.last, rows[0]?.called]
    await to.query('select setval($1::regclass, $2::bigint, $3)', values)
  }
}
