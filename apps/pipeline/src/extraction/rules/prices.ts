import { readAmount, type Amount } from './amounts.ts'
import { boundAfter, boundBefore } from './bounds.ts'
import { take, type Reading } from './reading.ts'
import type { Token } from './tokens.ts'
import { readPer } from './units.ts'
import { normalizeMeasure, type Bound, type Value } from './values.ts'

/** Every price, with what it is per: "$5", "10 € per user per month", "$49 to $99 a seat". */
export function findPrices(reading: Reading): Value[] {
  const found: Value[] = []
  for (let index = 0; index < reading.tokens.length; index += 1) {
    if (reading.taken.has(index)) continue
    const from = readMoney(reading.tokens, index)
    if (!from) continue
    const price = readPrice(reading, from)
    found.push(price.value)
    index = price.last
  }
  return found
}

type Money = { readonly number: number; readonly currency: string | undefined } & Pick<
  Amount,
  'first' | 'last' | 'isPlus'
>

/** An amount with its currency before or after it, beginning at `index`. */
function readMoney(tokens: readonly Token[], index: number): Money | undefined {
  const before = CURRENCIES[tokens[index]?.lower ?? '']
  const amount = readAmount(tokens, before ? index + 1 : index)
  if (!amount || amount.first < index) return undefined
  if (before) return { ...amount, first: index, currency: before }
  const currency = CURRENCIES[tokens[amount.last + 1]?.lower ?? '']
  if (!currency) return undefined
  const number = readGrouped(tokens, amount) ?? amount.number
  return { ...amount, number, last: amount.last + 1, currency }
}

/** Where the currency stands after the amount, a full stop before three digits groups them: 42.900 €. */
function readGrouped(tokens: readonly Token[], { first, last }: Amount): number | undefined {
  const text = tokens[first]?.text ?? ''
  return first === last && /^[1-9]\d{0,2}\.\d{3}$/.test(text)
    ? Number(text.replace('.', ''))
    : undefined
}

function readPrice(reading: Reading, from: Money): { value: Value; last: number } {
  const { tokens } = reading
  const to = readEnd(tokens, from)
  const end = to ?? from
  const currency = from.currency ?? end.currency ?? ''
  const per = readPer(tokens, end.last + 1, currency)
  const { unit, period, last } = per ?? { unit: currency, period: undefined, last: end.last }
  const after = boundAfter(tokens, last + 1)
  const before = boundBefore(tokens, reading.bounds, from.first) ?? startsFrom(tokens, from.first)
  const bound: Bound = to ? 'range' : from.isPlus ? '>=' : (after?.meaning ?? before ?? '=')
  const measure = {
    number: from.number,
    ...(to && { to: to.number }),
    unit,
    ...(period !== undefined && { period }),
    bound,
  }
  const value: Value = {
    kind: 'price',
    ...take(reading, from.first, last),
    normalized: normalizeMeasure(measure),
    ...measure,
  }
  return { value, last }
}

/** "from $5" and "starts at $5" are ranges that have no end. */
function startsFrom(tokens: readonly Token[], first: number): Bound | undefined {
  const [before, last] = tokens.slice(Math.max(0, first - 2), first)
  const isStart = last?.lower === 'at' && before?.lower.startsWith('start')
  return isStart || last?.lower === 'from' ? '>=' : undefined
}

function readEnd(tokens: readonly Token[], from: Money): Money | undefined {
  const word = tokens[from.last + 1]
  const isBetween = tokens[from.first - 1]?.lower === 'between'
  if (!word || !(CONNECTORS.has(word.lower) || (isBetween && word.lower === 'and')))
    return undefined
  return readMoney(tokens, from.last + 2)
}

const CONNECTORS = new Set(['-', '–', '—', 'to'])

const CURRENCIES: Readonly<Record<string, string>> = {
  $: 'USD',
  us$: 'USD',
  '€': 'EUR',
  '£': 'GBP',
  '¥': 'JPY',
  '₹': 'INR',
  usd: 'USD',
  dollars: 'USD',
  dollar: 'USD',
  eur: 'EUR',
  euro: 'EUR',
  euros: 'EUR',
  gbp: 'GBP',
  pounds: 'GBP',
  chf: 'CHF',
  jpy: 'JPY',
  yen: 'JPY',
  cad: 'CAD',
  aud: 'AUD',
}
