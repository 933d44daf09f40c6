import type { Statement } from '../outline.ts'
import { readTokens } from './tokens.ts'
import { readUnit } from './units.ts'
import type { Value } from './values.ts'

/** A text that is read on its own, and what is known about it from elsewhere. */
export type Part = {
  readonly plain: string
  /** Values that end before this are not its own: they stand in the header or in the first cell. */
  readonly from: number
  /** What an offset in `plain` lacks to be one in the statement. */
  readonly shift: number
  /** Said with each of its values. */
  readonly place: Pick<Value, 'column' | 'row'>
}

/**
 * The parts of a statement: a sentence is one, a cell of a table is one, after its row's label and its
 * column's header, which say what its number is and how it is bound.
 */
export function readParts({ plain, cells }: Pick<Statement, 'plain' | 'cells'>): Part[] {
  const [first] = cells ?? []
  if (!cells || !first) return [{ plain, from: 0, shift: 0, place: {} }]
  const label = plain.slice(first.start, first.end)
  return cells.map((cell) => {
    const text = plain.slice(cell.start, cell.end)
    const row = cell === first ? '' : label
    const context = contextOf(row, cell.column)
    const place = { ...(cell.column && { column: cell.column }), ...(row && { row }) }
    const unit = needsUnit(text) ? unitOf(cell.column) : ''
    const from = context.length
    return { plain: `${context}${text}${unit}`, from, shift: cell.start - from, place }
  })
}

/** A row as it would be read aloud: "Plan: Pro; Price: $10". */
export function readRowAloud({ plain, cells }: Pick<Statement, 'plain' | 'cells'>): string {
  return (cells ?? [])
    .map(({ column, start, end }) => `${column && `${column}: `}${plain.slice(start, end)}`)
    .join('; ')
}

/** A column of versions belongs to the product that the row is about. */
function contextOf(row: string, column: string): string {
  const tokens = readTokens(column).map(({ lower }) => lower)
  if (row && tokens.some((word) => word.startsWith('version'))) {
    const isLeast = tokens.some((word) => word.startsWith('min'))
    return `${row} ${isLeast ? '>= ' : ''}`
  }
  return [row, column && `${column}: `].filter(Boolean).join(' ')
}

function needsUnit(text: string): boolean {
  return readTokens(text).every(({ kind, text }) => kind === 'number' || '-–±<>=≤≥'.includes(text))
}

/** "ms" of the header "Latency (ms)". */
function unitOf(column: string): string {
  const tokens = readTokens(column)
  const open = tokens.findLastIndex(({ text }) => '([,'.includes(text))
  const unit = readUnit(tokens, open + 1)
  const isAll = open >= 0 || unit?.last === tokens.length - 1
  return unit?.isMeasured && isAll
    ? ` ${column.slice(tokens[open + 1]?.at, tokens[unit.last]?.end)}`
    : ''
}
