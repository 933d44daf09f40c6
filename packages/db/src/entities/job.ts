import { defineEntity, p } from '@mikro-orm/core'

import { isOneOf } from '../checks.ts'
import { id, moment } from '../columns.ts'
import type { JsonObject } from '../json.ts'
import { JOB_STATUSES, JOB_TYPES, type JobStatus, type JobType } from '../vocabularies.ts'
import { Project } from './project.ts'

/** How much of a job is done, counted in what its type works through: sources, pages, rows. */
export type JobProgress = { readonly done: number; readonly total: number }

const JobSchema = defineEntity({
  name: 'Job',
  tableName: 'jobs',
  properties: {
    id: id(),
    project: () =>
      p
        .manyToOne(Project)
        .ref()
        .nullable()
        .deleteRule('set null')
        .updateRule('no action')
        .foreignKeyName('jobs_project_id_fkey'),
    type: p.text().$type<JobType>().index('idx_jobs_type'),
    status: p.text().$type<JobStatus>().default('queued').index('idx_jobs_status'),
    priority: p.integer().default(0),
    payload: p.json<JsonObject>(),
    progress: p.json<JobProgress>().nullable(),
    result: p.json<JsonObject>().nullable(),
    error: p.text().nullable(),
    createdAt: moment().defaultRaw('now()').index('idx_jobs_created_at'),
    startedAt: moment().nullable(),
    completedAt: moment().nullable(),
    attemptCount: p.integer().default(0),
    maxAttempts: p.integer().default(5),
  },
  indexes: [
    {
      // The order of a project's pages.
      name: 'idx_jobs_page',
      properties: ['project', 'createdAt', 'id'],
    },
    {
      // What a worker looks for: the most urgent queued job, the oldest first.
      name: 'idx_jobs_claim',
      properties: ['priority', 'createdAt'],
      columns: [{ name: 'priority', sort: 'DESC' }, { name: 'created_at' }],
      where: `status = 'queued'`,
    },
  ],
  checks: [isOneOf('jobs', 'status', JOB_STATUSES), isOneOf('jobs', 'type', JOB_TYPES)],
})

/** A piece of work as users see it: what was asked, how far it is, how it ended. It outlives its project. */
export class Job extends JobSchema.class {}
JobSchema.setClass(Job)
