/** What a statement can be about, most telling first: it decides where a sentence states several. */
export const KINDS = [
  'certification',
  'price',
  'endpoint',
  'requirement',
  'limit',
  'date',
  'version',
  'quantity',
] as const
export type Kind = (typeof KINDS)[number]

/** How a number bounds what it is about. */
export type Bound = '<' | '<=' | '=' | '>=' | '>' | 'range'

/** Something that a sentence names, in a form that can be compared. */
export type Value = {
  readonly kind: Kind
  /** As it is written in the sentence, and where. */
  readonly text: string
  readonly at: number
  /** The same for every spelling of it. */
  readonly normalized: string
  /** What it is called where it is one thing of many: the product of a version, the standard itself. */
  readonly name?: string
  readonly version?: string
  /** An ISO date, or its year and month. */
  readonly date?: string
  readonly number?: number
  /** Where a range ends. */
  readonly to?: number
  readonly unit?: string
  readonly bound?: Bound
  /** "second" of 5 requests per second. */
  readonly period?: string
  /** Of a cell of a table: the header of its column, and its row's first cell. */
  readonly column?: string
  readonly row?: string
}

/** Names are compared without case, compatibility forms and repeated blanks. */
export function normalize(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim()
}

/** A measure with its bound, unit and period, the same for every spelling: "<= 100 requests / second". */
export function normalizeMeasure(measure: {
  readonly number: number
  readonly to?: number | undefined
  readonly unit: string
  readonly bound: Bound
  readonly period?: string | undefined
}): string {
  const { number, to, unit, bound, period } = measure
  const numbers = to === undefined ? `${number}` : `${number}..${to}`
  const sign = bound === '=' || bound === 'range' ? '' : `${bound} `
  return `${sign}${numbers} ${[unit, ...(period ? [period] : [])].join(' / ')}`.trim()
}
