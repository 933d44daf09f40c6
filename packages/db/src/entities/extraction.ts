import { defineEntity, p } from '@mikro-orm/core'

import { isShare } from '../checks.ts'
import { createdAt, id, moment } from '../columns.ts'
import type { JsonObject } from '../json.ts'
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
        .foreignKeyName('extractions_project_id_fkey')
        .index('idx_extractions_project'),
    source: () =>
      p
        .manyToOne(Source)
        .ref()
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('extractions_source_id_fkey')
        .index('idx_extractions_source'),
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
  indexes: [
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
