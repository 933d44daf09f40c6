import type { Extractor, FoundEntity, FoundFact } from '../extractor.ts'
import { readAloud } from '../sentences.ts'
import { categoryMatcher } from './categories.ts'
import { explainConfidence } from './confidence.ts'
import { readStatement } from './statements.ts'
import { readRowAloud } from './table-rows.ts'
import { KINDS, normalize, type Kind, type Value } from './values.ts'

/**
 * The extractor that needs no model: a statement that names a quantity, version, price, limit, date,
 * certification, endpoint or requirement is a fact, if it fits a category of the profile. The same
 * chunk and profile give the same facts every time.
 */
export const rulesExtractor: Extractor = {
  name: 'rules',
  async extract(chunk, request) {
    const matchCategory = categoryMatcher(request.profile.categories)
    return chunk.statements.flatMap((statement): FoundFact[] => {
      const { kinds, values, tokens, ...evidence } = readStatement(statement)
      const kind = KINDS.find((kind) => kinds.has(kind))
      const { headingPath, start, end } = statement
      const match = kind && matchCategory(kinds, { tokens, headingPath })
      if (!kind || !match) return []
      return [
        {
          type: kind,
          data: {
            category: match.category,
            statement: readAloud(statement.cells ? readRowAloud(statement) : statement.plain),
            values: values.map((value) => describeValue(value)),
          },
          quote: request.content.slice(start, end),
          start,
          end,
          headingPath,
          ...explainConfidence(statement, { kind, values, ...evidence }),
          entities: findEntities(kind, values, request.entityTypes),
        },
      ]
    })
  },
}

/** A value as it is stored: all but where it stands. */
function describeValue(value: Value): object {
  const fields = Object.entries({ ...value, text: readAloud(value.text) })
  return Object.fromEntries(fields.filter(([field]) => field !== 'at'))
}

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
  if (value.kind === 'version' || value.kind === 'requirement') return 'technology'
  if (value.kind === 'date') return undefined
  if (value.kind === 'quantity') return kind === 'limit' ? 'limit' : undefined
  return value.kind
}
