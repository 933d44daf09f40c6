import { z } from 'zod'
import { EXTRACTION_ID, MOMENT, OTHER_ID, PROJECT_ID, QUOTE } from './examples.ts'
import { id, json, moment } from './fields.ts'

const EXAMPLE = {
  id: OTHER_ID,
  project_id: PROJECT_ID,
  type: 'summary',
  title: 'API limits',
  source_groups: ['example.com'],
  categories: ['rate_limits'],
  format: 'md',
  created_at: MOMENT,
}

export const reportSummary = z
  .object({
    id,
    project_id: id.nullable(),
    type: z.string(),
    title: z.string().nullable(),
    source_groups: json,
    categories: json,
    format: z.string(),
    created_at: moment,
  })
  .meta({ id: 'ReportSummary', examples: [EXAMPLE] })
export type ReportSummary = z.output<typeof reportSummary>

export const reportView = reportSummary
  .extend({
    content: z.string().nullable().describe('Markdown.'),
    extraction_ids: json.describe('What it is made from.'),
  })
  .meta({
    id: 'Report',
    examples: [{ ...EXAMPLE, content: `- ${QUOTE}\n`, extraction_ids: [EXTRACTION_ID] }],
  })
export type ReportView = z.output<typeof reportView>
