import { shown } from '@techfacts/migrator/catalog'
import { drawBox } from './draw-box.ts'
import { drawLine } from './draw-line.ts'
import { drawLegend, LEGEND_HEIGHT, measureLegend, nameOf } from './legend.ts'
import type { Layout } from './layout.ts'
import type { Picture } from './model.ts'
import { STYLE } from './style.ts'
import { element, escapeXml } from './xml.ts'

const MARGIN = 24

/**
 * Writes a picture as one SVG that needs nothing else: no script, no font, no reference. Each table, column and foreign key is an
 * element that names it (`data-table`, `data-column`, `data-constraint`) as the catalog does.
 */
export function writeSvg(picture: Picture, { width, height, boxes, lines }: Layout): string {
  const legend = measureLegend(picture)
  const fullWidth = Math.ceil(Math.max(width, legend) + 2 * MARGIN)
  const fullHeight = Math.ceil(height + LEGEND_HEIGHT + 3 * MARGIN)
  const schemas = [...new Set(boxes.map(({ schema }) => schema))].sort()
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'erd',
      role: 'img',
      width: fullWidth,
      height: fullHeight,
      viewBox: `0 0 ${fullWidth} ${fullHeight}`,
    },
    `\n${element('title', {}, nameOf(picture))}\n`,
    `${element('desc', {}, escapeXml(describe(picture)))}\n`,
    `<style>${STYLE}</style>\n`,
    `${element('rect', { class: 'paper', width: fullWidth, height: fullHeight })}\n`,
    element(
      'g',
      { transform: `translate(${MARGIN} ${MARGIN})` },
      ...lines.map((line) => `\n${drawLine(line)}`),
      ...boxes.map((box) => `\n${drawBox(box, schemas.indexOf(box.schema))}`),
    ),
    `\n${drawLegend(picture, MARGIN, fullHeight - MARGIN - LEGEND_HEIGHT)}\n`,
  )
}

/** What refers to what, in words; of a large schema that would be a list that nobody hears to its end. */
function describe({ tables, references }: Picture): string {
  if (references.length > 40) return ''
  const lines = references.map(({ from, to }) => `${shown(from)} refers to ${shown(to)}`)
  const names = tables.map(({ identity }) => shown(identity))
  return `Tables: ${names.join(', ')}. ${[...new Set(lines)].join('; ')}.`
}
