import { defineEntity, p } from '@mikro-orm/core'

import { id, moment } from '../columns.ts'
import type { JsonObject } from '../json.ts'
import { Project } from './project.ts'

const ReportSchema = defineEntity({
  name: 'Report',
  tableName: 'reports',
  properties: {
    id: id(),
    project: () =>
      p
        .manyToOne(Project)
        .ref()
        .nullable()
        // Said because MikroORM would make it SET NULL: a report without a project is allowed, an orphaned one is not.
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('reports_project_id_fkey'),
    type: p.text().index('idx_reports_type'),
    title: p.text().nullable(),
    content: p.text().nullable(),
    sourceGroups: p.json<string[]>().defaultRaw(`'[]'::jsonb`),
    categories: p.json<string[]>().defaultRaw(`'[]'::jsonb`),
    extractionIds: p.json<string[]>().defaultRaw(`'[]'::jsonb`),
    format: p.text().default('md'),
    metadata: p.json<JsonObject>().defaultRaw(`'{}'::jsonb`),
    createdAt: moment().defaultRaw('now()').index('idx_reports_created_at'),
  },
  indexes: [
    {
      // The order of a project's pages.
      name: 'idx_reports_page',
      properties: ['project', 'createdAt', 'id'],
    },
  ],
})

/** A summary of the extractions of some source groups. */
export class Report extends ReportSchema.class {}
ReportSchema.setClass(Report)
