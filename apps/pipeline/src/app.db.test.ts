import { randomUUID } from 'node:crypto'
import { createTestDatabase } from '@techfacts/postgres/testing'
import type { InjectOptions } from 'fastify'
import { pino } from 'pino'
import { afterAll, expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { inTransaction, openDatabase } from './database.ts'
import { problemDetails, PROBLEMS } from './http/problems.ts'
import { createQueue } from './queue.ts'
import type { Readiness } from './readiness.ts'
import { asApplication, head, query } from './testing/database.ts'

const KEYS = ['the-first-of-two-keys', 'the-second-of-two-keys']
const NOBODY = '00000000-0000-4000-8000-000000000000'

const test_database = await createTestDatabase({ prepare: head })
const url = asApplication(test_database.url)
const database = openDatabase(url)
const log = pino({ level: 'silent' })
const idle = async () => {}
const queue = createQueue({
  url,
  concurrency: 0,
  handlers: { extract: idle, 'extract-dead': idle },
  log,
})
await queue.start()
let readiness: Readiness = { ready: true }
const app = await buildApp({
  database,
  queue,
  readiness: () => readiness,
  lookAgain: async () => ({ ready: true }),
  apiKeys: KEYS,
  jobMaxAttempts: 5,
  log,
})
afterAll(async () => {
  await app.close()
  await queue.stop()
  await database.close()
  await test_database.drop()
})

const project = (await send({ method: 'POST', url: '/projects', payload: { name: 'p' } })).json()
  .id as string

function send({ url, headers, ...options }: Request) {
  return app.inject({
    ...options,
    url: `/api/v1${url}`,
    headers: { 'x-api-key': KEYS[1], ...headers },
  })
}

type Request = InjectOptions & { url: string }

/** The code of the problem that a request ends in, if its answer is what the catalogue says of that code. */
async function problemOf(options: Request): Promise<string> {
  const response = await send(options)
  const body = problemDetails.strict().safeParse(response.json()).data
  if (!body) return `${response.statusCode} ${response.body.slice(0, 300)}`
  const [status, title] = PROBLEMS[body.code]
  const { 'content-type': type } = response.headers
  expect([response.statusCode, body.status, body.title, type]).toEqual([
    status,
    status,
    title,
    'application/problem+json',
  ])
  return body.code
}

const post = (url: string, payload: unknown): Request => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json' },
  payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
})

test.each([[''], ['wrong'], [`${KEYS[0]} `], [KEYS.join(',')], [`${KEYS[0]}x`]])(
  'refuses the key %j',
  async (key) => {
    const headers = { 'x-api-key': key }
    expect(await problemOf({ url: '/projects', headers })).toBe('unauthorized')
  },
)

test.each(KEYS)('takes the key %s', async (key) => {
  expect((await send({ url: '/projects', headers: { 'x-api-key': key } })).statusCode).toBe(200)
})

