import { count } from '../errors/list.ts'
import type { Cause } from './report.ts'
import type { Column, Row, TableRows } from './row-snapshot.ts'
import type { SaidLoss } from './said-losses.ts'

/** How the rows of a table differ from what was said. */
export interface RowFinding {
  readonly cause: Extract<Cause, 'rows' | 'values'>
  readonly object: string
  readonly said: string
  readonly happened: string
}

/** A table before and after; its columns have the same numbers in both. */
export interface Pair {
  readonly before: TableRows
  readonly after: TableRows | undefined
}

/** Holds the rows of a table before against those after. Without `said` nothing may be gone or changed. */
export function judgeRows(pair: Pair, said: SaidLoss | undefined): RowFinding[] {
  const { before, after } = pair
  if (before.rows.length === 0 || said?.isGone) return []
  if (!after) return [{ ...gone(before, before.rows), said: NOTHING }]
  const difference = findDifference(before, after, said)
  return [
    ...judgeVanished(before, difference.vanished, said),
    ...judgeColumns(before, after, said),
    ...judgeValues(before, difference.changed, said),
  ]
}

const NOTHING = 'nothing'

function judgeVanished(
  table: TableRows,
  vanished: readonly Row[],
  said: SaidLoss | undefined,
): RowFinding[] {
  const allowed = said?.rows ?? 0
  if (vanished.length <= allowed) return []
  return [
    { ...gone(table, vanished), said: allowed === 0 ? NOTHING : `${count(allowed, 'row')} to go` },
  ]
}

function gone(table: TableRows, vanished: readonly Row[]): Omit<RowFinding, 'said'> {
  const happened = `${vanished.length} of ${count(table.rows.length, 'row')} went: ${showRow(table, vanished[0])}`
  return { cause: 'rows', object: table.name, happened }
}

/** Columns that are gone with values in them, and that nothing speaks of. */
function judgeColumns(
  before: TableRows,
  after: TableRows,
  said: SaidLoss | undefined,
): RowFinding[] {
  const kept = new Set(after.columns.map(({ number }) => number))
  return before.columns.flatMap(({ number, name, isGenerated }, place): RowFinding[] => {
    if (kept.has(number) || isGenerated || said?.columns.has(number)) return []
    const values = before.rows.filter((row) => row[place] !== null).length
    if (values === 0) return []
    const happened = `the column went with ${count(values, 'value')}`
    return [{ cause: 'values', object: `${before.name}.${name}`, said: NOTHING, happened }]
  })
}

function judgeValues(
  table: TableRows,
  changed: ReadonlyMap<Column, readonly Change[]>,
  said: SaidLoss | undefined,
): RowFinding[] {
  return [...changed].flatMap(([{ number, name }, changes]): RowFinding[] => {
    const allowed = said?.columns.get(number) ?? said?.met ?? 0
    const [first] = changes
    if (!first || changes.length <= allowed) return []
    const became = `${show(first.from)} became ${show(first.to)}`
    const happened = `${changes.length} of ${count(table.rows.length, 'value')} changed: ${became} in ${showRow(table, first.row)}`
    const says = allowed === 0 ? NOTHING : `${count(allowed, 'value')} to change`
    return [{ cause: 'values', object: `${table.name}.${name}`, said: says, happened }]
  })
}

interface Change {
  readonly row: Row
  readonly from: string | null
  readonly to: string | null
}

interface Difference {
  readonly vanished: readonly Row[]
  readonly changed: ReadonlyMap<Column, readonly Change[]>
}

function findDifference(
  before: TableRows,
  after: TableRows,
  said: SaidLoss | undefined,
): Difference {
  const kept = new Map(after.columns.map((column, place) => [column.number, { column, place }]))
  const common = before.columns.flatMap((column, place): Common[] => {
    const there = kept.get(column.number)
    if (!there || column.isGenerated || there.column.isGenerated) return []
    const isOtherwise = isWrittenOtherwise(column, there.column)
    const isSaid = isOtherwise || (said?.columns.has(column.number) ?? false)
    return [{ column, place, later: there.place, isSaid, isOtherwise }]
  })
  const key = common.filter(({ column }) => before.key.includes(column.number))
  const isKeyed =
    before.key.length > 0 && key.length === before.key.length && !key.some((one) => one.isSaid)
  return isKeyed ? byKey(before, after, common, key) : bySet(before, after, common)
}

interface Common {
  readonly column: Column
  /** Before, and after. */
  readonly place: number
  readonly later: number
  readonly isSaid: boolean
  /** The same values have other texts. */
  readonly isOtherwise: boolean
}

/** A label of its enum has another name, or its composite type other attributes. */
function isWrittenOtherwise(before: Column, after: Column): boolean {
  return Object.entries(before.words).some(
    ([oid, name]) => after.words[oid] !== undefined && after.words[oid] !== name,
  )
}

function byKey(
  before: TableRows,
  after: TableRows,
  common: readonly Common[],
  key: readonly Common[],
): Difference {
  const then = new Map(
    after.rows.map((row) => [JSON.stringify(key.map((one) => row[one.later])), row]),
  )
  const vanished: Row[] = []
  const changed = new Map<Column, Change[]>()
  for (const row of before.rows) {
    const now = then.get(JSON.stringify(key.map(({ place }) => row[place])))
    if (!now) {
      vanished.push(row)
      continue
    }
    const differing = common.filter((one) => !one.isOtherwise && row[one.place] !== now[one.later])
    for (const { column, place, later: to } of differing) {
      const change = { row, from: row[place] ?? null, to: now[to] ?? null }
      changed.set(column, [...(changed.get(column) ?? []), change])
    }
  }
  return { vanished, changed }
}

/** Without a key that stays, a row is the one with the same values in the columns that nothing is said of. */
function bySet(before: TableRows, after: TableRows, common: readonly Common[]): Difference {
  const strict = common.filter(({ isSaid }) => !isSaid)
  const left = new Map<string, number>()
  for (const row of after.rows) {
    const text = JSON.stringify(strict.map(({ later }) => row[later]))
    left.set(text, (left.get(text) ?? 0) + 1)
  }
  const vanished = before.rows.filter((row) => {
    const text = JSON.stringify(strict.map(({ place }) => row[place]))
    const rest = left.get(text) ?? 0
    left.set(text, rest - 1)
    return rest <= 0
  })
  return { vanished, changed: new Map() }
}

/** Rows of `after` that are not in `before`, by what the key or all values are. */
export function findAppeared({ before, after }: Pair): readonly Row[] {
  if (!after) return []
  const turned = { before: { ...after, key: before.key }, after: before }
  return findDifference(turned.before, turned.after, undefined).vanished
}

/** By its key, or by its first columns. */
export function showRow({ columns, key }: TableRows, row: Row | undefined): string {
  const shown = columns
    .map((column, place) => ({ ...column, value: row?.[place] ?? null }))
    .filter(({ number }, place) => (key.length > 0 ? key.includes(number) : place < 3))
  return `the row ${shown.map(({ name, value }) => `${name} = ${show(value)}`).join(', ')}`
}

function show(value: string | null): string {
  if (value === null) return 'NULL'
  return value.length > 60 ? `'${value.slice(0, 60)}…'` : `'${value}'`
}
