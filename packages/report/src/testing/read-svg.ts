import { DOMParser, onErrorStopParsing, type Element } from '@xmldom/xmldom'

/** What a picture shows, read from its elements. */
export interface Shown {
  readonly tables: readonly ShownBox[]
  readonly enums: readonly ShownBox[]
  readonly lines: readonly ShownLine[]
  readonly texts: readonly string[]
}

export interface ShownBox {
  readonly identity: string
  readonly change: string | null
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly rows: readonly ShownRow[]
}

export interface ShownRow {
  readonly column: string | null
  readonly change: string | null
  /** Of the middle of the row. */
  readonly y: number
  readonly texts: readonly string[]
}

export interface ShownLine {
  readonly constraint: string | null
  readonly from: string | null
  readonly to: string | null
  readonly change: string | null
  /** The corners, as far as the path has them. */
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** Reads an SVG; throws where it is not well-formed. */
export function readSvg(svg: string): Shown {
  const { documentElement } = new DOMParser({ onError: onErrorStopParsing }).parseFromString(
    svg,
    'image/svg+xml',
  )
  if (!documentElement) throw new Error('No element.')
  const all = descend(documentElement)
  const boxes = (kind: string) =>
    all.filter((one) => one.hasAttribute(`data-${kind}`)).map((one) => readBox(one, kind))
  return {
    tables: boxes('table'),
    enums: boxes('enum'),
    lines: all.filter((one) => one.hasAttribute('data-constraint')).map(readLine),
    texts: all.filter(({ localName }) => localName === 'text').map(textOf),
  }
}

function readBox(element: Element, kind: string): ShownBox {
  const [x = 0, y = 0] = numbersOf(element.getAttribute('transform'))
  const rows = childrenOf(element).filter(({ localName }) => localName === 'g')
  return {
    identity: element.getAttribute(`data-${kind}`) ?? '',
    change: element.getAttribute('data-change'),
    x,
    y,
    width: Number(element.getAttribute('data-width')),
    height: Number(element.getAttribute('data-height')),
    rows: rows.map((row) => ({
      column: row.getAttribute('data-column'),
      change: row.getAttribute('data-change'),
      y: y + (numbersOf(row.getAttribute('transform'))[1] ?? 0) + 11,
      texts: childrenOf(row)
        .filter(({ localName }) => localName === 'text')
        .map(textOf),
    })),
  }
}

function readLine(element: Element): ShownLine {
  const way = childrenOf(element).find((one) => one.getAttribute('class') === 'way')
  const numbers = numbersOf(way?.getAttribute('d') ?? '')
  return {
    constraint: element.getAttribute('data-constraint'),
    from: element.getAttribute('data-from'),
    to: element.getAttribute('data-to'),
    change: element.getAttribute('data-change'),
    points: numbers.flatMap((x, index) => {
      const y = numbers[index + 1]
      return index % 2 === 0 && y !== undefined ? [[x, y] as const] : []
    }),
  }
}

function numbersOf(text: string | null): number[] {
  return [...(text ?? '').matchAll(/-?\d+(\.\d+)?/g)].map(([number]) => Number(number))
}

function textOf(element: Element): string {
  return element.textContent ?? ''
}

function childrenOf(element: Element): Element[] {
  return [...element.childNodes].filter((node): node is Element => node.nodeType === 1)
}

function descend(element: Element): Element[] {
  return [element, ...childrenOf(element).flatMap(descend)]
}