test.each([
  ['malformed_body', post('/projects', '{')],
  ['invalid_request', post('/projects', '')],
  ['malformed_body', post('/projects', '{"name":"x","__proto__":{}}')],
  [
    'unsupported_media_type',
    { ...post('/projects', '<p/>'), headers: { 'content-type': 'text/xml' } },
  ],
  ['body_too_large', post('/projects', `{"name":"${'x'.repeat(9 * 1024 * 1024)}"}`)],
  ['invalid_request', post('/projects', [])],
  ['invalid_request', post('/projects', 'null')],
  ['invalid_request', post('/projects', {})],
  ['invalid_request', post('/projects', { name: '' })],
  ['invalid_request', post('/projects', { name: ' ' })],
  ['invalid_request', post('/projects', { name: 7 })],
  ['invalid_request', post('/projects', { name: 'x'.repeat(201) })],
  ['invalid_request', post('/projects', { name: 'x', unknown: 1 })],
  ['invalid_request', post('/projects', { name: 'x\u0000' })],
  ['invalid_request', post('/projects', '{"name":"\\ud800"}')],
  ['invalid_request', post('/projects', '{"name":"x","extraction_schema":{"max":1e999}}')],
  ['invalid_request', post('/projects', '{"name":"x","extraction_schema":{"\\u0000":1}}')],
  [
    'invalid_request',
    post(
      '/projects',
      `{"name":"x","extraction_schema":${'{"a":'.repeat(5000)}1${'}'.repeat(5001)}`,
    ),
  ],
  [
    'invalid_request',
    post('/projects', { name: 'x', template: 'compliance', extraction_schema: {} }),
  ],
  ['unknown_template', post('/projects', { name: 'x', template: "'; drop table projects; --" })],
  ['name_taken', post('/projects', { name: 'p' })],
  ['project_not_found', { url: `/projects/${NOBODY}` }],
  ['invalid_request', { url: '/projects/1' }],
  ['invalid_request', { url: "/projects/1' or '1'='1" }],
  ['invalid_request', { url: '/projects?limit=0' }],
  ['invalid_request', { url: '/projects?limit=201' }],
  ['invalid_request', { url: '/projects?limit=1e400' }],
  ['invalid_request', { url: '/projects?limit=1.5' }],
  ['invalid_request', { url: '/projects?limit=1;drop table projects' }],
  ['invalid_request', { url: '/projects?other=1' }],
  ['invalid_request', { url: '/projects?limit=1&limit=2' }],
  ['invalid_request', { url: '/projects?after=a%00' }],
  [
    'project_not_found',
    post(`/projects/${NOBODY}/sources`, { uri: 'u', source_group: 'g', content: '' }),
  ],
  ['invalid_request', post(`/projects/${project}/sources`, { uri: 'u', source_group: 'g' })],
  [
    'invalid_request',
    post(`/projects/${project}/sources`, { uri: '', source_group: 'g', content: '' }),
  ],
  [
    'invalid_request',
    post(`/projects/${project}/sources`, { uri: 'u', source_group: 'x'.repeat(3000), content: '' }),
  ],
  [
    'invalid_request',
    post(`/projects/${project}/sources`, {
      uri: 'u',
      source_group: 'g',
      content: 'x'.repeat(1_000_001),
    }),
  ],
  [
    'invalid_request',
    post(`/projects/${project}/sources`, { uri: 'u', source_group: 'g', content: 'a\u0000b' }),
  ],
  ['source_not_found', { url: `/projects/${project}/sources/${NOBODY}` }],
  ['project_not_found', { url: `/projects/${NOBODY}/sources` }],
  ['unknown_profile', post(`/projects/${project}/extract`, { profile: "general' or true --" })],
  ['project_not_found', post(`/projects/${NOBODY}/extract`, { profile: 'general' })],
  [
    'unknown_sources',
    post(`/projects/${project}/extract`, { profile: 'general', source_ids: [NOBODY] }),
  ],
  ['invalid_request', post(`/projects/${project}/extract`, { profile: 'general', source_ids: [] })],
  [
    'invalid_request',
    post(`/projects/${project}/extract`, { profile: 'general', source_ids: ["' or true"] }),
  ],
  ['invalid_request', post(`/projects/${project}/extract`, {})],
  ['job_not_found', { url: `/jobs/${NOBODY}` }],
  ['invalid_request', { url: '/jobs/1' }],
  ['invalid_request', { url: "/jobs?status='%20or%20true" }],
  ['invalid_request', { url: '/jobs?project_id=1' }],
  ['project_not_found', { url: `/projects/${NOBODY}/extractions` }],
  ['invalid_request', { url: `/projects/${project}/extractions?min_confidence=NaN` }],
  ['invalid_request', { url: `/projects/${project}/extractions?min_confidence=2` }],
  ['invalid_request', { url: `/projects/${project}/extractions?min_confidence=0)%20or%20(true` }],
  ['route_not_found', { url: '/nothing' }],
  ['route_not_found', { method: 'PATCH', url: `/projects/${project}` }],
  ['malformed_request', { url: '/projects/%zz' }],
] as const)('answers %s to %j', async (code, options) => {
  expect(await problemOf(options as Request)).toBe(code)
})

