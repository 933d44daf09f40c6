import { defineEntity, p } from '@mikro-orm/core'

import { createdAt, id } from '../columns.ts'
import type { JsonObject } from '../json.ts'
import { ExtractionRun } from './extraction-run.ts'

const ExtractionRejectSchema = defineEntity({
  name: 'ExtractionReject',
  tableName: 'extraction_rejects',
  properties: {
    id: id(),
    run: () =>
      p
        .manyToOne(ExtractionRun)
        .ref()
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('extraction_rejects_run_id_fkey'),
    chunkIndex: p.integer(),
    /** Its place among the rejects of its chunk. */
    ordinal: p.integer().default(0),
    reason: p.text(),
    /** NULL where the chunk itself was given up. */
    data: p.json<JsonObject>().nullable(),
    createdAt: createdAt(),
  },
  uniques: [
    {
      // What a chunk rejects is stored once, whoever tries it again.
      name: 'extraction_rejects_run_id_chunk_index_ordinal_key',
      properties: ['run', 'chunkIndex', 'ordinal'],
    },
  ],
})

/** What an extractor gave and the run did not keep, with the reason. */
export class ExtractionReject extends ExtractionRejectSchema.class {}
ExtractionRejectSchema.setClass(ExtractionReject)
