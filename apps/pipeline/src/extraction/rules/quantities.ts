import { DASHES, readAmount, type Amount } from './amounts.ts'
import { boundAfter, boundBefore } from './bounds.ts'
import { take, type Reading } from './reading.ts'
import type { Token } from './tokens.ts'
import { isPlural, readPer, readUnit, type Unit } from './units.ts'
import { normalizeMeasure, type Bound, type Value } from './values.ts'

/** Every number with a unit, bound or range. */
export function findQuantities(reading: Reading): Value[] {
  const { tokens, taken } = reading
  const found: Value[] = []
  let before: Measure | undefined
  for (let index = 0; index < tokens.length; index += 1) {
    if (taken.has(index)) continue
    const measures = readMeasures(reading, index, before)
    for (const measure of measures) {
      const value = toValue(reading, measure)
      if (!isReplaced(tokens, measure.first)) found.push(value)
      before = measure
      index = Math.max(index, measure.last)
    }
  }
  return found
}

/** "20 MB instead of 10 MB" states 20 MB. */
function isReplaced(tokens: readonly Token[], first: number): boolean {
  const before = `${tokens[first - 2]?.lower} ${tokens[first - 1]?.lower}`
  return before === 'instead of' || before === 'rather than'
}

type Measure = {
  readonly number: number
  readonly to?: number
  readonly unit: string
  readonly period?: string
  readonly bound: Bound
  readonly first: number
  readonly last: number
}

function toValue(reading: Reading, { first, last, ...measure }: Measure): Value {
  return {
    kind: 'quantity',
    ...take(reading, first, last),
    normalized: normalizeMeasure(measure),
    ...measure,
  }
}

function readMeasures(reading: Reading, index: number, before: Measure | undefined): Measure[] {
  const { tokens } = reading
  const once = readFrequency(tokens, index)
  if (once) return [once]
  const amount = readAmount(tokens, index)
  if (!amount || isTaken(reading, amount)) return []
  const range = readRange(reading, amount)
  if (range) return [range]
  const unit = readUnitOf(reading, amount)
  if (unit) return [bounded(reading, amount, unit, before)]
  return readList(reading, amount) ?? readBare(reading, amount)
}

function isTaken({ taken }: Reading, { first, last }: Amount): boolean {
  return taken.has(first) || taken.has(last)
}

/** "once a day", "twice a year". */
function readFrequency(tokens: readonly Token[], index: number): Measure | undefined {
  const number = { once: 1, twice: 2 }[tokens[index]?.lower ?? '']
  const per = number && readPer(tokens, index + 1, 'times')
  if (!per || per.period === undefined) return undefined
  return { number, unit: 'times', period: per.period, bound: '=', first: index, last: per.last }
}

/** A unit after the number, unless the number only says which one of many it is: "step 3 shows". */
function readUnitOf({ tokens, bounds }: Reading, amount: Amount): Unit | undefined {
  const unit = readUnit(tokens, amount.last + 1) ?? readPerOfNoun(tokens, amount)
  const isCounted = unit && !unit.isMeasured && !bounds.has(amount.first - 1)
  if (!unit || (isCounted && isLabel(tokens, amount.first - 1))) return undefined
  if (isStatus(amount.number, unit.unit)) return undefined
  if (tokens[amount.first]?.kind !== 'word') return unit
  const isSpelled = (tokens[unit.last]?.text.length ?? 0) > 2
  return isSpelled && TIMES.has(unit.unit) ? unit : undefined
}

/** "429 responses" names one kind of them. */
function isStatus(number: number, unit: string): boolean {
  return number >= 100 && number < 600 && ['responses', 'errors', 'answers'].includes(unit)
}

/** "API calls: 600 per minute": what is counted stands before. */
function readPerOfNoun(tokens: readonly Token[], { first, last }: Amount): Unit | undefined {
  const per = readPer(tokens, last + 1, '')
  if (!per || per.period === undefined) return undefined
  const noun = tokens.slice(Math.max(0, first - FAR), first).findLast((token) => isPlural(token))
  return { ...per, unit: noun?.lower ?? '' }
}

const TIMES = new Set(['ms', 's', 'min', 'h', 'days', 'weeks', 'months', 'years', 'times'])
const FAR = 12

function isLabel(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index]
  if (token?.kind !== 'word') return token?.text === '#' || token?.text === '№'
  if (LABELS.has(token.lower)) return true
  if (token.text === token.lower) return false
  const isAcronym = token.text === token.text.toUpperCase() && token.text.length > 1
  return isAcronym || index > 0 || /\p{Ll}\p{Lu}|[\p{N}-]/u.test(token.text)
}

const LABELS = new Set(
  'appendix article chapter clause day example figure footnote issue item layer level lesson line note option page part phase pin pins point port priority question round row rule section severity slot step table task tier type version volume'.split(
    ' ',
  ),
)

function bounded(
  reading: Reading,
  { number, first, last, isPlus }: Amount,
  { unit, period, last: end }: Unit,
  before: Measure | undefined,
): Measure {
  const { tokens, bounds } = reading
  const after = boundAfter(tokens, Math.max(last, end) + 1)
  const own = isPlus ? '>=' : (after?.meaning ?? boundBefore(tokens, bounds, first))
  const isDuration = tokens[first - 1]?.lower === 'over' && TIMES.has(unit)
  const bound = isDuration ? '=' : (own ?? inherited(tokens, first, before) ?? '=')
  const finish = after && !isPlus ? after.next - 1 : Math.max(last, end)
  return { number, unit, ...(period !== undefined && { period }), bound, first, last: finish }
}

