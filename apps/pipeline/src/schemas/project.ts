import { z } from 'zod'
import { TEMPLATES } from '../services/templates.ts'
import { id, json, moment, shortText } from './fields.ts'

export const projectView = z.object({
  id,
  name: z.string(),
  description: z.string().nullable(),
  extraction_schema: json,
  entity_types: json,
  created_at: moment,
  updated_at: moment,
})
export type ProjectView = z.output<typeof projectView>

export const newProject = z
  .strictObject({
    name: shortText,
    description: z.string().max(10_000).optional(),
    template: z
      .string()
      .optional()
      .describe(`One of ${TEMPLATES.map(({ name }) => name).join(', ')}; the first by default.`),
    extraction_schema: z
      .record(z.string(), json)
      .optional()
      .describe('A JSON schema of its own, in place of that of a template.'),
  })
  .refine((asked) => asked.template === undefined || asked.extraction_schema === undefined, {
    error: 'template and extraction_schema exclude each other',
  })
export type NewProject = z.output<typeof newProject>
