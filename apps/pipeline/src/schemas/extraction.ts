import { z } from 'zod'
import { EXTRACTION_ID, MOMENT, PROJECT_ID, QUOTE, SOURCE_ID } from './examples.ts'
import { id, json, moment } from './fields.ts'
import { pageRequest } from './page.ts'

const EXAMPLE = {
  id: EXTRACTION_ID,
  project_id: PROJECT_ID,
  source_id: SOURCE_ID,
  source_group: 'example.com',
  extraction_type: 'limit',
  data: { category: 'rate_limits', statement: QUOTE },
  stale: false,
  quote: QUOTE,
  start: 0,
  end: QUOTE.length,
  heading_path: ['Limits'],
  confidence: 0.9,
  confidence_parts: [{ part: 'quantity', points: 0.4 }],
  extractor: 'rules',
  profile_used: 'limits',
  schema_version: 1,
  chunk_index: 0,
  created_at: MOMENT,
}

export const extractionView = z
  .object({
    id,
    project_id: id,
    source_id: id,
    source_group: z.string(),
    extraction_type: z.string(),
    data: json,
    stale: z
      .boolean()
      .describe('The source has another text since; this is what the text before said.'),
    quote: z.string().nullable().describe('Exactly what the source says from `start` to `end`.'),
    start: z
      .int()
      .nullable()
      .describe('In UTF-16 code units of the content; null where that text is gone.'),
    end: z.int().nullable(),
    heading_path: z.array(z.string()).nullable().describe('The headings that it stands under.'),
    confidence: z.number().nullable(),
    confidence_parts: z
      .array(z.object({ part: z.string(), points: z.number() }))
      .nullable()
      .describe('What the confidence is the sum of, at most 1.'),
    extractor: z.string().nullable().describe('Who says so: `rules` is the built-in one.'),
    profile_used: z.string().nullable(),
    schema_version: z
      .int()
      .nullable()
      .describe("The version of the project's schema that it was extracted by."),
    chunk_index: z.int().nullable(),
    created_at: moment,
  })
  .meta({ id: 'Extraction', examples: [EXAMPLE] })
export type ExtractionView = z.output<typeof extractionView>

const searchText = z
  .string()
  .max(500)
  .optional()
  .describe('Words to find, as in a web search: "a phrase", this OR that, -without.')

export const extractionFilter = pageRequest.extend({
  profile: z.string().max(200).optional(),
  type: z.string().max(200).optional().describe('An `extraction_type`.'),
  group: z.string().max(200).optional().describe('A `source_group`.'),
  source_id: id.optional(),
  min_confidence: z.coerce.number().min(0).max(1).optional(),
  q: searchText,
})
export type ExtractionFilter = z.output<typeof extractionFilter>
