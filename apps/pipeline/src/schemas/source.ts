import { SOURCE_STATUSES, SOURCE_TYPES } from '@techfacts/db'
import { z } from 'zod'
import { id, moment, shortText } from './fields.ts'

export const sourceView = z.object({
  id,
  project_id: id,
  uri: z.string(),
  source_group: z.string(),
  source_type: z.enum(SOURCE_TYPES),
  title: z.string().nullable(),
  status: z.enum(SOURCE_STATUSES),
  created_at: moment,
})
export type SourceView = z.output<typeof sourceView>

export const sourceWithContent = sourceView.extend({ content: z.string().nullable() })
export type SourceWithContent = z.output<typeof sourceWithContent>

export const newSource = z.strictObject({
  uri: z.string().min(1).max(8192),
  source_group: shortText.describe('What it is about: an entity is one within a group.'),
  title: z.string().max(1000).optional(),
  content: z.string().max(1_000_000).describe('Markdown or plain text.'),
})
export type NewSource = z.output<typeof newSource>
