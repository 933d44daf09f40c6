import { z } from 'zod'
import { TEMPLATES } from '../services/templates.ts'
import { MOMENT, PROJECT_ID } from './examples.ts'
import { id, json, moment, shortText } from './fields.ts'
import { pageRequest } from './page.ts'

const SCHEMA = {
  type: 'object',
  required: ['statement'],
  properties: { statement: { type: 'string' } },
}
const EXAMPLE = {
  id: PROJECT_ID,
  name: 'API limits',
  description: null,
  is_template: false,
  schema_version: 1,
  created_at: MOMENT,
  updated_at: MOMENT,
}

export const projectSummary = z
  .object({
    id,
    name: z.string(),
    description: z.string().nullable(),
    is_template: z.boolean().describe('Others can be made from it, by its name.'),
    schema_version: z
      .int()
      .describe('Counts the changes of `extraction_schema` that were asked for.'),
    created_at: moment,
    updated_at: moment,
  })
  .meta({ id: 'ProjectSummary', examples: [EXAMPLE] })
export type ProjectSummary = z.output<typeof projectSummary>

export const projectView = projectSummary
  .extend({ extraction_schema: json, entity_types: json })
  .meta({
    id: 'Project',
    examples: [{ ...EXAMPLE, extraction_schema: SCHEMA, entity_types: ['limit'] }],
  })
export type ProjectView = z.output<typeof projectView>

export const projectFilter = pageRequest.extend({
  is_template: z.enum(['true', 'false']).optional(),
})
export type ProjectFilter = z.output<typeof projectFilter>

/** In UTF-16 code units of its JSON. Each job compiles it. */
const LONGEST_SCHEMA = 100_000

const fields = {
  name: shortText,
  description: z.string().max(10_000).optional(),
  entity_types: z
    .array(shortText)
    .max(200)
    .optional()
    .describe('The types of entities to link; every type by default.'),
  is_template: z.boolean().default(false),
}

const extractionSchema = z
  .record(z.string(), json)
  .refine((schema) => JSON.stringify(schema).length <= LONGEST_SCHEMA, {
    error: `is longer than ${LONGEST_SCHEMA} characters`,
  })
  .describe('A JSON schema: what one fact looks like.')

export const newProject = z
  .strictObject({
    ...fields,
    template: z
      .string()
      .max(200)
      .optional()
      .describe(
        `One of ${TEMPLATES.map(({ name }) => name).join(', ')}, or the name of a project with \`is_template\`; the first by default.`,
      ),
    extraction_schema: extractionSchema.optional(),
  })
  .refine((asked) => asked.template === undefined || asked.extraction_schema === undefined, {
    error: 'template and extraction_schema exclude each other',
  })
  .meta({ id: 'NewProject', examples: [{ name: 'API limits', template: 'technical_facts' }] })
export type NewProject = z.output<typeof newProject>

export const changedProject = z
  .strictObject({
    ...fields,
    extraction_schema: extractionSchema,
    new_schema_version: z
      .boolean()
      .default(false)
      .describe('Count the version up, so that the schema may change under extractions.'),
  })
  .meta({
    id: 'ChangedProject',
    examples: [{ name: 'API limits', extraction_schema: SCHEMA, new_schema_version: true }],
  })
export type ChangedProject = z.output<typeof changedProject>
