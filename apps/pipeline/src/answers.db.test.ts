import { expect, test } from 'vitest'
import { z } from 'zod'
import { extractionView } from './schemas/extraction.ts'
import { jobView } from './schemas/job.ts'
import { toPage } from './schemas/page.ts'
import { projectSummary, projectView } from './schemas/project.ts'
import { sourceView, sourceWithContent } from './schemas/source.ts'
import { appAtHead } from './testing/app-at-head.ts'
import { query } from './testing/database.ts'
import { API_KEY } from './testing/service.ts'

const { app, url } = await appAtHead()

/** Texts, moments and JSON that PostgreSQL can hold, and that are easily written wrongly. */
const TEXT =
  '\u0001\b\t\n\f\r"\\/ </script> \u007f\u0085 \u2028\u2029 Ä 漢 \u{1f600} \ufeff\uffff {}[],:'
const MOMENTS = [
  'infinity',
  '-infinity',
  '4713-01-01 00:00:00+00 BC',
  '294276-12-31 23:59:59.999999+00',
  '2026-12-01 02:43:34.123456+00',
  '2026-12-01 02:43:34.100000+00',
  '2026-12-01 02:43:34+00',
]
const JSONS = [
  'null',
  '[]',
  '""',
  '0',
  '0.00',
  '1.10',
  '1e400',
  '12345678901234567890.1234567890',
  '9007199254740993',
  'true',
  JSON.stringify({ [TEXT]: [TEXT, { '': null }] }),
]
/** Of any version, or none: PostgreSQL asks for no more than 32 digits. */
const UUIDS = ['00000000-0000-0000-0000-000000000001', 'ffffffff-ffff-ffff-ffff-fffffffffffe']
const INTEGERS = [0, 1, -2147483648, 2147483647]
const SHARES = ['null', '0', '1', '0.1', '1e-300', '0.30000000000000004', '5e-324']

/** Of each list a value for each row, the shorter ones again and again. */
const ROWS = Array.from({ length: 12 }, (_, n) => {
  const pick = <Value>(list: readonly Value[]) => list[n % list.length]
  return {
    n,
    text: n % 3 === 0 ? null : n % 3 === 1 ? '' : TEXT,
    moment: pick(MOMENTS),
    started: n % 2 === 0 ? null : pick(MOMENTS),
    json: pick(JSONS),
    id: UUIDS[n] ?? crypto.randomUUID(),
    whole: pick(INTEGERS),
    share: pick(SHARES),
  }
})

const [made] = await query<{ project: string }>(
  url,
  `with row as (select * from jsonb_to_recordset($1::jsonb)
     as row (n int, id uuid, text text, moment timestamptz, started timestamptz, json text, whole int, share text)),
   project as (
     insert into projects (id, name, description, extraction_schema, entity_types, schema_version, is_template, created_at, updated_at)
     select id, n || $2, text, json::jsonb, json::jsonb, whole, n % 2 = 0, moment, moment from row returning id, name),
   one as (select id from project where name = '0' || $2),
   source as (
     insert into sources (id, project_id, uri, source_group, title, content, source_type, status, created_at)
     select row.id, one.id, n || $2, n || $2, text, text, (array['web', 'text'])[1 + n % 2], 'pending', moment from row, one returning id, uri),
   run as (
     insert into extraction_runs (source_id, profile_used, extractor, input_hash, is_current, is_stale, schema_version)
     select source.id, $2, $2, '', true, n % 2 = 0, whole from row join source on uri = n || $2 where n % 3 > 0 returning id, source_id),
   fact as (
     insert into extractions (id, project_id, source_id, run_id, source_group, extraction_type, data, confidence, profile_used,
       chunk_index, chunk_context, created_at)
     select row.id, one.id, source.id, run.id, $2, $2, json::jsonb, nullif(share, 'null')::float8, text, nullif(whole, 0),
       case n % 4 when 0 then null when 1 then '{}' when 2 then jsonb_build_object('quote', $2::text, 'start', whole, 'end', 1.0,
         'heading_path', array[$2, ''], 'confidence_parts', '[{"part": "", "points": 0.10}, {"part": "x", "points": -1e-3}]'::jsonb)
         else '{"quote": null, "start": null, "end": null, "heading_path": [], "confidence_parts": []}' end, moment
     from row cross join one join source on uri = n || $2 left join run on run.source_id = source.id),
   job as (
     insert into jobs (id, project_id, type, status, payload, progress, result, error, attempt_count, max_attempts, created_at,
       started_at, completed_at)
     select row.id, case when n % 2 = 0 then one.id end, (array['extract', 'fetch', 'report', 'legacy-import'])[1 + n % 4],
       (array['queued', 'running', 'completed', 'failed', 'dead', 'cancelling', 'cancelled'])[1 + n % 7], json::jsonb,
       case when n % 2 = 0 then '{"done": 1.0, "total": 2147483647}'::jsonb end, nullif(json, 'null')::jsonb, text, whole, whole,
       moment, started, started from row, one)
   select id as project from one`,
  [JSON.stringify(ROWS), TEXT],
)
const project = `/projects/${made?.project}`

async function read(path: string) {
  const request = { url: `/api/v1${path}`, headers: { 'x-api-key': API_KEY } }
  const { statusCode, body, headers } = await app.inject(request)
  expect(statusCode).toBe(200)
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
  return JSON.parse(body)
}

/** Every item of a list, two at a time, so that cursors hold each of the moments. */
async function readAll(path: string, page: z.ZodType) {
  const items = []
  for (let after: string | null = ''; after !== null;) {
    const query: string = `limit=2${after && `&after=${encodeURIComponent(after)}`}`
    const answer = await read(`${path}${path.includes('?') ? '&' : '?'}${query}`)
    expect(page.parse(answer)).toEqual(answer)
    items.push(...answer.items)
    after = answer.next
  }
  return items as { readonly id: string }[]
}

/** What PostgreSQL writes is not checked while it is served. */
test.for([
  ['/projects', projectSummary.strict(), '/projects/', projectView.strict()],
  [`${project}/sources`, sourceView.strict(), `${project}/sources/`, sourceWithContent.strict()],
  ['/jobs', jobView.strict(), '/jobs/', jobView.strict()],
  [`${project}/extractions`, extractionView.strict(), undefined, undefined],
  [`${project}/extractions?q=-zebra`, extractionView.strict(), undefined, undefined],
] as const)(
  'whatever the rows hold, %s answers as its schema says',
  async ([list, item, one, whole]) => {
    const items = await readAll(list, toPage(item).strict())
    expect(items.length).toBe(ROWS.length)
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
    if (one === undefined) return
    for (const shown of items) {
      const read_one = await read(`${one}${shown.id}`)
      expect(whole.parse(read_one)).toEqual(read_one)
      expect(read_one).toMatchObject(shown)
    }
  },
)

test('texts and JSON come as they were put', async () => {
  const jobs = (await readAll('/jobs', z.unknown())) as unknown as { payload: unknown }[]
  for (const json of JSONS)
    expect(jobs.map(({ payload }) => payload)).toContainEqual(JSON.parse(json))
  const facts = await readAll(`${project}/extractions`, z.unknown())
  for (const fact of facts)
    expect(fact).toMatchObject({ source_group: TEXT, extraction_type: TEXT })
})
