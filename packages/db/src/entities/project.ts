import { defineEntity, p } from '@mikro-orm/core'

import { createdAt, id, updatedAt } from '../columns.ts'
import type { JsonObject } from '../json.ts'

const ProjectSchema = defineEntity({
  name: 'Project',
  tableName: 'projects',
  properties: {
    id: id(),
    name: p.text().unique('projects_name_key'),
    description: p.text().nullable(),
    sourceConfig: p
      .json<JsonObject>()
      .defaultRaw(`'{"type": "web", "group_by": "company"}'::jsonb`),
    extractionSchema: p.json<JsonObject>(),
    /** Counted up where the schema changes while there are extractions by it. */
    schemaVersion: p.integer().default(1),
    entityTypes: p.json<unknown[]>().defaultRaw(`'[]'::jsonb`),
    promptTemplates: p.json<JsonObject>().defaultRaw(`'{}'::jsonb`),
    isTemplate: p.boolean().default(false),
    isActive: p.boolean().default(true).index('idx_projects_active'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
})

/** What to extract: a JSON schema, the entity types it knows and the prompts that ask for them. */
export class Project extends ProjectSchema.class {}
ProjectSchema.setClass(Project)
