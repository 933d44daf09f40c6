import { z } from 'zod'
import { EXTRACTION_ID, OTHER_ID, PROJECT_ID, SOURCE_ID } from './examples.ts'
import { id, json } from './fields.ts'
import { pageRequest } from './page.ts'

const EXAMPLE = {
  id: OTHER_ID,
  project_id: PROJECT_ID,
  source_group: 'example.com',
  entity_type: 'limit',
  value: '100 requests per second',
  normalized_value: '100 requests per second',
  attributes: {},
}
const MENTION = {
  extraction_id: EXTRACTION_ID,
  source_id: SOURCE_ID,
  role: 'mention',
  extraction_type: 'limit',
}
const MENTIONING = {
  id: SOURCE_ID,
  uri: 'https://example.com/limits',
  title: 'Limits',
  mentions: 1,
}

export const entityView = z
  .object({
    id,
    project_id: id,
    source_group: z.string(),
    entity_type: z.string(),
    value: z.string(),
    normalized_value: z.string().describe('What makes it one entity of its type and group.'),
    attributes: json,
  })
  .meta({ id: 'Entity', examples: [EXAMPLE] })
export type EntityView = z.output<typeof entityView>

export const entityWithMentions = entityView
  .extend({
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
        z.object({
          extraction_id: id,
          source_id: id,
          role: z.string(),
          extraction_type: z.string(),
        }),
      )
      .describe('At most 200.'),
  })
  .meta({
    id: 'EntityWithMentions',
    examples: [{ ...EXAMPLE, sources: [MENTIONING], mentions: [MENTION] }],
  })
export type EntityWithMentions = z.output<typeof entityWithMentions>

export const entityFilter = pageRequest.extend({
  type: z.string().max(200).optional().describe('An `entity_type`.'),
  group: z.string().max(200).optional().describe('A `source_group`.'),
  q: z.string().min(1).max(200).optional().describe('A part of its value, in any case.'),
})
export type EntityFilter = z.output<typeof entityFilter>
