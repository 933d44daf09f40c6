import { defineEntity, p } from '@mikro-orm/core'

import { isShare } from '../checks.ts'
import { createdAt, id, moment } from '../columns.ts'
import type { JsonObject } from '../json.ts'
import { ExtractionRun } from './extraction-run.ts'
import { Project } from './project.ts'
import { Source } from './source.ts'

const ExtractionSchema = defineEntity({
  name: 'Extraction',
  tableName: 'extractions',
  properties: {
    id: id(),
    project: () =>
      p
        .manyToOne(Project)
        .ref()
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('extractions_project_id_fkey'),
    source: () =>
      p
        .manyToOne(Source)
        .ref()
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('extractions_source_id_fkey')
        .index('idx_extractions_source'),
    /** NULL for what was extracted before there were runs. */
    run: () =>
      p
        .manyToOne(ExtractionRun)
        .ref()
        .nullable()
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('extractions_run_id_fkey'),
    /** Its place among the extractions of its chunk. */
    ordinal: p.integer().default(0),
    data: p.json<JsonObject>(),
    extractionType: p.text().index('idx_extractions_type'),
    sourceGroup: p.text().index('idx_extractions_group'),
    confidence: p.double().nullable().index('idx_extractions_confidence'),
    profileUsed: p.text().nullable(),
    chunkIndex: p.integer().nullable(),
    chunkContext: p.json<JsonObject>().nullable(),
    embeddingId: p.text().nullable(),
    extractedAt: moment().defaultRaw('now()'),
    createdAt: createdAt(),
  },
  uniques: [
    {
      // What a chunk states is stored once, whoever tries it again. Legacy extractions have no run.
      name: 'extractions_run_id_chunk_index_ordinal_key',
      expression:
        'create unique index "extractions_run_id_chunk_index_ordinal_key" on "extractions" ("run_id", "chunk_index", "ordinal") where run_id is not null',
    },
  ],
  indexes: [
    {
      // The order of a project's pages.
      name: 'idx_extractions_page',
      properties: ['project', 'createdAt', 'ordinal', 'id'],
    },
    {
      // The same with one profile.
      name: 'idx_extractions_profile_page',
      properties: ['project', 'profileUsed', 'createdAt', 'ordinal', 'id'],
    },
    {
      // The words of `data`. A tsvector holds a megabyte; what may need more cannot be looked for by word.
      name: 'idx_extractions_words',
      expression: `create index "idx_extractions_words" on "extractions" using gin (to_tsvector('english', case when octet_length("data"::text) <= 200000 then "data" else '{}' end))`,
    },
    {
      // For containment (`data @> …`); a third of the size of the default operator class, which also indexes bare keys.
      name: 'idx_extractions_data_paths',
      expression:
        'create index "idx_extractions_data_paths" on "extractions" using gin ("data" jsonb_path_ops)',
    },
  ],
  checks: [isShare('extractions', 'confidence')],
})

/** One fact that was found in a source, shaped by the project's schema. */
export class Extraction extends ExtractionSchema.class {}
ExtractionSchema.setClass(Extraction)
