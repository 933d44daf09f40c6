import { readAmount } from './amounts.ts'
import type { Token } from './tokens.ts'
import { canonicalUnit } from './unit-names.ts'

/** A unit with what it is counted by, and the last of its tokens. */
export type Unit = {
  readonly unit: string
  readonly period?: string
  readonly last: number
  /** Whether it is a known unit, not a noun that things are counted in. */
  readonly isMeasured: boolean
}

/** The unit that begins at `index`, after a number: "ms", "-bit", "requests per second", "USB ports". */
export function readUnit(tokens: readonly Token[], index: number): Unit | undefined {
  const start = isHyphen(tokens, index) ? index + 1 : index
  const measured = readMeasured(tokens, start)
  const unit = measured ?? readCounted(tokens, start)
  return unit && withPer(tokens, unit)
}

/** What a number without a unit of its own is per: "600 per minute", "once a day". */
export function readPer(tokens: readonly Token[], index: number, unit: string): Unit | undefined {
  const read = withPer(tokens, { unit, last: index - 1, isMeasured: true })
  return read.last >= index ? read : undefined
}

/** A noun in the plural that things are counted in. */
export function isPlural(token: Token): boolean {
  const { kind, text, lower } = token
  if (kind !== 'word' || lower.length < 4 || !lower.endsWith('s') || NO_PLURALS.has(lower))
    return false
  return !/(?:ss|us|is)$/.test(lower) && (text === lower || /\p{Lu}s$/u.test(text))
}

function isHyphen(tokens: readonly Token[], index: number): boolean {
  const hyphen = tokens[index]
  return hyphen?.text === '-' && hyphen.isGlued && tokens[index + 1]?.isGlued === true
}

function readMeasured(tokens: readonly Token[], index: number): Unit | undefined {
  const token = tokens[index]
  if (!token) return undefined
  const rate = RATES[token.text]
  if (rate) return { ...rate, last: index, isMeasured: true }
  const unit = canonicalUnit(token.text)
  if (unit === undefined || isDecade(tokens, index)) return undefined
  const isRate =
    unit.endsWith('bps') && tokens[index + 1]?.text === '/' && tokens[index + 2]?.text === 's'
  return { unit, last: isRate ? index + 2 : index, isMeasured: true }
}

/** "1990s" is no time. */
function isDecade(tokens: readonly Token[], index: number): boolean {
  const [number, token] = [tokens[index - 1], tokens[index]]
  return (
    token?.text === 's' &&
    token.isGlued &&
    /^(?:\d\d)?\d0$/.test(number?.text ?? '') &&
    number?.text.length === 4
  )
}

/** A noun in the plural, after up to two words that describe it. */
function readCounted(tokens: readonly Token[], index: number): Unit | undefined {
  let at = index
  for (let skipped = 0; skipped <= MODIFIERS; skipped += 1) {
    const token = tokens[at]
    if (!token || token.kind !== 'word' || NO_MODIFIERS.has(token.lower)) return undefined
    if (isPlural(token))
      return { unit: canonicalUnit(token.text) ?? token.lower, last: at, isMeasured: false }
    const noun = skipped > 0 ? canonicalUnit(token.text) : undefined
    if (noun !== undefined && (token.text.length > 3 || token.lower === 'day'))
      return { unit: noun, last: at, isMeasured: false }
    at += tokens[at + 1]?.text === '+' && tokens[at + 1]?.isGlued ? 2 : 1
  }
  return undefined
}

const MODIFIERS = 2

/** Follows "per user per month", "/s", "a day", "per 100 km". */
function withPer(tokens: readonly Token[], start: Unit): Unit {
  let { unit, period, last } = start
  for (let links = 0; links < 3 && period === undefined; links += 1) {
    const word = tokens[last + 1]
    if (!word || !PER.has(word.lower)) break
    const per = readDivisor(tokens, last + 2, word)
    if (!per) break
    if (per.period) period = per.period
    else unit = unit === '' ? unit : `${unit} / ${per.noun}`
    last = per.last
  }
  return { ...start, unit, last, ...(period !== undefined && { period }) }
}

type Divisor = { readonly period?: string; readonly noun?: string; readonly last: number }

function readDivisor(tokens: readonly Token[], index: number, word: Token): Divisor | undefined {
  const token = tokens[index]
  if (!token) return undefined
  const short = word.text === '/' ? SHORT_PERIODS[token.lower] : undefined
  const period = short ?? PERIODS.get(token.lower)
  if (period) return { period, last: index }
  if (token.kind === 'number' && word.lower === 'per') {
    const amount = readAmount(tokens, index)
    const unit = amount && readMeasured(tokens, amount.last + 1)
    return unit && { noun: `${amount.number} ${unit.unit}`, last: unit.last }
  }
  const isNoun = token.kind === 'word' && (word.lower === 'per' || word.text === '/')
  const noun = MULTIPLIED.has(token.lower) ? tokens[index + 1] : undefined
  if (noun?.kind === 'word') return { noun: `${token.text} ${noun.text}`, last: index + 1 }
  return isNoun ? { noun: token.text, last: index } : undefined
}

const PER: ReadonlySet<string> = new Set(['per', '/', 'a', 'an', 'each', 'every'])
const MULTIPLIED = new Set(['hundred', 'thousand', 'million', 'billion'])
const PERIODS = new Map(
  ['second sec', 'minute min', 'hour hr', 'day', 'week', 'month mo', 'year yr'].flatMap((line) => {
    const [period = '', ...more] = line.split(' ')
    return [period, ...more].map((word) => [word, period] as const)
  }),
)
const SHORT_PERIODS: Readonly<Record<string, string>> = {
  s: 'second',
  h: 'hour',
  d: 'day',
  y: 'year',
}

/** Units that have their period in them. */
const RATES: Readonly<Record<string, { readonly unit: string; readonly period: string }>> = {
  rps: { unit: 'requests', period: 'second' },
  qps: { unit: 'queries', period: 'second' },
  tps: { unit: 'transactions', period: 'second' },
  fps: { unit: 'frames', period: 'second' },
  rpm: { unit: 'revolutions', period: 'minute' },
  mph: { unit: 'miles', period: 'hour' },
}

/** Words that end in s and stand after numbers, and are verbs or adverbs. */
const NO_PLURALS = new Set(
  'adds always applies contains costs describes does drops explains fixes gets goes gives has includes introduces its keeps makes means millions needs offers outputs perhaps reaches removes requires returns runs sets shows starts stops supports survives takes this thousands thus turns uses wants was works'.split(
    ' ',
  ),
)
const NO_MODIFIERS = new Set(
  'a about above after all also an and are as at be been before below but by can could did do does down during each else every for from had has have he her his i if in into is it its later like may me might more must my no not now of off on once one only or our out over per plus shall she should since so some than that the their them then there these they this to under until up upon was we were what when where which while who will with within without would you your'.split(
    ' ',
  ),
)
