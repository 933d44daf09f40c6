import { z } from 'zod'
import { moment } from './fields.ts'

const EXAMPLE = {
  revision: '1f0c5a7d93be',
  gate: { state: 'fits', is_open: true, reason: '' },
  applied: [
    {
      name: 'Migration20261122153648_legacy_generation_b',
      phase: 'expand',
      applied_at: '2026-11-30T08:00:00.123456+00:00',
      duration_ms: 41,
    },
  ],
  pending: [],
  waiting: [],
  backfills: [],
  drift_allowed_at: null,
}

export const schemaView = z
  .object({
    revision: z.string().describe('Which migrations this build has.'),
    gate: z.object({
      state: z
        .enum(['fits', 'ahead', 'behind', 'ahead-by-contract', 'drifted', 'unknown'])
        .describe('How the database compares with the migrations of this build.'),
      is_open: z.boolean(),
      reason: z.string().describe('What was found and what to do; empty where it fits.'),
    }),
    applied: z
      .array(
        z.object({
          name: z.string(),
          phase: z.string().nullable(),
          applied_at: moment,
          duration_ms: z
            .int()
            .nullable()
            .describe('How long its statements took; null where another tool has applied it.'),
        }),
      )
      .nullable()
      .describe('In the order in which they were applied; null where the role may not read them.'),
    pending: z.array(z.string()).describe('Of this build and not applied; they expand the schema.'),
    waiting: z
      .array(
        z.object({
          name: z.string(),
          needed_by: z
            .array(z.string())
            .describe('The sessions of the builds that need it to wait.'),
        }),
      )
      .describe('Contract steps that are not applied.'),
    backfills: z
      .array(
        z.object({
          migration: z.string(),
          state: z.enum(['running', 'paused', 'done']),
          pass: z.int(),
          seen: z.int(),
          changed: z.int(),
          estimate: z.int().describe('Rows of the table, as its statistics say.'),
          began_at: moment,
          changed_at: moment,
        }),
      )
      .nullable()
      .describe('Null where the role may not read them.'),
    drift_allowed_at: moment
      .nullable()
      .describe(
        'When a run last went on although the schema was not as the run before had left it.',
      ),
  })
  .meta({ id: 'SchemaState', examples: [EXAMPLE] })
export type SchemaView = z.output<typeof schemaView>
