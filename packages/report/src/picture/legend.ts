import { SMALL_CELL } from './measure.ts'
import type { Picture } from './model.ts'
import { element, escapeXml } from './xml.ts'

export const LEGEND_HEIGHT = 34

/** What is in the picture, in one line. */
export function nameOf({ tables, references }: Picture): string {
  return `${count(tables.length, 'table')}, ${count(references.length, 'foreign key')}`
}

export function measureLegend(picture: Picture): number {
  return Math.max(...linesOf(picture).map((line) => line.length)) * SMALL_CELL
}

/** How the picture is read, below it. */
export function drawLegend(picture: Picture, x: number, y: number): string {
  return linesOf(picture)
    .map((line, index) =>
      element('text', { class: 'small', x, y: y + 12 + 17 * index }, escapeXml(line)),
    )
    .join('')
}

function linesOf(picture: Picture): readonly string[] {
  const { tables, leftOut = 0 } = picture
  const isMarked = [...tables, ...picture.references, ...picture.enums].some(({ change }) => change)
  const isShort = tables.some(({ hiddenColumns = 0 }) => hiddenColumns > 0)
  return [
    [
      nameOf(picture),
      ...(leftOut > 0 ? [`${count(leftOut, 'table')} without a change not shown`] : []),
      ...(isShort ? ['of some tables only the keys'] : []),
      ...(isMarked ? ['+ added   − removed   ~ altered'] : []),
    ].join(' · '),
    'PK primary key · FK foreign key · UQ unique · null: may be NULL · a crow’s foot: many rows, a bar: one, a circle: maybe none',
  ]
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`
}
