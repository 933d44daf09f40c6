import type { Statement } from '../outline.ts'
import { findDates } from './dates.ts'
import { findDoubts, type Doubt } from './doubts.ts'
import { findCertifications, findEndpoints } from './names.ts'
import { Phrases } from './phrases.ts'
import { findPrices } from './prices.ts'
import { findQuantities } from './quantities.ts'
import { openReading, type Reading } from './reading.ts'
import { findRequired, readRequirement } from './requirements.ts'
import type { Token } from './tokens.ts'
import type { Kind, Value } from './values.ts'
import { findVersions } from './versions.ts'

/** What a statement names, and so what it is about. */
export type StatementRead = {
  readonly tokens: readonly Token[]
  readonly kinds: ReadonlySet<Kind>
  readonly values: readonly Value[]
  readonly doubts: ReadonlySet<Doubt>
  readonly isPlain: boolean
}

/** Reads a statement. Code is read for endpoints only: it says how, not what. */
export function readStatement({ plain, text, ...statement }: Statement): StatementRead {
  const endpoints = findEndpoints(text)
  const reading = openReading(statement.in === 'code' ? '' : plain)
  const found = [
    ...findCertifications(reading),
    ...findDates(reading),
    ...findPrices(reading),
    ...findVersions(reading),
    ...findQuantities(reading),
  ]
  const how = readRequirement(reading)
  const values = [
    ...endpoints,
    ...found,
    ...(how && found.length === 0 ? findRequired(reading, text, how) : []),
  ].toSorted((one, other) => one.at - other.at)
  const { tokens } = reading
  return {
    tokens,
    values,
    kinds: kindsOf(reading, values, how),
    doubts: findDoubts(reading.plain, tokens),
    isPlain: values.every(
      ({ kind, bound, period }) => kind === 'quantity' && bound === '=' && !period,
    ),
  }
}

function kindsOf(
  { tokens }: Reading,
  values: readonly Value[],
  how: 'required' | 'must' | undefined,
): Set<Kind> {
  const kinds = new Set(values.map(({ kind }) => kind))
  const quantities = values.filter(({ kind }) => kind === 'quantity')
  const isLimit = quantities.some(({ bound }) =>
    bound === 'range' ? how === 'must' || LIMIT.isIn(tokens) : bound !== '=',
  )
  if (isLimit) kinds.add('limit')
  const isRequired = how === 'required' ? values.length > 0 : how && kinds.has('version')
  if (isRequired) kinds.add('requirement')
  return kinds
}

const LIMIT = new Phrases([['limit, limits, limited, allowed, quota, quotas', true]])
