import { defineEntity, p } from '@mikro-orm/core'

import { createdAt, id } from '../columns.ts'
import { Job } from './job.ts'
import { Source } from './source.ts'

const ExtractionRunSchema = defineEntity({
  name: 'ExtractionRun',
  tableName: 'extraction_runs',
  properties: {
    id: id(),
    job: () =>
      p
        .manyToOne(Job)
        .ref()
        .nullable()
        .deleteRule('set null')
        .updateRule('no action')
        .foreignKeyName('extraction_runs_job_id_fkey'),
    source: () =>
      p
        .manyToOne(Source)
        .ref()
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('extraction_runs_source_id_fkey')
        .index('idx_extraction_runs_source'),
    profileUsed: p.text(),
    /** The version of the project's schema that its extractions have the shape of. */
    schemaVersion: p.integer().default(1),
    extractor: p.text(),
    /** SHA-256 of all that decides what is found: the content, the profile, the size of chunks. In hex. */
    inputHash: p.text(),
    /** Chunks of which the extractions are stored: where a worker that takes over goes on. */
    chunksDone: p.integer().default(0),
    isCurrent: p.boolean().default(false),
    /** The source has another content since: what was found may not stand in it any more. */
    isStale: p.boolean().default(false),
    /** What was found and is not of the project's schema: see ExtractionReject. */
    rejected: p.integer().default(0),
    /** Facts and entities that a bound left out. */
    cut: p.integer().default(0),
    createdAt: createdAt(),
  },
  uniques: [
    {
      // However often a job is tried, it reads a source in one run.
      name: 'extraction_runs_job_id_source_id_key',
      properties: ['job', 'source'],
    },
    {
      name: 'extraction_runs_current_key',
      expression:
        'create unique index "extraction_runs_current_key" on "extraction_runs" ("source_id", "profile_used") where is_current',
    },
  ],
})

/**
 * One reading of a source with a profile. Its extractions are seen once it is current; the run that was current before, and
 * with it its extractions, goes in the same transaction.
 */
export class ExtractionRun extends ExtractionRunSchema.class {}
ExtractionRunSchema.setClass(ExtractionRun)
