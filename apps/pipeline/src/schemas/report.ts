import { z } from 'zod'
import { id, json, moment } from './fields.ts'

export const reportSummary = z.object({
  id,
  project_id: id.nullable(),
  type: z.string(),
  title: z.string().nullable(),
  source_groups: json,
  categories: json,
  format: z.string(),
  created_at: moment,
})
export type ReportSummary = z.output<typeof reportSummary>

export const reportView = reportSummary.extend({
  content: z.string().nullable().describe('Markdown.'),
  extraction_ids: json.describe('What it is made from.'),
})
export type ReportView = z.output<typeof reportView>
