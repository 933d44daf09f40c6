import { MULTIPLE, NUMBER, normalize, readNumber, type Value } from './values.ts'

/** Every number with a unit. */
export function findQuantities(plain: string): Value[] {
  return [...plain.matchAll(QUANTITY)].map((match) => {
    const unit = canonicalUnit(match.groups?.['unit'] ?? '')
    const number = readNumber(match.groups?.['number'] ?? '')
    return {
      kind: 'quantity',
      text: match[0],
      at: match.index,
      normalized: `${number} ${unit}`,
      number,
      unit,
    }
  })
}

/** Every price, with the units that it is per. */
export function findPrices(plain: string): Value[] {
  return [...plain.matchAll(PRICE)].map((match) => {
    const { sign = '', amount = '', amountBefore = '', code = '', per = '' } = match.groups ?? {}
    const currency = CURRENCIES[sign || normalize(code)] ?? code
    const value = readNumber(amount || amountBefore)
    const periods = [...per.matchAll(/\p{L}+/gu)].map(([word]) => PERIODS[word] ?? word)
    const unit = [currency, ...periods.filter((word) => word !== 'per')].join(' / ')
    return {
      kind: 'price',
      text: match[0],
      at: match.index,
      normalized: `${value} ${unit}`,
      number: value,
      unit,
    }
  })
}

/** Spellings of a unit, each line beginning with the one that is stored. */
const UNITS = [
  'B bytes byte',
  'KB kB',
  'MB Mb megabytes megabyte',
  'GB Gb gigabytes gigabyte',
  'TB terabytes terabyte',
  'PB',
  'KiB kibibytes',
  'MiB mebibytes',
  'GiB gibibytes',
  'TiB',
  'bit bits',
  'ns nanoseconds',
  'µs μs us microseconds',
  'ms milliseconds millisecond msec',
  's seconds second secs sec',
  'min minutes minute mins',
  'h hours hour hrs',
  'days day',
  'weeks week',
  'months month',
  'years year',
  'Hz',
  'kHz',
  'MHz',
  'GHz',
  'Kbps kbps',
  'Mbps Mbit/s',
  'Gbps Gbit/s',
  'fps',
  'rps req/s requests/s',
  'qps',
  'W watts watt',
  'kW',
  'mAh',
  '% percent',
  '°C',
  '°F',
  'mm',
  'cm',
  'km',
  'kg',
  'px pixels',
  'requests request',
  'calls call',
  'queries query',
  'connections connection',
  'transactions transaction',
  'users user',
  'seats seat',
  'projects project',
  'items item',
  'records record',
  'rows row',
  'files file',
  'characters character',
  'tokens token',
  'jobs job',
  'workers worker',
  'messages message',
  'nodes node',
  'replicas replica',
  'cores core',
  'vCPUs vCPU',
  'CPUs CPU',
  'threads thread',
  'attempts attempt retries',
].map((line) => line.split(' '))

const SPELLINGS = UNITS.flatMap(([unit = '', ...more]) =>
  [unit, ...more].map((s) => [s, unit] as const),
)
const CANONICAL = new Map(SPELLINGS)
const CANONICAL_IN_ANY_CASE = new Map(
  SPELLINGS.toReversed().map(([s, unit]) => [s.toLowerCase(), unit]),
)

function canonicalUnit(written: string): string {
  return CANONICAL.get(written) ?? CANONICAL_IN_ANY_CASE.get(written.toLowerCase()) ?? written
}

const longestFirst = [...CANONICAL.keys()].toSorted((a, b) => b.length - a.length).join('|')
const QUANTITY = new RegExp(
  String.raw`(?!\d{3}0s\b)(?<number>(?:${NUMBER})${MULTIPLE})[-\s]?(?<unit>${longestFirst})(?![\p{L}\p{N}])`,
  'giu',
)

const CURRENCIES: Readonly<Record<string, string>> = {
  $: 'USD',
  '€': 'EUR',
  '£': 'GBP',
  '¥': 'JPY',
  usd: 'USD',
  dollars: 'USD',
  eur: 'EUR',
  euros: 'EUR',
  gbp: 'GBP',
  chf: 'CHF',
  jpy: 'JPY',
}
const PERIODS: Readonly<Record<string, string>> = { mo: 'month', monthly: 'month', yr: 'year' }

const PER = String.raw`(?<per>(?:\s?(?:\/|\bper\b|\ba\b)\s?\p{L}{2,12}){0,3})`
const PRICE = new RegExp(
  String.raw`(?:(?<sign>[$€£¥])\s?(?<amount>\d[\d,]{0,14}(?:\.\d{1,4})?${MULTIPLE})|(?<amountBefore>(?:${NUMBER})${MULTIPLE})\s?(?<code>USD|EUR|GBP|CHF|JPY|dollars|euros)\b)${PER}`,
  'giu',
)
