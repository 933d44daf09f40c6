import { BOUNDS } from '../bounds.ts'

/** The JSON schema of an answer, with the project's own inside. Its `$ref`s are made to point to where it is then. */
export function writeAnswerSchema(
  extractionSchema: object,
  entityTypes: readonly string[],
): Record<string, unknown> {
  const { $schema: _schema, $id: _id, ...project } = extractionSchema as Record<string, unknown>
  const entityType = entityTypes.length > 0 ? { enum: [...entityTypes] } : {}
  const entity = strictObject({
    type: { type: 'string', ...entityType },
    value: { type: 'string' },
  })
  const fact = strictObject({
    type: { type: 'string' },
    quote: { type: 'string' },
    confidence: { type: 'number', minimum: 0, maximum: 1 },
    data: { $ref: '#/$defs/data' },
    entities: { type: 'array', items: entity },
  })
  const facts = { type: 'array', maxItems: BOUNDS.factsPerChunk, items: fact }
  return { ...strictObject({ facts }), $defs: { data: moveReferences(project) } }
}

function strictObject(properties: Readonly<Record<string, object>>) {
  const required = Object.keys(properties)
  return { type: 'object', properties, required, additionalProperties: false }
}

function moveReferences(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(moveReferences)
  if (typeof part !== 'object' || part === null) return part
  const moved = Object.entries(part).map(([key, value]) => {
    const isReference = key === '$ref' && typeof value === 'string' && value.startsWith('#')
    return [key, isReference ? `#/$defs/data${value.slice(1)}` : moveReferences(value)] as const
  })
  return Object.fromEntries(moved)
}
