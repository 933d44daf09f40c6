import { z } from 'zod'
import { id, json } from './fields.ts'
import { pageRequest } from './page.ts'

export const entityView = z.object({
  id,
  project_id: id,
  source_group: z.string(),
  entity_type: z.string(),
  value: z.string(),
  normalized_value: z.string().describe('What makes it one entity of its type and group.'),
  attributes: json,
})
export type EntityView = z.output<typeof entityView>

export const entityWithMentions = entityView.extend({
  sources: z
    .array(
      z.object({
        id,
        uri: z.string(),
        title: z.string().nullable(),
        mentions: z.int().describe('Extractions of the source that name it.'),
      }),
    )
    .describe('Those that name it most often first, at most 200.'),
  mentions: z
    .array(
      z.object({ extraction_id: id, source_id: id, role: z.string(), extraction_type: z.string() }),
    )
    .describe('At most 200.'),
})
export type EntityWithMentions = z.output<typeof entityWithMentions>

export const entityFilter = pageRequest.extend({
  type: z.string().max(200).optional().describe('An `entity_type`.'),
  group: z.string().max(200).optional().describe('A `source_group`.'),
  q: z.string().min(1).max(200).optional().describe('A part of its value, in any case.'),
})
export type EntityFilter = z.output<typeof entityFilter>