const SQL = [
  "' or '1'='1",
  "'; drop table projects; --",
  '\\',
  "\\'; select pg_sleep(10); --",
  '$1',
  '?',
  '%',
  '" & ! | :* <->',
  'x'.repeat(200),
]

test.each(SQL)('takes %j in every filter for the text that it is', async (text) => {
  const value = encodeURIComponent(text)
  for (const filter of ['profile', 'q']) {
    const response = await send({ url: `/projects/${project}/extractions?${filter}=${value}` })
    expect(response.json()).toEqual({ items: [], next: null })
  }
  for (const list of [
    '/projects',
    '/profiles',
    '/jobs',
    `/projects/${project}/sources`,
    `/projects/${project}/extractions`,
  ]) {
    expect(await problemOf({ url: `${list}?after=${value}` })).toBe('invalid_cursor')
  }
  expect((await query(test_database.url, 'select from projects')).length).toBeGreaterThan(0)
})

test.each([
  [['x', NOBODY]],
  [['2020-01-01', "' or true"]],
  [['99999-99-99', NOBODY]],
  [['2020-01-01\u0000', NOBODY]],
  [['2020-01-01']],
  [['2020-01-01', NOBODY, NOBODY]],
  [[1, 2]],
  [{}],
])('refuses the cursor %j', async (values) => {
  const after = Buffer.from(JSON.stringify(values)).toString('base64url')
  expect(await problemOf({ url: `/projects?after=${after}` })).toBe('invalid_cursor')
})

test.each([
  ['O\'Brien \\ " $1 ? :x {} `', 'quotes'],
  ['Ünï€ødé 🦉 שלום', 'scripts'],
])('stores %j as it is', async (name) => {
  const created = await send(
    post('/projects', {
      name,
      description: name,
      extraction_schema: { properties: { [name]: { description: name } } },
    }),
  )
  expect(created.statusCode).toBe(201)
  const read = await send({ url: `/projects/${created.json().id}` })
  expect(read.json()).toMatchObject({
    name,
    description: name,
    extraction_schema: { properties: { [name]: { description: name } } },
  })
  const source = { uri: name, source_group: name, title: name, content: name }
  const stored = (await send(post(`/projects/${read.json().id}/sources`, source))).json()
  expect(
    (await send({ url: `/projects/${stored.project_id}/sources/${stored.id}` })).json(),
  ).toMatchObject(source)
})

test('pages hold every item once, in order, also where moments are equal or infinite', async () => {
  const { id } = (await send(post('/projects', { name: 'pages' }))).json()
  await query(
    test_database.url,
    `insert into sources (project_id, uri, source_group, created_at)
     select $1, n::text, 'g', (array['2020-01-01 00:00:00.000001', '2020-01-01 00:00:00.000002', 'infinity',
       '-infinity', '0044-03-15 12:00:00 BC'])[n % 5 + 1]::timestamptz from generate_series(1, 50) as n`,
    [id],
  )
  const seen: string[] = []
  for (let after = ''; ;) {
    const { items, next } = (await send({ url: `/projects/${id}/sources?limit=7${after}` })).json()
    seen.push(...items.map(({ uri }: { uri: string }) => uri))
    if (!next) break
    expect(items).toHaveLength(7)
    after = `&after=${next}`
  }
  const sorted = await query<{ uri: string }>(
    test_database.url,
    'select uri from sources where project_id = $1 order by created_at desc, id desc',
    [id],
  )
  expect(seen).toEqual(sorted.map(({ uri }) => uri))
})

test('shows what legacy rows hold', async () => {
  const { id } = (await send(post('/projects', { name: 'legacy' }))).json()
  await query(
    test_database.url,
    `with source as (insert into sources (project_id, uri, source_group) values ($1, 'u', '') returning id)
     insert into extractions (project_id, source_id, source_group, extraction_type, data, chunk_context, created_at)
     select $1, id, '', '', data, '[]', 'infinity' from source,
       unnest(array['null', '"text"', '[1e400]', jsonb_build_object('big', repeat('word ', 300000))]::jsonb[]) as data`,
    [id],
  )
  const response = await send({ url: `/projects/${id}/extractions` })
  expect(response.statusCode).toBe(200)
  expect(response.json().items).toHaveLength(4)
  expect(response.json().items[0]).toMatchObject({ quote: null, extractor: null, confidence: null })
  expect((await send({ url: `/projects/${id}/extractions?q=text` })).json().items).toHaveLength(1)
})

