import { SOURCE_STATUSES, SOURCE_TYPES } from '@techfacts/db'
import { z } from 'zod'
import { MOMENT, PROJECT_ID, QUOTE, SOURCE_ID } from './examples.ts'
import { id, moment, shortText } from './fields.ts'

const EXAMPLE = {
  uri: 'https://example.com/limits',
  source_group: 'example.com',
  title: 'Limits',
}
const VIEW = {
  ...EXAMPLE,
  id: SOURCE_ID,
  project_id: PROJECT_ID,
  source_type: 'text',
  status: 'pending',
  created_at: MOMENT,
}

export const sourceView = z
  .object({
    id,
    project_id: id,
    uri: z.string(),
    source_group: z.string(),
    source_type: z.enum(SOURCE_TYPES),
    title: z.string().nullable(),
    status: z.enum(SOURCE_STATUSES),
    created_at: moment,
  })
  .meta({ id: 'Source', examples: [VIEW] })
export type SourceView = z.output<typeof sourceView>

export const sourceWithContent = sourceView
  .extend({ content: z.string().nullable() })
  .meta({ id: 'SourceWithContent', examples: [{ ...VIEW, content: QUOTE }] })
export type SourceWithContent = z.output<typeof sourceWithContent>

export const newSource = z
  .strictObject({
    uri: z.string().min(1).max(8192),
    source_group: shortText.describe('What it is about: an entity is one within a group.'),
    title: z.string().max(1000).optional(),
    content: z.string().max(1_000_000).describe('Markdown or plain text.'),
  })
  .meta({ id: 'NewSource', examples: [{ ...EXAMPLE, content: QUOTE }] })
export type NewSource = z.output<typeof newSource>
