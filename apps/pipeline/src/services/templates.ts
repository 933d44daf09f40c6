import type { JsonObject } from '@techfacts/db'

/** A project to begin with: the shape of its facts, and the entities to link them to. */
export type Template = {
  readonly extractionSchema: JsonObject
  /** Empty: every type that the extractor knows. */
  readonly entityTypes: unknown[]
  readonly promptTemplates?: JsonObject
  readonly sourceConfig?: JsonObject
}
type BuiltinTemplate = Template & { readonly name: string }

/** Facts as the built-in extractor states them. It is what a project gets that asks for nothing else. */
const technicalFacts: BuiltinTemplate = {
  name: 'technical_facts',
  extractionSchema: {
    type: 'object',
    required: ['category', 'statement'],
    properties: {
      category: { type: 'string', description: 'A category of the profile.' },
      statement: { type: 'string', description: 'The fact in one sentence.' },
      values: {
        type: 'array',
        items: {
          type: 'object',
          required: ['kind', 'text', 'normalized'],
          properties: {
            kind: { type: 'string' },
            text: { type: 'string' },
            normalized: { type: 'string' },
            number: { type: 'number' },
            unit: { type: 'string' },
          },
        },
      },
    },
  },
  entityTypes: [],
}

const compliance: BuiltinTemplate = {
  name: 'compliance',
  extractionSchema: technicalFacts.extractionSchema,
  entityTypes: ['certification'],
}

/** The built-in templates; the first is the default. */
export const TEMPLATES: readonly [BuiltinTemplate, ...BuiltinTemplate[]] = [
  technicalFacts,
  compliance,
]