/** "limited to 3 users and 5 GB" limits both. */
function inherited(
  tokens: readonly Token[],
  first: number,
  before: Measure | undefined,
): Bound | undefined {
  if (before?.bound !== '<=' && before?.bound !== '>=') return undefined
  const isNext = before.last + 2 === first && ['and', 'or'].includes(tokens[first - 1]?.lower ?? '')
  return isNext ? before.bound : undefined
}

/** 10–20 ms, -20 °C to 60 °C, between 1 and 200 items, ±2 %. */
function readRange(reading: Reading, from: Amount): Measure | undefined {
  const { tokens } = reading
  const own = readUnit(tokens, from.last + 1)
  const connector = (own?.last ?? from.last) + 1
  if (tokens[from.first - 1]?.text === '±') {
    const at = from.first - 1
    return own && { ...spread(-from.number, from.number, own), first: at, last: own.last }
  }
  const word = tokens[connector]
  const isBetween = tokens[from.first - 1]?.lower === 'between'
  if (!word || !(CONNECTORS.has(word.lower) || (isBetween && word.lower === 'and')))
    return undefined
  const start = tokens[connector + 1]?.kind === 'symbol' ? connector + 2 : connector + 1
  const to = readAmount(tokens, start)
  if (!to || isTaken(reading, to) || isLabel(tokens, from.first - 1)) return undefined
  const unit = readUnit(tokens, to.last + 1)
  if (!unit && !isRange(tokens, from.first)) return undefined
  if (own && own.unit !== unit?.unit) return undefined
  const last = unit?.last ?? to.last
  if (isChange(tokens, from.first)) {
    return bounded(reading, { ...to, first: from.first }, { ...nothing, ...unit, last }, undefined)
  }
  const hasPreposition = ['from', 'between'].includes(tokens[from.first - 1]?.lower ?? '')
  const first = hasPreposition ? from.first - 1 : from.first
  return { ...spread(from.number, to.number, { ...nothing, ...unit }), first, last }
}

const nothing = { unit: '', isMeasured: true }
const CONNECTORS: ReadonlySet<string> = new Set([...DASHES, 'to', 'through', '…', '~'])

function spread(number: number, to: number, { unit, period }: Pick<Unit, 'unit' | 'period'>) {
  return { number, to, unit, ...(period !== undefined && { period }), bound: 'range' as const }
}

/** Numbers without a unit are a range only where the sentence says so. */
function isRange(tokens: readonly Token[], first: number): boolean {
  return tokens
    .slice(Math.max(0, first - 3), first)
    .some(({ lower }) => lower === 'between' || lower.startsWith('range'))
}

/** "raised from 50 MB to 100 MB" states 100 MB. */
function isChange(tokens: readonly Token[], first: number): boolean {
  if (tokens[first - 1]?.lower !== 'from') return false
  return tokens.slice(Math.max(0, first - FAR), first).some(({ lower }) => CHANGES.has(lower))
}

const CHANGES = new Set(
  'raised raises lowered lowers increased increases decreased decreases reduced reduces changed changes bumped bumps grew grown cut cuts dropped drops moved went fell rose extended shortened doubled halved'.split(
    ' ',
  ),
)

/** 50/60 Hz, 16 or 32 GB: the last one has the unit of all. */
function readList(reading: Reading, amount: Amount): Measure[] | undefined {
  const { tokens } = reading
  const amounts = [amount]
  for (let last = amount.last; amounts.length < 6;) {
    if (!['/', 'or'].includes(tokens[last + 1]?.lower ?? '')) return undefined
    const next = readAmount(tokens, last + 2)
    if (!next || isTaken(reading, next)) return undefined
    amounts.push(next)
    last = next.last
    const unit = readUnitOf(reading, next)
    if (!unit) continue
    return amounts.map((one) =>
      one === next
        ? bounded(reading, one, unit, undefined)
        : bounded(reading, one, { ...unit, last: one.last }, undefined),
    )
  }
  return undefined
}

/** A number without a unit is a value only where it is compared: ">= 0.8", "its maximum is 500", "defaults to 20". */
function readBare({ tokens, bounds }: Reading, amount: Amount): Measure[] {
  const { number, first, last } = amount
  const before = tokens[first - 1]
  const isSign = before?.kind === 'symbol' && bounds.has(first - 1)
  const isWord = bounds.has(first - 1) || LINKS.has(before?.lower ?? '')
  if (!isSign && !(isWord && isEnd(tokens[last + 1]))) return []
  const isDefault = tokens
    .slice(Math.max(0, first - 3), first)
    .some(({ lower }) => lower.startsWith('default'))
  const bound = isDefault ? '=' : boundBefore(tokens, bounds, first)
  return bound ? [{ number, unit: '', bound, first, last }] : []
}

const LINKS = new Set(['is', 'of', 'to', ':', 'are'])

function isEnd(token: Token | undefined): boolean {
  return !token || ['.', ',', ';', ')', 'is', 'are', 'will', 'must', 'may'].includes(token.lower)
}
