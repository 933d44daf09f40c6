import { JOB_STATUSES, JOB_TYPES } from '@techfacts/db'
import { z } from 'zod'
import { MOMENT, OTHER_ID, PROJECT_ID } from './examples.ts'
import { id, json, moment, shortText } from './fields.ts'
import { pageRequest } from './page.ts'

const JOB = {
  id: OTHER_ID,
  project_id: PROJECT_ID,
  type: 'extract',
  status: 'running',
  payload: { profile: 'limits' },
  progress: { done: 1, total: 3 },
  attempt_count: 1,
  max_attempts: 5,
  result: null,
  error: null,
  created_at: MOMENT,
  started_at: MOMENT,
  completed_at: null,
}

export const jobView = z
  .object({
    id,
    project_id: id.nullable(),
    type: z.enum(JOB_TYPES),
    status: z.enum(JOB_STATUSES),
    payload: json,
    progress: z
      .object({ done: z.int(), total: z.int() })
      .nullable()
      .describe('In sources, or in pages of a legacy import; null before the first.'),
    attempt_count: z.int(),
    max_attempts: z.int().describe('A retry raises it by a set of attempts.'),
    result: json.describe('What a completed job counts.'),
    error: z.string().nullable().describe('Why the last attempt failed.'),
    created_at: moment,
    started_at: moment.nullable(),
    completed_at: moment.nullable(),
  })
  .meta({ id: 'Job', examples: [JOB] })
export type JobView = z.output<typeof jobView>

export const jobFilter = pageRequest.extend({
  project_id: id.optional(),
  status: z.enum(JOB_STATUSES).optional(),
  type: z.enum(JOB_TYPES).optional(),
})
export type JobFilter = z.output<typeof jobFilter>

// What a job of each type is asked for, and what its `payload` keeps.

export const extractRequest = z
  .strictObject({
    profile: z.string().min(1).describe('The `name` of a profile, not its `id`.'),
    source_ids: z
      .array(id)
      .min(1)
      .max(1000)
      .optional()
      .describe('The sources to read; all of the project by default.'),
  })
  .meta({ id: 'ExtractRequest', examples: [{ profile: 'limits' }] })

export const fetchRequest = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'is not an http or https URL' })
      .max(8192)
      .describe('Of a page, a text or a PDF.'),
    source_group: shortText.describe('What it is about: an entity is one within a group.'),
    title: z.string().max(1000).optional().describe("The document's own by default."),
  })
  .meta({
    id: 'FetchRequest',
    examples: [{ url: 'https://example.com/limits', source_group: 'example.com' }],
  })
export type FetchRequest = z.output<typeof fetchRequest>

export const reportRequest = z
  .strictObject({
    type: shortText.default('summary'),
    title: z.string().trim().min(1).max(1000).optional(),
    source_groups: z.array(shortText).min(1).max(100).optional().describe('All by default.'),
    categories: z
      .array(shortText)
      .min(1)
      .max(100)
      .optional()
      .describe('The types of facts to report; all by default.'),
    min_confidence: z.number().min(0).max(1).optional(),
  })
  .meta({ id: 'ReportRequest', examples: [{ title: 'API limits', min_confidence: 0.7 }] })
export type ReportRequest = z.output<typeof reportRequest>

export const legacyImportRequest = z
  .strictObject({})
  .meta({ id: 'LegacyImportRequest', examples: [{}] })
