import type pg from 'pg'
import { printable } from '../catalog/render.ts'
import { quoteName } from '../sql/quote-name.ts'
import { printDecision, type Choice } from './decisions.ts'
import type { Demand, TableDemands } from './demands.ts'
import { duplicateRows, isQuarantined } from './doomed.ts'
import { layer, rowDemands, violationOf, type LayerContext } from './layers.ts'
import { offersFor, type Offer } from './offers.ts'

/** Rows that stand in the way of the pending migrations, and what can be done with them. */
export interface Problem {
  /** `jobs.status:null`, to be decided by this name. */
  readonly name: string
  readonly table: string
  readonly kind: Demand['kind'] | 'other'
  readonly columns: readonly string[]
  readonly count: number
  /** Keys of the first few of them. */
  readonly samples: readonly string[]
  /** Of words outside a vocabulary: which, and how often. */
  readonly words?: readonly { readonly word: string; readonly count: number }[]
  readonly choices: readonly Offer[]
  /** Absent where nothing was decided. */
  readonly decision?: string
  /** Rows that the decision leaves as they are; 0 where it is enough. */
  readonly left: number
}

const SAMPLES = 5
const WORDS = 20

/** Counts, in a read-only transaction of the caller, what does not meet the demands. */
export async function readProblems(
  client: pg.ClientBase,
  context: LayerContext,
): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const table of context.tables.values()) {
    if (table.demands.length === 0) continue
    if (context.before && !context.before.columns.has(table.table)) continue
    problems.push(...(await readRowProblems(client, table, context)))
    problems.push(...(await readDuplicates(client, table, context, problems)))
  }
  return problems
}

async function readRowProblems(
  client: pg.ClientBase,
  table: TableDemands,
  context: LayerContext,
): Promise<Problem[]> {
  const problems: Problem[] = []
  const demands = rowDemands(table)
  const counts = await countNulls(client, table, context)
  for (const [position, demand] of demands.entries()) {
    const rows = `(${layer(table, context, position)}) as r0`
    const where = violationOf(demand, 'r0', context.before)
    const count = counts.get(demand.name) ?? (await countRows(client, rows, where))
    if (count === 0) continue
    const choices = context.decisions.get(demand.name)
    const after = `(${layer(table, context, position + 1)}) as r0`
    const words = await readWords(client, demand, rows, where)
    problems.push({
      name: demand.name,
      table: table.table,
      kind: demand.kind,
      columns: demand.kind === 'check' ? demand.meaning.columns : [demand.column],
      count,
      samples: await readKeys(client, table, `select * from ${rows} where ${where}`),
      ...(words && { words }),
      ...decided(choices),
      choices: offersFor(table, demand, context),
      left: isTaken(demand, choices) ? 0 : await countRows(client, after, where),
    })
  }
  return problems
}

/** What is moved is out of the way; so is an orphan that the foster row takes in, which may not be there to be found. */
function isTaken({ kind }: Demand, choices: readonly Choice[] | undefined): boolean {
  const isFostered = choices?.some((choice) => choice.kind === 'adopted') ?? false
  return isQuarantined(choices) || (kind === 'orphan' && isFostered)
}

/** Every nullable column of a table in one reading of it. */
async function countNulls(
  client: pg.ClientBase,
  table: TableDemands,
  context: LayerContext,
): Promise<Map<string, number>> {
  const nulls = rowDemands(table).filter(({ kind }) => kind === 'null')
  if (nulls.length === 0) return new Map()
  const counts = nulls.map(
    (demand) => `count(*) filter (where ${violationOf(demand, 'r0')}) as ${quoteName(demand.name)}`,
  )
  const { rows } = await client.query<Record<string, string>>(
    `select ${counts.join(', ')} from (${layer(table, context, 0)}) as r0`,
  )
  return new Map(nulls.map(({ name }) => [name, Number(rows[0]?.[name])]))
}

/** A key that is there already is read only where a repair will give its columns other values. */
async function readDuplicates(
  client: pg.ClientBase,
  table: TableDemands,
  context: LayerContext,
  others: readonly Problem[],
): Promise<Problem[]> {
  const problems: Problem[] = []
  const earlier: string[] = []
  const changing = new Set(others.flatMap((one) => (one.table === table.table ? one.columns : [])))
  for (const demand of table.demands) {
    if (demand.kind !== 'duplicate') continue
    if (demand.exists && !demand.columns.some((column) => changing.has(column))) continue
    const rows = duplicateRows(table, demand, context, earlier)
    const count = await countRows(client, `(${rows}) as d`, 'true')
    earlier.push(rows)
    if (count === 0) continue
    const choices = context.decisions.get(demand.name)
    problems.push({
      name: demand.name,
      table: table.table,
      kind: 'duplicate',
      columns: demand.columns,
      count,
      samples: await readKeys(client, table, rows),
      ...decided(choices),
      choices: offersFor(table, demand, context),
      left: isQuarantined(choices) ? 0 : count,
    })
  }
  return problems
}

function decided(choices: readonly Choice[] | undefined): { decision?: string } {
  return choices ? { decision: printDecision(choices) } : {}
}

async function countRows(client: pg.ClientBase, from: string, where: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `select count(*) as count from ${from} where ${where}`,
  )
  return Number(rows[0]?.count)
}

async function readKeys(
  client: pg.ClientBase,
  { key }: TableDemands,
  rows: string,
): Promise<string[]> {
  const shown = key.map((column) => `${quoteName(column)}::text`).join(` || ', ' || `)
  const { rows: found } = await client.query<{ key: string }>(
    `select left(${shown || '"~row"::text'}, 100) as key from (${rows}) as r order by 1 limit ${SAMPLES}`,
  )
  return found.map(({ key: text }) => printable(text))
}

async function readWords(
  client: pg.ClientBase,
  demand: Demand,
  rows: string,
  where: string,
): Promise<Problem['words']> {
  if (demand.kind !== 'check') return undefined
  const [column] = demand.meaning.columns
  if (column === undefined || demand.meaning.columns.length > 1) return undefined
  const { rows: found } = await client.query<{ word: string; count: string }>(
    `select left(${quoteName(column)}::text, 100) as word, count(*) as count from ${rows} where ${where}
      group by 1 order by 2 desc, 1 limit ${WORDS}`,
  )
  return found.map(({ word, count }) => ({ word: printable(word), count: Number(count) }))
}
