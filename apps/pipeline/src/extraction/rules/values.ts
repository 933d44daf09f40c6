/** What a statement can be about, most telling first: it decides where a sentence states several. */
export const KINDS = [
  'certification',
  'price',
  'endpoint',
  'limit',
  'requirement',
  'version',
  'quantity',
] as const
export type Kind = (typeof KINDS)[number]

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
  readonly number?: number
  readonly unit?: string
}

/** Names are compared without case, compatibility forms and repeated blanks. */
export function normalize(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}

/** A number as people write it: 1,000 or 1 000 or 2.5, and what multiplies it. */
export const NUMBER = String.raw`(?<![\w.,-])\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?:\.\d+)?|(?<![\w.,-])\d{1,15}(?:\.\d{1,9})?`
export const MULTIPLE = String.raw`(?:\s?(?:k|K|thousand|million|billion|M|bn)(?![\p{L}\p{N}]))?`

/** The number that `text` (a match of NUMBER and MULTIPLE) means. */
export function readNumber(text: string): number {
  const [, digits = '', multiple = ''] = /^([\d.,\s]+)(.*)$/u.exec(text) ?? []
  const plain = Number(digits.replace(/[,\s]/g, ''))
  return Number((plain * (MULTIPLES[multiple.toLowerCase()] ?? 1)).toPrecision(15))
}

const MULTIPLES: Readonly<Record<string, number>> = {
  k: 1e3,
  thousand: 1e3,
  m: 1e6,
  million: 1e6,
  bn: 1e9,
  billion: 1e9,
}
