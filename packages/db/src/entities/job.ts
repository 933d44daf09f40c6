import { defineEntity, p } from '@mikro-orm/core'

import { id, moment } from '../columns.ts'
import type { JsonObject } from '../json.ts'
import { Project } from './project.ts'

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
        .foreignKeyName('jobs_project_id_fkey')
        .index('idx_jobs_project'),
    type: p.text().index('idx_jobs_type'),
    status: p.text().nullable().default('queued').index('idx_jobs_status'),
    priority: p.integer().nullable().default(0),
    payload: p.json<JsonObject>(),
    result: p.json<JsonObject>().nullable(),
    error: p.text().nullable(),
    createdAt: moment().nullable().defaultRaw('now()').index('idx_jobs_created_at'),
    startedAt: moment().nullable(),
    completedAt: moment().nullable(),
  },
})

/** A piece of work as users see it: what was asked, how far it is, how it ended. It outlives its project. */
export class Job extends JobSchema.class {}
JobSchema.setClass(Job)
