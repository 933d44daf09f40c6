import { defineEntity, p } from '@mikro-orm/core'

import { createdAt, id, moment } from '../columns.ts'
import type { JsonObject } from '../json.ts'
import { Project } from './project.ts'

const SourceSchema = defineEntity({
  name: 'Source',
  tableName: 'sources',
  properties: {
    id: id(),
    project: () =>
      p
        .manyToOne(Project)
        .ref()
        .nullable()
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('sources_project_id_fkey')
        .index('idx_sources_project'),
    sourceType: p.text().default('web'),
    uri: p.text(),
    sourceGroup: p.text().index('idx_sources_group'),
    title: p.text().nullable(),
    content: p.text().nullable(),
    rawContent: p.text().nullable(),
    metadata: p.json<JsonObject>().nullable().defaultRaw(`'{}'::jsonb`),
    outboundLinks: p.json<string[]>().nullable().defaultRaw(`'[]'::jsonb`),
    status: p.text().nullable().default('pending').index('idx_sources_status'),
    fetchedAt: moment().nullable(),
    createdAt: createdAt(),
  },
  uniques: [{ name: 'sources_project_id_uri_key', properties: ['project', 'uri'] }],
})

/** One document of a project, with its text. */
export class Source extends SourceSchema.class {}
SourceSchema.setClass(Source)
