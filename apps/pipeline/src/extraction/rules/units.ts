import { readAmount } from './amounts.ts'
import type { Token } from './tokens.ts'

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

/** Spellings of a unit, each line beginning with the one that is stored. */
const UNITS = [
  'B bytes byte',
  'KB kB Kb kilobytes kilobyte',
  'MB Mb megabytes megabyte',
  'GB Gb gigabytes gigabyte',
  'TB terabytes terabyte',
  'PB',
  'KiB kibibytes',
  'MiB mebibytes',
  'GiB gibibytes',
  'TiB',
  'bit bits',
  'ns nanoseconds nanosecond',
  'µs μs us microseconds microsecond',
  'ms milliseconds millisecond msec',
  's seconds second secs sec',
  'min minutes minute mins',
  'h hours hour hrs hr',
  'days day',
  'weeks week',
  'months month',
  'years year',
  'Hz hertz',
  'kHz',
  'MHz',
  'GHz',
  'bps',
  'Kbps kbps',
  'Mbps Mbit',
  'Gbps Gbit',
  'Tbps Tbit',
  'IOPS',
  'W watts watt',
  'mW',
  'kW',
  'MW',
  'kWh',
  'Wh',
  'V volts volt',
  'mV',
  'kV',
  'A amps amperes ampere',
  'mA',
  'µA μA',
  'mAh',
  'Ah',
  'Ω ohms ohm',
  'kΩ',
  'pF',
  'nF',
  'µF',
  '% percent',
  'ppm',
  'dB',
  'dBm',
  'dBi',
  'dBA',
  '°C',
  '°F',
  'K kelvin',
  'µm',
  'mm millimetres millimeters',
  'cm centimetres centimeters',
  'm metres meters metre meter',
  'km kilometres kilometers',
  'mg',
  'g grams gram',
  'kg kilograms kilogram',
  't tonnes',
  'ml mL',
  'l L litres liters litre liter',
  'bar',
  'kPa',
  'hPa',
  'psi',
  'mmHg',
  'Nm',
  'N',
  'J',
  'kJ',
  'lm lumens',
  'lx lux',
  'px pixels pixel',
  'dpi',
  'MP megapixels',
  'requests request req',
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
  'characters character chars',
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
  'times',
].map((line) => line.split(' '))

const SPELLINGS = UNITS.flatMap(([unit = '', ...more]) =>
  [unit, ...more].map((spelling) => [spelling, unit] as const),
)
const CANONICAL = new Map(SPELLINGS)
/** One letter means another unit, or none, in the other case. */
const IN_ANY_CASE = new Map(
  SPELLINGS.toReversed().flatMap(([spelling, unit]) =>
    spelling.length > 1 ? [[spelling.toLowerCase(), unit] as const] : [],
  ),
)

function canonicalUnit(written: string): string | undefined {
  return CANONICAL.get(written) ?? IN_ANY_CASE.get(written.toLowerCase())
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

/** Whether it is a unit or a thing that software and devices have, and not anything that can be counted. */
export function isTechnical(unit: string): boolean {
  const [counted = ''] = unit.split(' / ')
  return counted === '' || UNIT_NAMES.has(counted) || THINGS.has(counted)
}

const UNIT_NAMES = new Set(UNITS.map(([unit = '']) => unit))
const THINGS = new Set(
  'accounts addresses alerts antennas apps arguments backups bands batches branches buckets builds cameras channels clusters columns commits containers controls copies credits cycles databases devices digits directories disks displays documents domains drives electrodes endpoints entries environments events exports fans fields filters folders frames functions groups hits hops hosts images indexes indices instances integrations interfaces keys lanes layers levels licenses licences lines links locations logs mailboxes modules networks objects octets outlets outputs inputs packets pages parameters partitions passes pins pipelines pods points ports processes profiles properties queues regions releases repositories resources responses results retries roles routes rules runs samples schedules segments sensors servers services sessions shards sites slots snapshots sockets speakers stages steps streams subnets subscriptions switches tables tags targets tasks teams tenants topics triggers tunnels uplinks values variables views vlans volumes webhooks websites windows workflows workspaces zones'.split(
    ' ',
  ),
)