test('refuses what needs the database while it is not ready, and nothing else', async () => {
  readiness = { ready: false, reason: 'The database is behind.' }
  try {
    expect(await problemOf({ url: '/projects' })).toBe('database_not_ready')
    expect((await send({ url: '/projects' })).json().detail).toBe('The database is behind.')
    expect(await problemOf({ url: '/projects', headers: { 'x-api-key': 'x' } })).toBe(
      'unauthorized',
    )
    for (const url of ['/healthz', '/openapi.json', '/docs/']) {
      expect((await app.inject(url)).statusCode).toBe(200)
    }
    expect((await app.inject('/readyz')).statusCode).toBe(503)
  } finally {
    readiness = { ready: true }
  }
})

test('an outage of the database is said to be one', async () => {
  const lost = openDatabase(url.replace(/:\d+\//, ':1/'))
  const other = await buildApp({
    database: lost,
    queue,
    readiness: () => readiness,
    lookAgain: async () => ({ ready: true }),
    apiKeys: KEYS,
    jobMaxAttempts: 5,
    log,
  })
  const response = await other.inject({
    url: '/api/v1/projects',
    headers: { 'x-api-key': KEYS[0] },
  })
  expect(response.json()).toMatchObject({ status: 503, code: 'database_unavailable' })
  await other.close()
  await lost.close()
})

test('a job and its delivery are made together or not at all', async () => {
  const { id } = (await send(post('/projects', { name: 'together' }))).json()
  const asked = post(`/projects/${id}/extract`, { profile: 'general' })
  const { job_id } = (await send(asked)).json()
  expect(await deliveries(id)).toEqual([job_id])

  await queue.stop() // so that the delivery fails after the row was made
  const failed = await send(asked)
  expect(failed.json()).toMatchObject({ status: 500, code: 'internal_error' })
  await queue.start()
  expect((await send({ url: `/jobs?project_id=${id}` })).json().items).toHaveLength(1)
  expect(await deliveries(id)).toEqual([job_id])

  const lost = randomUUID()
  const undone = inTransaction(database, async (session) => {
    await queue.enqueue(session, { jobId: lost, attemptCount: 0, maxAttempts: 1 })
    throw new Error('undone')
  })
  await expect(undone).rejects.toThrow('undone')
  const left = await query(
    test_database.url,
    `select from pgboss.job where data ->> 'job_id' = $1`,
    [lost],
  )
  expect(left).toEqual([])
})

async function deliveries(projectId: string): Promise<string[]> {
  const rows = await query<{ id: string }>(
    test_database.url,
    `select jobs.id from pgboss.job delivery join jobs on jobs.id::text = delivery.data ->> 'job_id'
     where project_id = $1`,
    [projectId],
  )
  return rows.map(({ id }) => id)
}

test('a schema that facts cannot be checked by is refused, with the reason', async () => {
  for (const [schema, reason] of [
    [
      { type: 'object', requird: ['a'] },
      'extraction_schema: strict mode: unknown keyword: "requird"',
    ],
    [
      { properties: { a: { type: 'string', pattern: '^(a+)+$' } } },
      'extraction_schema: the pattern ^(a+)+$ can take exponential time',
    ],
  ] as const) {
    const payload = { name: 'bad schema', extraction_schema: schema }
    const refusal = { status: 422, code: 'unusable_schema', detail: reason }
    const made = await send({ method: 'POST', url: '/projects', payload })
    expect(made.json()).toMatchObject(refusal)
    const changed = await send({ method: 'PUT', url: `/projects/${project}`, payload })
    expect(changed.json()).toMatchObject(refusal)
  }
})
