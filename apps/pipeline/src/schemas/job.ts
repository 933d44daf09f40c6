import { JOB_STATUSES, JOB_TYPES } from '@techfacts/db'
import { z } from 'zod'
import { id, json, moment } from './fields.ts'
import { pageRequest } from './page.ts'

export const jobView = z.object({
  id,
  project_id: id.nullable(),
  type: z.enum(JOB_TYPES),
  status: z.enum(JOB_STATUSES),
  payload: json,
  progress: z
    .object({ done: z.int(), total: z.int() })
    .nullable()
    .describe('In sources; null before the first.'),
  attempt_count: z.int(),
  max_attempts: z.int(),
  result: json.describe('What a completed job counts.'),
  error: z.string().nullable().describe('Why the last attempt failed.'),
  created_at: moment,
  started_at: moment.nullable(),
  completed_at: moment.nullable(),
})
export type JobView = z.output<typeof jobView>

export const jobFilter = pageRequest.extend({
  project_id: id.optional(),
  status: z.enum(JOB_STATUSES).optional(),
  type: z.enum(JOB_TYPES).optional(),
})
export type JobFilter = z.output<typeof jobFilter>

/** What an extract job is asked for, and what its `payload` keeps. */
export const extractRequest = z.strictObject({
  profile: z.string().min(1),
  source_ids: z
    .array(id)
    .min(1)
    .max(1000)
    .optional()
    .describe('The sources to read; all of the project by default.'),
})
export type ExtractRequest = z.output<typeof extractRequest>
