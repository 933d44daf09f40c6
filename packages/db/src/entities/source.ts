import { defineEntity, p } from '@mikro-orm/core'

import { isOneOf } from '../checks.ts'
import { createdAt, id, moment } from '../columns.ts'
import type { JsonObject } from '../json.ts'
import {
  SOURCE_STATUSES,
  SOURCE_TYPES,
  type SourceStatus,
  type SourceType,
} from '../vocabularies.ts'
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
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('sources_project_id_fkey'),
    sourceType: p.text().$type<SourceType>().default('web'),
    uri: p.text(),
    sourceGroup: p.text().index('idx_sources_group'),
    title: p.text().nullable(),
    content: p.text().nullable(),
    rawContent: p.text().nullable(),
    metadata: p.json<JsonObject>().defaultRaw(`'{}'::jsonb`),
    outboundLinks: p.json<string[]>().defaultRaw(`'[]'::jsonb`),
    status: p.text().$type<SourceStatus>().default('pending').index('idx_sources_status'),
    fetchedAt: moment().nullable(),
    createdAt: createdAt(),
  },
  indexes: [
    {
      // The order of a project's pages.
      name: 'idx_sources_page',
      properties: ['project', 'createdAt', 'id'],
    },
  ],
  uniques: [
    {
      // Over the hash, since a URI can be longer than a btree row may be.
      name: 'sources_project_id_uri_md5_key',
      expression:
        'create unique index "sources_project_id_uri_md5_key" on "sources" ("project_id", md5("uri"))',
    },
  ],
  checks: [
    isOneOf('sources', 'status', SOURCE_STATUSES),
    isOneOf('sources', 'source_type', SOURCE_TYPES),
  ],
})

/** One document of a project, with its text. */
export class Source extends SourceSchema.class {}
SourceSchema.setClass(Source)
