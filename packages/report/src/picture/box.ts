import { splitIdentity } from '@techfacts/migrator/catalog'
import { CELL, countCells, SMALL_CELL } from './measure.ts'
import type { Change, Column, EnumType, Picture, Table } from './model.ts'
import { shortenType } from './types.ts'

/** A table or an enum as a box of rows, each measured: what stands in it fits, in any of the fonts. */
export interface Box {
  readonly kind: 'table' | 'enum'
  readonly identity: string
  /** '' for `public`, whose name says nothing. */
  readonly schema: string
  readonly name: string
  readonly tooltip: string
  readonly isElsewhere: boolean
  readonly change?: Change
  readonly rows: readonly Row[]
  readonly width: number
  readonly height: number
  /** Where names begin, after the signs of keys. */
  readonly nameX: number
  /** Where types begin. */
  readonly typeX: number
}

export type Row = ColumnRow | NoteRow

export interface ColumnRow {
  readonly kind: 'column'
  readonly column: Column
  readonly badges: readonly Badge[]
  readonly type: string
  readonly change?: Change
}

export interface NoteRow {
  readonly kind: 'key' | 'note' | 'label'
  /** What it is, in the catalog's words; notes have none. */
  readonly identity?: string
  readonly text: string
  readonly change?: Change
}

export type Badge = 'PK' | 'FK' | 'UQ'

export const HEADER = 32
export const ROW = 22
export const PADDING = 11
export const BADGE = 25
/** Where a row is marked as added, removed or altered. */
const SIGN = 14
const GAP = 18
/** The word at the end of a row whose column may be NULL. */
export const NULL_WIDTH = 4 * SMALL_CELL + 10

export function toBoxes({ tables, enums }: Picture): Box[] {
  const isMarked = [...tables, ...enums].some(({ change }) => change !== undefined)
  return [
    ...tables.map((table) => tableBox(table, isMarked)),
    ...enums.map((one) => enumBox(one, isMarked)),
  ]
}

/** The middle of the row of a column, from the top of its box. */
export function findRowMiddle({ rows }: Box, column: string | undefined): number {
  const index = rows.findIndex((row) => row.kind === 'column' && row.column.name === column)
  return index === -1 ? HEADER / 2 : HEADER + ROW * index + ROW / 2
}

function tableBox(table: Table, isMarked: boolean): Box {
  const rows: Row[] = [
    ...table.columns.map(toRow),
    ...table.uniqueKeys.map(({ identity, columns, change }) =>
      withChange({ kind: 'key', identity, text: `(${columns.join(', ')})` } as const, change),
    ),
    ...table.notes.map(({ text, change }) => withChange({ kind: 'note', text } as const, change)),
    ...listHidden(table.hiddenColumns),
  ]
  return measure(
    {
      kind: 'table',
      identity: table.identity,
      tooltip: [table.identity, table.comment].filter(Boolean).join('\n'),
      isElsewhere: table.isElsewhere ?? false,
      rows,
      ...(table.change && { change: table.change }),
    },
    isMarked,
  )
}

function enumBox({ identity, labels, change }: EnumType, isMarked: boolean): Box {
  const rows = labels.map((one) =>
    withChange({ kind: 'label', text: one.text } as const, one.change),
  )
  const box = { kind: 'enum', identity, tooltip: `enum ${identity}`, isElsewhere: false } as const
  return measure({ ...box, rows, ...(change && { change }) }, isMarked)
}

function toRow(column: Column): ColumnRow {
  const { type, formerType, change, isPrimary, isForeign, isUnique } = column
  const shortened = shortenType(type)
  const badges: readonly (readonly [boolean, Badge])[] = [
    [isPrimary, 'PK'],
    [isForeign, 'FK'],
    [isUnique && !isPrimary, 'UQ'],
  ]
  const row = {
    kind: 'column',
    column,
    badges: badges.flatMap(([has, badge]) => (has ? [badge] : [])),
    type: formerType === undefined ? shortened : `${shortenType(formerType)} → ${shortened}`,
  } as const
  return withChange(row, change)
}

function listHidden(count = 0): NoteRow[] {
  if (count === 0) return []
  return [{ kind: 'note', text: count === 1 ? '1 more column' : `${count} more columns` }]
}

function withChange<Part>(
  part: Part,
  change: Change | undefined,
): Part | (Part & { change: Change }) {
  return change === undefined ? part : { ...part, change }
}

type Unmeasured = Omit<Box, 'width' | 'height' | 'schema' | 'name' | 'nameX' | 'typeX'>

function measure(box: Unmeasured, isMarked: boolean): Box {
  const [schema = '', name = ''] = splitIdentity(box.identity)
  const columns = box.rows.filter((row) => row.kind === 'column')
  const keys = box.rows.some(({ kind }) => kind === 'key') ? 1 : 0
  const badges = Math.max(keys, ...columns.map((row) => row.badges.length))
  const signs = isMarked ? SIGN : 0
  const nameX = PADDING + signs + BADGE * badges
  const typeX = nameX + widest(columns.map(({ column }) => column.name)) + GAP
  const types = typeX + widest(columns.map(({ type }) => type)) + NULL_WIDTH
  const notes = nameX + widest(box.rows.flatMap((row) => ('text' in row ? [row.text] : [])))
  const head = PADDING + signs + widest([headOf(box, schema, name)])
  return {
    ...box,
    schema: schema === 'public' ? '' : schema,
    name,
    nameX,
    typeX,
    width: Math.ceil(Math.max(columns.length > 0 ? types : 0, notes, head) + PADDING),
    height: HEADER + ROW * box.rows.length + (box.rows.length > 0 ? 4 : 0),
  }
}

function headOf({ kind }: Unmeasured, schema: string, name: string): string {
  const before = schema === 'public' ? '' : `${schema}.`
  return `${before}${name}${kind === 'enum' ? ' enum' : ''}`
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => countCells(text) * CELL))
}
