import { BADGE, HEADER, NULL_WIDTH, PADDING, ROW, type Box, type Row } from './box.ts'
import { CELL, countCells, isPlain } from './measure.ts'
import type { Change, Column } from './model.ts'
import type { Placed } from './pack.ts'
import { SIGNS } from './signs.ts'
import { element, escapeXml, showControls } from './xml.ts'

/** How many colours the style has for schemas. */
const COLOURS = 6

const RADIUS = 7

export function drawBox(box: Placed<Box>, schemaIndex: number): string {
  const { kind, identity, width, height, change } = box
  const colour = `s${schemaIndex % COLOURS}`
  const classes = [kind, box.isElsewhere ? 'elsewhere' : undefined, change]
  return element(
    'g',
    {
      id: `${kind}-${encodeURIComponent(identity)}`,
      class: classes.filter(Boolean).join(' '),
      transform: `translate(${round(box.x)} ${round(box.y)})`,
      [`data-${kind}`]: identity,
      'data-width': width,
      'data-height': height,
      'data-change': change,
    },
    element('title', {}, escapeXml(box.tooltip)),
    element('rect', { class: 'card', width, height, rx: RADIUS }),
    element('path', {
      class: change ? 'wash' : `head ${colour}`,
      d: headShape(width, box.rows.length),
    }),
    change ? '' : element('path', { class: colour, d: stripeShape(width) }),
    sign(change, HEADER),
    drawHead(box),
    ...box.rows.map((row, index) => drawRow(row, box, index)),
    element('rect', { class: 'frame', width, height, rx: RADIUS }),
  )
}

function drawHead({ kind, schema, name, change, nameX, rows }: Box): string {
  const signs = rows.length > 0 && change ? nameX : PADDING
  const before = schema === '' ? '' : element('tspan', { class: 'dim' }, `${written(schema)}.`)
  const after = kind === 'enum' ? element('tspan', { class: 'dim' }, ' enum') : ''
  return element(
    'text',
    { class: 'word', x: round(signs), y: HEADER / 2 + 4.5 },
    before + element('tspan', { class: 'name', ...lengthOf(name) }, written(name)) + after,
  )
}

function drawRow(row: Row, box: Box, index: number): string {
  const { change } = row
  const top = HEADER + ROW * index
  const content =
    row.kind === 'column'
      ? drawColumn(row.column, row.type, box)
      : drawText(row.text, box.nameX, row.kind === 'label' ? 'word' : 'word dim')
  const badges = row.kind === 'column' ? row.badges : row.kind === 'key' ? (['UQ'] as const) : []
  return element(
    'g',
    {
      ...attributesOf(row),
      class: change,
      'data-change': change,
      transform: `translate(0 ${top})`,
    },
    row.kind === 'column' ? element('title', {}, escapeXml(describeColumn(row.column))) : '',
    change ? element('rect', { class: 'wash', x: 1, width: box.width - 2, height: ROW }) : '',
    sign(change, ROW),
    ...badges.map((badge, at) => drawBadge(badge, box.nameX - BADGE * (badges.length - at))),
    content,
  )
}

function attributesOf(row: Row): Record<string, string | undefined> {
  if (row.kind === 'column') return { 'data-column': row.column.identity }
  if (row.kind === 'key') return { 'data-key': row.identity }
  return row.kind === 'label' ? { 'data-label': row.text } : {}
}

function drawColumn(column: Column, type: string, { typeX, nameX, width }: Box): string {
  const isKey = column.isPrimary || column.isForeign
  const optional = { class: 'small', x: round(width - PADDING - NULL_WIDTH + 10), y: TEXT_Y }
  return (
    drawText(column.name, nameX, isKey ? 'word key' : 'word') +
    drawText(type, typeX, 'dim') +
    (column.isNotNull ? '' : element('text', optional, 'null'))
  )
}

/** All of a column in words, for who points at it. */
function describeColumn(column: Column): string {
  const { identity, type, formerType, isNotNull, default: value, comment } = column
  return [
    `${identity} ${formerType === undefined ? type : `${formerType} → ${type}`}`,
    isNotNull ? 'not null' : 'may be null',
    ...(value === undefined ? [] : [`default ${value}`]),
    ...(comment === undefined ? [] : [comment]),
  ].join('\n')
}

function drawBadge(badge: string, x: number): string {
  return (
    element('rect', {
      class: `${badge}-bg`,
      x: round(x),
      y: 4,
      width: BADGE - 5,
      height: 14,
      rx: 3,
    }) + element('text', { class: `badge ${badge}`, x: round(x + (BADGE - 5) / 2), y: 14.5 }, badge)
  )
}

function drawText(text: string, x: number, name: string): string {
  return element('text', { class: name, x: round(x), y: TEXT_Y, ...lengthOf(text) }, written(text))
}

/** What no font is known to have is set into the room that was measured for it. */
function lengthOf(text: string): Record<string, string | number> {
  if (isPlain(text)) return {}
  return { textLength: round(countCells(text) * CELL), lengthAdjust: 'spacingAndGlyphs' }
}

/** As it is, but for line breaks and the like. */
function written(text: string): string {
  return escapeXml(showControls(text))
}

const TEXT_Y = 15.5

function sign(change: Change | undefined, height: number): string {
  if (!change) return ''
  return element('text', { class: 'sign', x: PADDING + 3, y: height / 2 + 4.5 }, SIGNS[change])
}

/** The top of the box, round where the box is. */
function headShape(width: number, rows: number): string {
  const bottom =
    rows === 0
      ? `V${HEADER - RADIUS}Q${width} ${HEADER} ${width - RADIUS} ${HEADER}H${RADIUS}Q0 ${HEADER} 0 ${HEADER - RADIUS}`
      : `V${HEADER}H0`
  return `M0 ${RADIUS}Q0 0 ${RADIUS} 0H${width - RADIUS}Q${width} 0 ${width} ${RADIUS}${bottom}Z`
}

/** The colour of the schema, along the top. */
function stripeShape(width: number): string {
  const [inner, outer] = [width - RADIUS, width]
  return `M0 ${RADIUS}Q0 0 ${RADIUS} 0H${inner}Q${outer} 0 ${outer} ${RADIUS}Q${outer} 3 ${inner} 3H${RADIUS}Q0 3 0 ${RADIUS}Z`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
