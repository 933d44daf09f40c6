import type { Statement } from '../outline.ts'
import { findDates } from './dates.ts'
import { findDoubts, type Doubt } from './doubts.ts'
import { findCertifications, findEndpoints } from './names.ts'
import { Phrases } from './phrases.ts'
import { findPrices } from './prices.ts'
import { findQuantities } from './quantities.ts'
import { openReading, type Reading } from './reading.ts'
import { findRequired, readRequirement } from './requirements.ts'
import { readParts, type Part } from './table-rows.ts'
import type { Token } from './tokens.ts'
import type { Kind, Value } from './values.ts'
import { isTechnical } from './unit-names.ts'
import { findVersions } from './versions.ts'

/** What a statement names, and so what it is about. */
export type StatementRead = {
  readonly tokens: readonly Token[]
  readonly kinds: ReadonlySet<Kind>
  readonly values: readonly Value[]
  readonly doubts: ReadonlySet<Doubt>
  readonly isPlain: boolean
  readonly isVague: boolean
}

/** Reads a statement. Code is read for endpoints only: it says how, not what. */
export function readStatement(statement: Statement): StatementRead {
  const { text } = statement
  const endpoints = findEndpoints(text)
  const isCode = statement.in === 'code'
  const parts = isCode
    ? []
    : readParts(statement).map((part) => readPart(part, statement.cells ? '' : text))
  const values = [...endpoints, ...parts.flatMap(({ values }) => values)]
  const kinds = new Set(values.map(({ kind }) => kind))
  for (const { kinds: own } of parts) for (const kind of own) kinds.add(kind)
  const tokens = parts.flatMap(({ tokens }) => tokens)
  return {
    tokens,
    values: values.toSorted((one, other) => one.at - other.at),
    kinds,
    doubts: findDoubts(statement.plain, tokens),
    isVague:
      values.length > 0 &&
      values.every(
        ({ kind, unit = '', bound }) =>
          kind === 'quantity' && !isTechnical(unit) && bound !== '<=' && bound !== '>=',
      ),
    isPlain: values.every(
      ({ kind, bound, period }) => kind === 'quantity' && bound === '=' && !period,
    ),
  }
}

/** `text` has the marks of code that `plain` has not; of a cell they are not looked at. */
function readPart({ plain, from, shift, place }: Part, text: string) {
  const reading = openReading(plain)
  const named = [
    ...findCertifications(reading),
    ...findDates(reading),
    ...findPrices(reading),
    ...findVersions(reading),
    ...findQuantities(reading),
  ]
  const requirement = readRequirement(reading)
  const found = requirement && named.length === 0 ? findRequired(reading, text, requirement) : named
  const values = found
    .filter((value) => value.at + value.text.length > from)
    .map((value) => ({ ...value, at: value.at + shift, ...place }))
  return { values, tokens: reading.tokens, kinds: kindsOf(reading, values, requirement?.how) }
}

/** What a statement is about beyond the kinds of its values. */
function kindsOf(
  { tokens }: Reading,
  values: readonly Value[],
  how: 'required' | 'must' | undefined,
): Kind[] {
  const isLimited = how === 'must' || LIMIT.isIn(tokens)
  const isLimit = values.some(
    ({ kind, bound }) => kind === 'quantity' && (bound === 'range' ? isLimited : bound !== '='),
  )
  const isRequired =
    how === 'required' ? values.length > 0 : how && values.some(({ kind }) => kind === 'version')
  return [...(isLimit ? ['limit' as const] : []), ...(isRequired ? ['requirement' as const] : [])]
}

const LIMIT = new Phrases([['limit, limits, limited, allowed, quota, quotas', true]])
