import type { Token } from './tokens.ts'

/** A number as people write it, and the tokens that it takes. */
export type Amount = {
  readonly number: number
  readonly first: number
  readonly last: number
  /** "10+": this or more. */
  readonly isPlus: boolean
}

/** The amount whose digits begin at `index`: 1,000 or 1 000 or 1,5 or -20 or 1e-3 or 16K or "two million". */
export function readAmount(tokens: readonly Token[], index: number): Amount | undefined {
  const token = tokens[index]
  if (!token) return undefined
  if (token.kind === 'word') return readWord(tokens, index)
  if (token.kind !== 'number' || (token.isGlued && tokens[index - 1]?.text === '.'))
    return undefined
  const digits = joinGroups(tokens, index)
  const number = digits.number ?? readDigits(token.text)
  if (number === undefined) return undefined
  const factor = readMultiple(tokens, digits.last + 1)
  const last = factor ? digits.last + 1 : digits.last
  const next = tokens[last + 1]
  const isPlus = next?.text === '+' && next.isGlued
  const sign = signBefore(tokens, index)
  return {
    number: sign * round(number * (factor ?? 1)),
    first: sign < 0 ? index - 1 : index,
    last: isPlus ? last + 1 : last,
    isPlus,
  }
}

/** The number that digits with their separators mean; none where they look like a version or an address. */
function readDigits(text: string): number | undefined {
  if (text.length > LONGEST || text.endsWith('x')) return undefined
  const [mantissa = '', exponent] = text.replace('−', '-').split(/e/i)
  const separators = mantissa.replaceAll(/\d/g, '')
  const groups = mantissa.split(/[.,]/)
  const power = exponent === undefined ? 1 : 10 ** Number(exponent)
  if (separators === '') return round(Number(mantissa) * power)
  const isGrouped = groups.length > 1 && groups.slice(1).every((group) => group.length === 3)
  const isLong = separators.length > 1
  const isSame = separators === separators.charAt(0).repeat(separators.length)
  if (isSame && isGrouped && groups[0] !== '0' && (isLong || separators === ',')) {
    return Number(groups.join('')) * power
  }
  if (isSame && isLong) return undefined
  const decimals = groups.at(-1) ?? ''
  return round(Number(`${groups.slice(0, -1).join('')}.${decimals}`) * power)
}

/** Longer ones are no numbers that a double keeps. */
const LONGEST = 20

/** 1 000 000, with blanks of any kind between its groups. */
function joinGroups(tokens: readonly Token[], index: number): { number?: number; last: number } {
  const first = tokens[index]
  let digits = first?.text ?? ''
  let last = index
  if (!first || digits.length > 3 || digits.startsWith('0') || !isDigits(digits)) return { last }
  for (let next = tokens[last + 1]; next; next = tokens[last + 1]) {
    const gap = next.at - (tokens[last]?.end ?? 0)
    if (
      last - index === 4 ||
      next.kind !== 'number' ||
      next.text.length !== 3 ||
      !isDigits(next.text) ||
      gap !== 1
    )
      break
    digits += next.text
    last += 1
  }
  return last === index ? { last } : { number: Number(digits), last }
}

function isDigits(text: string): boolean {
  return !/[.,e]/i.test(text)
}

function readMultiple(tokens: readonly Token[], index: number): number | undefined {
  const token = tokens[index]
  if (!token) return undefined
  return token.isGlued ? GLUED_MULTIPLES[token.text] : MULTIPLES[token.lower]
}

/** A dash is a sign where it touches the number and nothing before it. */
function signBefore(tokens: readonly Token[], index: number): 1 | -1 {
  const dash = tokens[index - 1]
  if (!dash || !DASHES.has(dash.text) || !tokens[index]?.isGlued) return 1
  const before = tokens[index - 2]
  return !dash.isGlued || before?.text === '(' || before?.text === ':' ? -1 : 1
}

function readWord(tokens: readonly Token[], index: number): Amount | undefined {
  const number = NUMBER_WORDS.get(tokens[index]?.lower ?? '')
  if (number === undefined) return undefined
  const factor = MULTIPLES[tokens[index + 1]?.lower ?? '']
  const [open, digits, close] = tokens.slice(index + 1, index + 4)
  const isRepeated = open?.text === '(' && digits?.text === String(number) && close?.text === ')'
  const last = isRepeated ? index + 3 : factor ? index + 1 : index // "thirty (30) days"
  return { number: number * (factor ?? 1), first: index, last, isPlus: false }
}

/** What multiplication by a power of ten adds to the digits is not part of the number. */
function round(number: number): number {
  return Number(number.toPrecision(15))
}

export const DASHES: ReadonlySet<string> = new Set(['-', '−', '–', '—'])
const MULTIPLES: Readonly<Record<string, number>> = {
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  bn: 1e9,
}
const GLUED_MULTIPLES: Readonly<Record<string, number>> = { k: 1e3, K: 1e3, M: 1e6, bn: 1e9 }
const NUMBER_WORDS = new Map([
  ...'one two three four five six seven eight nine ten eleven twelve'
    .split(' ')
    .map((word, index) => [word, index + 1] as const),
  ...'twenty thirty forty fifty sixty seventy eighty ninety'
    .split(' ')
    .map((word, index) => [word, index * 10 + 20] as const),
])
