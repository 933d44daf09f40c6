import type pg from 'pg'
import { shown } from '../catalog/index.ts'
import { failure } from '../errors/index.ts'
import { messageFrom } from '../errors/message-from.ts'
import { printableName } from '../errors/printable.ts'
import type { Migration } from '../migration.ts'
import { sqlState } from '../session/connect.ts'
import { asAuthor } from '../session/author.ts'
import { quoteName } from '../sql/quote-name.ts'
import { printDecision, type Choice } from './decisions.ts'
import { type AdoptedTable, type PendingConstraint } from './pending-constraints.ts'
import {
  isQuarantined,
  repairedRows,
  rowConstraints,
  surplusRows,
  violation,
  type RepairContext,
} from './repaired-rows.ts'
import { listRepairOptions, REFUSE, type RepairOption } from './repair-options.ts'

/** Rows that violate a pending constraint, and what can be done with them. */
export interface Problem {
  /** `jobs.status:null`: decisions use this name. */
  readonly name: string
  readonly table: string
  readonly kind: PendingConstraint['kind'] | 'other'
  readonly columns: readonly string[]
  readonly count: number
  /** Keys of the first few rows. */
  readonly samples: readonly string[]
  /** The words that a check does not allow, and how often each is used. */
  readonly words?: readonly { readonly word: string; readonly count: number }[]
  readonly options: readonly RepairOption[]
  /** Absent where nothing was decided. */
  readonly decision?: string
  /** Rows that the decision does not repair; 0 where it is sufficient. */
  readonly unrepaired: number
}

const SAMPLES = 5
const WORDS = 20

/** Counts the rows that violate pending constraints, in a read-only transaction of the caller. */
export async function readProblems(
  client: pg.ClientBase,
  context: RepairContext,
): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const table of context.tables.values()) {
    if (table.pending.length === 0) continue
    if (context.beforeUpgrade && !context.beforeUpgrade.columns.has(table.table)) continue
    const found = await readViolations(client, table, context)
    problems.push(...found, ...(await readDuplicates(client, table, context, found)))
  }
  return problems
}

/**
 * Runs the checks of the pending migrations, and reports what they count beyond the constraints. Such a problem has
 * no option but to be mended by hand. A check that reads what an earlier migration makes cannot run yet: the rehearsal
 * and the run do that.
 */
export async function readFailedChecks(
  client: pg.ClientBase,
  pending: readonly Migration[],
  problems: readonly Problem[],
): Promise<Problem[]> {
  const failed: Problem[] = []
  for (const { name, requires } of pending) {
    for (const { query, says } of requires) {
      for (const [subject, count] of await readCounts(client, query)) {
        if (isExplained(subject, problems) || failed.some((one) => one.name === subject)) continue
        failed.push({
          name: subject,
          table: '',
          kind: 'other',
          columns: [],
          count,
          samples: [`${name}: ${says}`],
          options: [REFUSE],
          unrepaired: count,
        })
      }
    }
  }
  return failed
}

async function readViolations(
  client: pg.ClientBase,
  table: AdoptedTable,
  context: RepairContext,
): Promise<Problem[]> {
  const problems: Problem[] = []
  const nulls = await countNulls(client, table, context)
  for (const [position, constraint] of rowConstraints(table).entries()) {
    const rows = `(${repairedRows(table, context, position)}) as r0`
    const where = violation(constraint, 'r0', context.beforeUpgrade)
    const count = nulls.get(constraint.name) ?? (await countRows(client, rows, where))
    if (count === 0) continue
    const choices = context.decisions.get(constraint.name)
    const after = `(${repairedRows(table, context, position + 1)}) as r0`
    const words = await readWords(client, constraint, rows, where)
    problems.push({
      name: constraint.name,
      table: table.table,
      kind: constraint.kind,
      columns: constraint.kind === 'check' ? constraint.meaning.columns : [constraint.column],
      count,
      samples: await readKeys(client, table, `select * from ${rows} where ${where}`),
      ...(words && { words }),
      ...decided(choices),
      options: listRepairOptions(table, constraint, context),
      unrepaired: repairsAll(constraint, choices)
        ? 0
        : await countLeft(
            client,
            after,
            where,
            choices && `${constraint.name}=${printDecision(choices)}`,
          ),
    })
  }
  return problems
}

