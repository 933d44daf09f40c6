import type { Extractor, FoundEntity, FoundFact } from '../extractor.ts'
import type { Statement } from '../outline.ts'
import { readAloud } from '../sentences.ts'
import { categoryMatcher } from './categories.ts'
import { explainConfidence } from './confidence.ts'
import { findCertifications, findEndpoints, findVersions } from './names.ts'
import { findPrices, findQuantities } from './quantities.ts'
import { KINDS, normalize, type Kind, type Value } from './values.ts'

/**
 * The extractor that needs no model: a statement that names a quantity, version, price, limit,
 * certification, endpoint or requirement is a fact, if it fits a category of the profile. The same
 * chunk and profile give the same facts every time.
 */
export const rulesExtractor: Extractor = {
  name: 'rules',
  async extract(chunk, request) {
    const matchCategory = categoryMatcher(request.profile.categories)
    return chunk.statements.flatMap((statement): FoundFact[] => {
      const { kinds, values } = readStatement(statement)
      const kind = KINDS.find((kind) => kinds.has(kind))
      const match = kind && matchCategory(kinds, statement)
      if (!kind || !match) return []
      return [
        {
          type: kind,
          data: {
            category: match.category,
            statement: readAloud(statement.plain),
            values: values.map(({ kind, text, normalized, number, unit }) => {
              return { kind, text: readAloud(text), normalized, number, unit }
            }),
          },
          quote: request.content.slice(statement.start, statement.end),
          start: statement.start,
          end: statement.end,
          headingPath: statement.headingPath,
          ...explainConfidence(kind, statement, values, match),
          entities: findEntities(kind, values, request.entityTypes),
        },
      ]
    })
  },
}

/** What a statement names, and so what it is about. Code is read for endpoints only: it says how, not what. */
function readStatement(statement: Statement): { kinds: ReadonlySet<Kind>; values: Value[] } {
  const { plain, text } = statement
  const endpoints = findEndpoints(text)
  if (statement.in === 'code') {
    return { kinds: new Set(endpoints.map(({ kind }) => kind)), values: endpoints }
  }
  const values = [
    ...findCertifications(plain),
    ...findPrices(plain),
    ...endpoints,
    ...findVersions(plain),
    ...findQuantities(plain),
  ].toSorted((one, other) => one.at - other.at)
  const kinds = new Set(values.map(({ kind }) => kind))
  if (kinds.has('quantity') && LIMIT.test(plain)) kinds.add('limit')
  if (REQUIREMENT.test(plain)) kinds.add('requirement')
  return { kinds, values }
}

const LIMIT =
  /(?<!\p{L})(?:limit(?:s|ed)?|max(?:imum)?|min(?:imum)?|up to|at most|at least|no (?:more|fewer|less) than|(?:not|never) exceed|cap(?:ped|s)?|quotas?|per (?:second|minute|hour|day|month))(?!\p{L})/iu
const REQUIREMENT =
  /(?<!\p{L})(?:requires?|required|requirements?|must(?: not)?|mandatory|prerequisites?|needs? to|depends on|or (?:higher|later|newer|above|greater))(?!\p{L})/iu

/** The things that a fact names and that other facts may name too. */
function findEntities(
  kind: Kind,
  values: readonly Value[],
  wanted: readonly string[],
): FoundEntity[] {
  const entities = new Map<string, FoundEntity>()
  for (const value of values) {
    const type = entityType(kind, value)
    const { name = value.text } = value
    const spelled = type === 'limit' || type === 'price' ? value.normalized : name
    const normalizedValue = type === 'endpoint' ? spelled : normalize(spelled)
    if (!type || (wanted.length > 0 && !wanted.includes(type))) continue
    entities.set(`${type} ${normalizedValue}`, { type, value: readAloud(name), normalizedValue })
  }
  return [...entities.values()]
}

function entityType(kind: Kind, value: Value): string | undefined {
  if (value.kind === 'version') return 'technology'
  if (value.kind === 'quantity') return kind === 'limit' ? 'limit' : undefined
  return value.kind
}
