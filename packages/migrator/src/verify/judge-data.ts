import { count } from '../errors/list.ts'
import { judgeRows, findAppeared, showRow, type Pair, type RowFinding } from './judge-rows.ts'
import type { Fault, Step } from './report.ts'
import type { Row, Snapshot, TableRows } from './row-snapshot.ts'
import type { SaidLoss, SaidLosses } from './said-losses.ts'

/** Holds the rows that were there before `up` against those after it, by what its statements said. */
export function judgeUp(before: Snapshot, after: Snapshot, said: SaidLosses): Fault[] {
  const now = new Map(after.tables.map((table) => [table.oid, table]))
  return before.tables.flatMap((table) => {
    const found = now.get(table.oid)
    const pair = { before: table, after: found && withMoved(found, after.tables) }
    const advice =
      'Say it: take rows and values by a statement of the migration itself (DROP, DELETE, UPDATE), or leave them.'
    return judgeRows(pair, said.get(table.oid)).map((finding) => toFault('up', finding, advice))
  })
}

/** What a way is to bring back: the same rows in tables of the same names, and no others. */
export interface Return {
  readonly step: Exclude<Step, 'up'>
  /** What nobody expects to come back. */
  readonly forgotten: SaidLosses
  readonly advice: string
}

/** Holds all rows and sequences against those of a former moment. */
export function judgeReturn(
  before: Snapshot,
  after: Snapshot,
  { step, forgotten, advice }: Return,
): Fault[] {
  const now = new Map(after.tables.map((table) => [table.name, table]))
  const rows = before.tables.flatMap((table) => {
    const found = now.get(table.name)
    if (!found) return []
    const pair = { before: table, after: numberedLike(table, withMoved(found, after.tables)) }
    const loss = forgotten.get(table.oid)
    return [...judgeRows(pair, loss), ...judgeAppeared(table, found, before, loss)]
  })
  const faults = rows.map((finding) =>
    toFault(step, { ...finding, said: `as ${BEFORE[step]}` }, advice),
  )
  return [...faults, ...judgeSequences(before, after, step)]
}

const BEFORE = { down: 'before up', 'up again': 'after the first up' } as const

function judgeAppeared(
  before: TableRows,
  after: TableRows,
  snapshot: Snapshot,
  forgotten: SaidLoss | undefined,
): RowFinding[] {
  // Rows that were to change may be others now, and without a key nobody can tell.
  const mayBeOthers = before.key.length === 0 && (forgotten?.columns.size ?? 0) > 0
  if (mayBeOthers) return []
  const former = withMoved(before, snapshot.tables)
  const pair: Pair = { before: former, after: numberedLike(former, after) }
  const appeared = findAppeared(pair)
  const isNew = appeared.length > 0 && after.rows.length > before.rows.length
  if (!isNew) return []
  const happened = `${count(appeared.length, 'row')} more: ${showRow(after, appeared[0])}`
  return [{ cause: 'rows', object: before.name, said: '', happened }]
}

/** A sequence that counts from an earlier number gives numbers that are taken. */
function judgeSequences(before: Snapshot, after: Snapshot, step: Fault['step']): Fault[] {
  return [...before.sequences].flatMap(([object, { last, increment }]): Fault[] => {
    const now = after.sequences.get(object)
    const isBehind = now !== undefined && (increment > 0n ? now.last < last : now.last > last)
    if (!isBehind) return []
    return [
      {
        step,
        cause: 'sequence',
        object,
        said: `its last number was ${last}`,
        happened: `it is ${now.last}: numbers that rows have are given out again`,
        advice: `Set it with select setval(…) where the migration makes it again.`,
      },
    ]
  })
}

function toFault(step: Step, finding: RowFinding, advice: string): Fault {
  return { step, ...finding, advice }
}

/** A row that another partition has now is not gone. */
function withMoved(table: TableRows, all: readonly TableRows[]): TableRows {
  const siblings = all.filter(({ root, oid }) => root === table.root && oid !== table.oid)
  const moved = siblings.flatMap((sibling) => arranged(sibling, table))
  return moved.length === 0 ? table : { ...table, rows: [...table.rows, ...moved] }
}

/** Rows in the order of columns that another table has them in. */
function arranged({ columns, rows }: TableRows, like: TableRows): Row[] {
  const places = like.columns.map(({ name }) => columns.findIndex((one) => one.name === name))
  return rows.map((row) => places.map((place) => row[place] ?? null))
}

/**
 * Columns that were dropped and made again have other numbers: by their names they are the same. What comes back has the same
 * text.
 */
function numberedLike(before: TableRows, after: TableRows): TableRows {
  const numbers = new Map(before.columns.map(({ name, number }) => [name, number]))
  const columns = after.columns.map((column) => ({
    ...column,
    number: numbers.get(column.name) ?? -column.number,
    words: {},
  }))
  return { ...after, columns }
}
