import { take, type Reading } from './reading.ts'
import type { Token } from './tokens.ts'
import type { Bound, Value } from './values.ts'

/** Every date: 14 March 2026, March 14, 2026, March 2026, 2026-03-14, 14.3.2026. A year alone is none. */
export function findDates(reading: Reading): Value[] {
  const found: Value[] = []
  for (let index = 0; index < reading.tokens.length; index += 1) {
    if (reading.taken.has(index)) continue
    const read = FORMS.map((form) => form(reading.tokens, index)).find((date) => date !== undefined)
    if (!read) continue
    const bound = BOUNDS[reading.tokens[index - 1]?.lower ?? ''] ?? '='
    found.push({
      kind: 'date',
      ...take(reading, index, read.last),
      normalized: bound === '=' ? read.date : `${bound} ${read.date}`,
      date: read.date,
      bound,
    })
    index = read.last
  }
  return found
}

type Found = { readonly date: string; readonly last: number }
type Form = (tokens: readonly Token[], index: number) => Found | undefined

const FORMS: readonly Form[] = [
  function readDayFirst(tokens, index) {
    const month = monthOf(tokens[index + 1])
    return toDate(tokens[index + 2], month, tokens[index], index + 2)
  },
  function readMonthFirst(tokens, index) {
    const month = monthOf(tokens[index])
    const comma = tokens[index + 2]?.text === ',' ? 1 : 0
    return toDate(tokens[index + 2 + comma], month, tokens[index + 1], index + 2 + comma)
  },
  function readMonth(tokens, index) {
    const month = monthOf(tokens[index])
    const year = tokens[index + 1]?.text ?? ''
    return month && /^\d{4}$/.test(year)
      ? { date: `${year}-${pad(month)}`, last: index + 1 }
      : undefined
  },
  function readIso(tokens, index) {
    const [dash, month, dash2, day] = tokens.slice(index + 1, index + 5)
    if (dash?.text !== '-' || dash2?.text !== '-' || !day?.isGlued || !month?.isGlued)
      return undefined
    return toDate(tokens[index], Number(month.text), day, index + 4)
  },
  function readDotted(tokens, index) {
    const [, day, month, year] =
      /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(tokens[index]?.text ?? '') ?? []
    if (!day || !month || !year || Number(month) > 12 || Number(day) > 31) return undefined
    return { date: `${year}-${pad(Number(month))}-${pad(Number(day))}`, last: index }
  },
]

function toDate(
  year: Token | undefined,
  month: number | undefined,
  day: Token | undefined,
  last: number,
): Found | undefined {
  const number = Number(day?.text)
  if (!year || !/^\d{4}$/.test(year.text) || !month || month > 12) return undefined
  if (!Number.isInteger(number) || number < 1 || number > 31) return undefined
  return { date: `${year.text}-${pad(month)}-${pad(number)}`, last }
}

function pad(number: number): string {
  return String(number).padStart(2, '0')
}

function monthOf(token: Token | undefined): number | undefined {
  if (!token || token.text === token.lower) return undefined
  return MONTHS.get(token.lower)
}

const MONTHS = new Map(
  'january february march april may june july august september october november december'
    .split(' ')
    .flatMap((month, index) => [
      [month, index + 1] as const,
      [month.slice(0, 3), index + 1] as const,
    ]),
)

const BOUNDS: Readonly<Record<string, Bound>> = {
  until: '<=',
  till: '<=',
  through: '<=',
  by: '<=',
  to: '<=',
  before: '<',
  from: '>=',
  since: '>=',
  starting: '>=',
  after: '>',
}