/** Throws DECISION_UNREADABLE for one that makes a value which its column cannot have. */
async function countLeft(
  client: pg.ClientBase,
  after: string,
  where: string,
  decision: string | undefined,
): Promise<number> {
  try {
    return await countRows(client, after, where)
  } catch (error) {
    if (decision === undefined || !sqlState(error)?.startsWith('22')) throw error
    throw failure('DECISION_UNREADABLE', { text: decision, reason: messageFrom(error) }, error)
  }
}

/** Rows that move violate nothing; nor do orphans that get a placeholder, which may not exist yet to be found. */
function repairsAll({ kind }: PendingConstraint, choices: readonly Choice[] | undefined): boolean {
  const hasPlaceholder = choices?.some((choice) => choice.kind === 'placeholder') ?? false
  return isQuarantined(choices) || (kind === 'orphan' && hasPlaceholder)
}

/** Counts the NULLs of all columns in one scan of the table. */
async function countNulls(
  client: pg.ClientBase,
  table: AdoptedTable,
  context: RepairContext,
): Promise<Map<string, number>> {
  const nulls = rowConstraints(table).filter(({ kind }) => kind === 'null')
  if (nulls.length === 0) return new Map()
  const counts = nulls.map(
    (one) => `count(*) filter (where ${violation(one, 'r0')}) as ${quoteName(one.name)}`,
  )
  const { rows } = await client.query<Record<string, string>>(
    `select ${counts.join(', ')} from (${repairedRows(table, context, 0)}) as r0`,
  )
  return new Map(nulls.map(({ name }) => [name, Number(rows[0]?.[name])]))
}

/** An existing key is read only if a repair changes its columns. */
async function readDuplicates(
  client: pg.ClientBase,
  table: AdoptedTable,
  context: RepairContext,
  violations: readonly Problem[],
): Promise<Problem[]> {
  const problems: Problem[] = []
  const earlier: string[] = []
  const changing = new Set(violations.flatMap(({ columns }) => columns))
  for (const key of table.pending) {
    if (key.kind !== 'duplicate') continue
    if (key.exists && !key.columns.some((column) => changing.has(column))) continue
    const rows = surplusRows(table, key, context, earlier)
    const count = await countRows(client, `(${rows}) as d`, 'true')
    earlier.push(rows)
    if (count === 0) continue
    const choices = context.decisions.get(key.name)
    problems.push({
      name: key.name,
      table: table.table,
      kind: 'duplicate',
      columns: key.columns,
      count,
      samples: await readKeys(client, table, rows),
      ...decided(choices),
      options: listRepairOptions(table, key, context),
      unrepaired: isQuarantined(choices) ? 0 : count,
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
  { primaryKey }: AdoptedTable,
  rows: string,
): Promise<string[]> {
  const keyText = primaryKey.map((column) => `${quoteName(column)}::text`).join(` || ', ' || `)
  const { rows: found } = await client.query<{ key: string }>(
    `select left(${keyText || '"~row"::text'}, 100) as key from (${rows}) as r order by 1 limit ${SAMPLES}`,
  )
  return found.map(({ key: text }) => printableName(text))
}

async function readWords(
  client: pg.ClientBase,
  constraint: PendingConstraint,
  rows: string,
  where: string,
): Promise<Problem['words']> {
  if (constraint.kind !== 'check') return undefined
  const [column] = constraint.meaning.columns
  if (column === undefined || constraint.meaning.columns.length > 1) return undefined
  const { rows: found } = await client.query<{ word: string; count: string }>(
    `select left(${quoteName(column)}::text, 100) as word, count(*) as count from ${rows} where ${where}
      group by 1 order by 2 desc, 1 limit ${WORDS}`,
  )
  return found.map(({ word, count }) => ({ word: printableName(word), count: Number(count) }))
}

/** Reads only counts: a check that returns true or false may be about what an earlier migration makes. */
async function readCounts(client: pg.ClientBase, query: string): Promise<[string, number][]> {
  await client.query('savepoint check_of_migration')
  try {
    const { rows } = await asAuthor(client, () => client.query<Record<string, unknown>>(query))
    return Object.entries(rows[0] ?? {}).flatMap(([name, value]): [string, number][] =>
      typeof value !== 'boolean' && Number(value) > 0 ? [[name, Number(value)]] : [],
    )
  } catch {
    return []
  } finally {
    await client.query('rollback to savepoint check_of_migration')
  }
}

/** A count named `jobs.status` is explained by any problem of that column. */
function isExplained(subject: string, problems: readonly Problem[]): boolean {
  return problems.some(({ table, columns }) =>
    columns.some((column) => subject === `${shown(table)}.${column}`),
  )
}
