import { ExtractionRun, Job, Profile, Project, Report, Source } from '@techfacts/db'
import { CompiledQuery, sql } from 'kysely'
import { Client } from 'pg'
import { expect, test, vi } from 'vitest'
import { inTransaction, session } from './database.ts'
import { listExtractions } from './services/extractions.ts'
import { listJobs } from './services/jobs.ts'
import { limitSearches } from './searches.ts'
import { appAtHead } from './testing/app-at-head.ts'
import { query } from './testing/database.ts'
import { API_KEY } from './testing/service.ts'

const NOBODY = '00000000-0000-4000-8000-000000000000'

/** Every statement of this process; from the start, since a connection keeps the function it was made with. */
const sent = vi.spyOn(Client.prototype, 'query')
const { app, database, url } = await appAtHead()

async function call(method: 'DELETE' | 'GET' | 'POST' | 'PUT', path: string, payload?: object) {
  const answer = await app.inject({
    method,
    url: `/api/v1${path}`,
    headers: { 'x-api-key': API_KEY },
    ...(payload && { payload }),
  })
  const isJson = String(answer.headers['content-type']).includes('json')
  return { status: answer.statusCode, body: isJson ? answer.json() : answer.body }
}

const refused = (status: number, code: string) => ({ status, body: { code } })

async function createProject(name: string, more: object = {}): Promise<string> {
  const { status, body } = await call('POST', '/projects', { name, ...more })
  expect(status).toBe(201)
  return body.id
}

const text = { uri: 'doc:1', source_group: 'docs', content: 'The plan costs $5.' }

type Sent = { readonly text: string; readonly values?: readonly unknown[] }

/** The statements that `work` sends. */
async function statementsOf(work: () => Promise<unknown>): Promise<Sent[]> {
  const before = sent.mock.calls.length
  await work()
  return sent.mock.calls.slice(before).map(([given, values]: unknown[]) => {
    return (typeof given === 'string' ? { text: given, values } : given) as Sent
  })
}

/** A current run over a source of the project, with facts that mention one entity. */
async function extract(project: string, source: string, facts = 2): Promise<void> {
  await query(
    url,
    `with run as (
       insert into extraction_runs (source_id, profile_used, extractor, input_hash, is_current)
       values ($2, 'pricing', 'rules', '', true) returning id),
     named as (
       insert into entities (project_id, source_group, entity_type, value, normalized_value)
       values ($1, 'docs', 'price', '5 % off_', '5 % off_') on conflict do nothing returning id),
     fact as (
       insert into extractions (project_id, source_id, run_id, source_group, profile_used, chunk_index, ordinal,
         extraction_type, data, confidence, chunk_context)
       select $1, $2, run.id, 'docs', 'pricing', 0, n, 'price', jsonb_build_object('statement', 'costs ' || n), 0.5 + n / 10.0,
         '{"quote":"costs","start":9,"end":14,"heading_path":[],"confidence_parts":[]}'
       from run, generate_series(0, $3 - 1) as n returning id)
     insert into extraction_entities (extraction_id, entity_id) select fact.id, named.id from fact, named`,
    [project, source, facts],
  )
}

test('a project is replaced, and its schema only where nothing was extracted or a new version is asked for', async () => {
  const id = await createProject('changing')
  const schema = { type: 'object', properties: { a: { type: 'string' } } }
  const asked = { name: 'changed', extraction_schema: schema, is_template: true }
  const first = await call('PUT', `/projects/${id}`, asked)
  expect(first).toMatchObject({ status: 200, body: { ...asked, schema_version: 1 } })

  const source = await call('POST', `/projects/${id}/sources`, text)
  await extract(id, source.body.id)
  const other = { ...asked, extraction_schema: { type: 'object' } }
  expect(await call('PUT', `/projects/${id}`, other)).toMatchObject(refused(409, 'schema_in_use'))
  // The same schema in another order is the same.
  const same = { properties: schema.properties, type: 'object' }
  expect(await call('PUT', `/projects/${id}`, { ...asked, extraction_schema: same })).toMatchObject(
    { status: 200, body: { schema_version: 1 } },
  )
  expect(
    await call('PUT', `/projects/${id}`, { ...other, new_schema_version: true }),
  ).toMatchObject({
    status: 200,
    body: { schema_version: 2, extraction_schema: { type: 'object' } },
  })
  const facts = await call('GET', `/projects/${id}/extractions`)
  expect(facts.body.items).toMatchObject([{ schema_version: 1 }, { schema_version: 1 }])

  await createProject('taken')
  expect(await call('PUT', `/projects/${id}`, { ...other, name: 'taken' })).toMatchObject(
    refused(409, 'name_taken'),
  )
  expect(await call('PUT', `/projects/${NOBODY}`, asked)).toMatchObject(
    refused(404, 'project_not_found'),
  )
})

test('a project that is a template is what others are made from; lists show no schema', async () => {
  const schema = { type: 'object', title: 'mine' }
  const own = { extraction_schema: schema, entity_types: ['limit'], is_template: true }
  await createProject('my template', own)
  const made = await call('POST', '/projects', { name: 'made', template: 'my template' })
  expect(made.body).toMatchObject({ extraction_schema: schema, entity_types: ['limit'] })
  expect(made.body.is_template).toBe(false)
  expect(await call('POST', '/projects', { name: 'x', template: 'made' })).toMatchObject(
    refused(422, 'unknown_template'),
  )
  const templates = await call('GET', '/projects?is_template=true&limit=200')
  expect(templates.body.items.map(({ name }: { name: string }) => name)).toContain('my template')
  for (const item of templates.body.items) {
    expect(Object.keys(item)).not.toContain('extraction_schema')
    expect(item.is_template).toBe(true)
  }
})

test('a project that was deleted is hidden with all that is in it, and its name is free', async () => {
  const id = await createProject('gone', { is_template: true })
  const source = await call('POST', `/projects/${id}/sources`, text)
  await extract(id, source.body.id)
  const { body: asked } = await call('POST', `/projects/${id}/extract`, { profile: 'general' })
  const jobs = async (filter: string) => (await call('GET', `/jobs?${filter}`)).body.items
  expect(await jobs(`project_id=${id}`)).toMatchObject([{ id: asked.job_id }])
  expect((await call('DELETE', `/projects/${id}`)).status).toBe(204)
  expect(await jobs(`project_id=${id}`)).toEqual([])
  expect(await jobs('limit=200')).toEqual([])
  const gone = refused(404, 'project_not_found')
  for (const path of [
    '',
    '/sources',
    `/sources/${source.body.id}`,
    '/extractions',
    '/extractions?q=costs',
    '/entities',
    `/entities/${NOBODY}`,
    '/reports',
    `/reports/${NOBODY}`,
  ]) {
    expect({ path, ...(await call('GET', `/projects/${id}${path}`)) }).toMatchObject({
      path,
      ...gone,
    })
  }
  expect(await call('POST', `/projects/${id}/sources`, text)).toMatchObject(gone)
  expect(await call('POST', `/projects/${id}/extract`, { profile: 'general' })).toMatchObject(gone)
  expect(await call('DELETE', `/projects/${id}`)).toMatchObject(gone)
  expect(await call('POST', '/projects', { name: 'x', template: 'gone' })).toMatchObject(
    refused(422, 'unknown_template'),
  )
  await createProject('gone')
  // Every row is still there, for whoever asks without the filter.
  const em = database.em.fork()
  expect(await em.findOne(Project, id)).toBeNull()
  expect(await em.findOne(Project, id, { filters: { active: false } })).toMatchObject({
    name: `gone (deleted ${id})`,
  })
  expect(await em.count(Source, { project: id })).toBe(1)
})

test('custom profiles are made, changed and removed; the built-in ones are read-only', async () => {
  const asked = {
    name: 'mine',
    categories: ['a "quoted" one', 'null', '{x}'],
    prompt_focus: 'Focus',
    depth: 'summary',
    custom_instructions: null,
  }
  const made = await call('POST', '/profiles', asked)
  expect(made).toMatchObject({ status: 201, body: { ...asked, is_builtin: false } })
  expect(await call('POST', '/profiles', asked)).toMatchObject(refused(409, 'name_taken'))
  const path = `/profiles/${made.body.id}`
  const changed = { ...asked, depth: 'detailed', custom_instructions: 'Be brief.' }
  expect((await call('PUT', path, changed)).body).toMatchObject(changed)
  expect((await call('GET', path)).body).toMatchObject(changed)

  const builtin = await database.em.fork().findOneOrFail(Profile, { isBuiltin: true })
  const readOnly = refused(409, 'profile_is_builtin')
  expect(await call('PUT', `/profiles/${builtin.id}`, asked)).toMatchObject(readOnly)
  expect(await call('DELETE', `/profiles/${builtin.id}`)).toMatchObject(readOnly)

  const seen: string[] = []
  for (let after = ''; ;) {
    const { body } = await call('GET', `/profiles?limit=2${after}`)
    seen.push(...body.items.map(({ name }: { name: string }) => name))
    if (body.next === null) break
    after = `&after=${body.next}`
  }
  expect(seen).toEqual(
    (await query(url, 'select name from profiles order by name')).map(({ name }) => name),
  )
  expect((await call('DELETE', path)).status).toBe(204)
  expect(await call('GET', path)).toMatchObject(refused(404, 'profile_not_found'))
})

test.each([[{ $ne: null }], [{ $gt: 'a' }], ['a', 'b'], [1], []])(
  'no cursor of profiles is an operator or another one: %j',
  async (...values) => {
    const after = Buffer.from(JSON.stringify(values)).toString('base64url')
    expect(await call('GET', `/profiles?after=${after}`)).toMatchObject(
      refused(400, 'invalid_cursor'),
    )
  },
)

test('the same text again writes nothing; another one makes the facts stale, without places in it', async () => {
  const id = await createProject('stale')
  const path = `/projects/${id}/sources`
  const first = await call('POST', path, { ...text, title: 'One' })
  expect(first).toMatchObject({ status: 201, body: { status: 'pending' } })
  await extract(id, first.body.id)
  await query(url, `update sources set status = 'extracted' where id = $1`, [first.body.id])
  const version = () => query(url, 'select xmin, ctid from sources where id = $1', [first.body.id])
  const before = await version()
  const facts = async () => (await call('GET', `/projects/${id}/extractions`)).body.items
  const unchanged = await call('POST', path, text)
  expect(unchanged).toMatchObject({ status: 200, body: { id: first.body.id, title: 'One' } })
  expect(unchanged.body.status).toBe('extracted')
  expect(await version()).toEqual(before)
  const fresh = await facts()
  expect(fresh).toMatchObject([{ stale: false, quote: 'costs', start: 9, end: 14 }, {}])

  const changed = await call('POST', path, { ...text, content: 'The plan costs $6.' })
  expect(changed).toMatchObject({ status: 200, body: { id: first.body.id, status: 'pending' } })
  const stale = await facts()
  expect(stale).toMatchObject([{ stale: true, quote: 'costs', start: null, end: null }, {}])
  expect(stale.map(({ id }: { id: string }) => id)).toEqual(
    fresh.map(({ id }: { id: string }) => id),
  )
  await query(url, 'delete from extraction_runs where source_id = $1', [first.body.id])
  await extract(id, first.body.id)
  expect(await facts()).toMatchObject([{ stale: false, start: 9 }, { stale: false }])
})

test('one URI put ten times at once is one source', async () => {
  const id = await createProject('at once')
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      call('POST', `/projects/${id}/sources`, { ...text, content: `Text ${n}` }),
    ),
  )
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(9)
})

test('extractions are found by type, group, source, profile, confidence and words', async () => {
  const id = await createProject('filters')
  const source = (await call('POST', `/projects/${id}/sources`, text)).body.id
  await extract(id, source, 5)
  const count = async (filter: string) => {
    const { body } = await call('GET', `/projects/${id}/extractions?${filter}`)
    return body.items.length
  }
  expect(await count('')).toBe(5)
  expect(await count('type=price&group=docs&profile=pricing')).toBe(5)
  for (const filter of ['type=x', 'group=x', 'profile=x', `source_id=${NOBODY}`, 'q=nothing']) {
    expect([filter, await count(filter)]).toEqual([filter, 0])
  }
  expect(await count(`source_id=${source}&min_confidence=0.75`)).toBe(2)
  expect(await count('q=cost%203')).toBe(1)
  expect(await count('q=cost%20-3')).toBe(4)
})

test('entities are listed in order, filtered, and read with what mentions them', async () => {
  const id = await createProject('entities')
  const source = (await call('POST', `/projects/${id}/sources`, text)).body.id
  await extract(id, source, 3)
  await query(
    url,
    `insert into entities (project_id, source_group, entity_type, value, normalized_value)
     select $1, 'g' || n % 3, 't' || n % 2, 'V' || n, 'v' || n from generate_series(1, 40) as n`,
    [id],
  )
  const list = async (filter: string) =>
    (await call('GET', `/projects/${id}/entities?${filter}`)).body
  const seen: string[] = []
  for (let after = ''; ;) {
    const { items, next } = await list(`limit=7${after}`)
    seen.push(...items.map((item: { id: string }) => item.id))
    if (next === null) break
    after = `&after=${next}`
  }
  const sorted = await query<{ id: string }>(
    url,
    'select id from entities where project_id = $1 order by source_group, entity_type, normalized_value',
    [id],
  )
  expect(seen).toEqual(sorted.map((row) => row.id))
  expect((await list('type=t1&group=g0&limit=200')).items).toHaveLength(7)
  expect((await list('q=v3')).items).toHaveLength(11)
  // Signs of a pattern are taken for what they are.
  const [price, ...others] = (await list(`q=${encodeURIComponent('%')}`)).items
  expect(others).toEqual([])
  const read = await call('GET', `/projects/${id}/entities/${price.id}`)
  expect(read.body).toMatchObject({
    ...price,
    sources: [{ id: source, uri: 'doc:1', mentions: 3 }],
    mentions: [{ source_id: source, role: 'mention', extraction_type: 'price' }, {}, {}],
  })
  const em = database.em.fork()
  await em.nativeUpdate(ExtractionRun, { source }, { isCurrent: false })
  const without = await call('GET', `/projects/${id}/entities/${price.id}`)
  expect(without.body).toMatchObject({ sources: [], mentions: [] })
  expect(await call('GET', `/projects/${id}/entities/${NOBODY}`)).toMatchObject(
    refused(404, 'entity_not_found'),
  )
})

test('reports are listed without their text, and read as markdown', async () => {
  const id = await createProject('reports')
  const em = database.em.fork()
  const report = em.create(Report, { project: id, type: 'summary', content: '# Ä report\n' })
  await em.flush()
  const path = `/projects/${id}/reports`
  const { items } = (await call('GET', path)).body
  expect(items).toMatchObject([{ id: report.id, type: 'summary', format: 'md' }])
  expect(Object.keys(items[0])).not.toContain('content')
  expect((await call('GET', `${path}/${report.id}`)).body.content).toBe('# Ä report\n')
  expect((await call('GET', `${path}/${report.id}/markdown`)).body).toBe('# Ä report\n')
  for (const end of ['', '/markdown']) {
    expect(await call('GET', `${path}/${NOBODY}${end}`)).toMatchObject(
      refused(404, 'report_not_found'),
    )
  }
})

test('thirty searches at once are all answered, and leave connections for all else', async () => {
  const { search, close } = limitSearches(database, 200)
  const slow = search((own) => sql`select pg_sleep(20)`.execute(session(own)))
  await expect(slow).rejects.toMatchObject({ code: 'search_too_slow' })
  let running = 0
  let most = 0
  const searches = Array.from({ length: 30 }, () =>
    search(async (own) => {
      most = Math.max(most, (running += 1))
      await sql`select pg_sleep(0.02)`.execute(session(own))
      running -= 1
    }),
  )
  expect((await call('GET', '/projects')).status).toBe(200)
  await Promise.all(searches)
  expect(most).toBe(4)
  const hundred = Array.from({ length: 100 }, () => search(async () => {}))
  const ends = await Promise.allSettled(hundred)
  expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(36)
  // A failure gives its turn back.
  for (let n = 0; n < 10; n += 1) {
    await expect(search(() => Promise.reject(new Error('x')))).rejects.toThrow('x')
  }
  await search(async () => {})
  await close()
})

/** What the facts of a list state, page by page, until there are as many. */
async function readStatements(path: string, many: number): Promise<string[]> {
  const statements: string[] = []
  for (let after = ''; statements.length < many;) {
    const { body } = await call('GET', `${path}${after && `&after=${after}`}`)
    for (const { data } of body.items) statements.push(data.statement)
    if (body.next === null) break
    after = body.next
  }
  return statements
}

test('pages, profiles and words use their indexes', { tags: 'long' }, async () => {
  const id = await createProject('plans')
  const em = database.em.fork()
  const job = em.create(Job, { project: id, type: 'extract', payload: {} })
  const source = em.create(Source, { project: id, uri: 'u', sourceGroup: 'g' })
  await em.flush()
  await query(
    url,
    `with run as (insert into extraction_runs (job_id, source_id, profile_used, extractor, input_hash, is_current)
       values ($2, $3, 'p', 'rules', '', true) returning id)
     insert into extractions (project_id, source_id, run_id, source_group, profile_used, chunk_index, ordinal,
       extraction_type, data, confidence, created_at)
     select $1, $3, run.id, 'g', 'p' || n % 50, 0, n, 't', jsonb_build_object('statement', format('word%s some%s costs', n, n % 20)), 1,
       now() + n * interval '1 ms'
     from run, generate_series(1, 20000) as n`,
    [id, job.id, source.id],
  )
  // Many more than a page needs: none of them is read for it.
  await query(
    url,
    `with project as (insert into projects (name, extraction_schema) select 'plan ' || n, '{}' from generate_series(1, 3000) n returning id),
     job as (insert into jobs (project_id, type, payload, created_at)
       select id, 'extract', '{}', now() - random() * interval '9 days' from project)
     insert into extraction_runs (source_id, profile_used, extractor, input_hash, is_current)
       select $1, 'other ' || n, 'rules', '', true from generate_series(1, 3000) n`,
    [source.id],
  )
  await query(url, 'analyze')
  const planOf = async (read: () => Promise<unknown>) => {
    const statements = await statementsOf(read)
    const { text, values = [] } = statements.at(-1) ?? { text: '' }
    const { rows } = await session(database).executeQuery<{ 'QUERY PLAN': string }>(
      CompiledQuery.raw(`explain (analyze, costs off, timing off) ${text}`, [...values]),
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).not.toMatch(/Seq Scan on (?:extraction_runs|projects)|hashed SubPlan/)
    return { statements: statements.length, plan }
  }
  const plan = (filter: object) =>
    planOf(() => listExtractions(session(database), id, { limit: 50, ...filter }))
  const walk = 'using idx_extractions_page on extractions (actual rows=51.00 loops=1)'
  const byWords = 'Bitmap Index Scan on idx_extractions_words (actual rows='
  expect(await plan({})).toMatchObject({ statements: 1, plan: expect.stringContaining(walk) })
  expect((await plan({ profile: 'p7' })).plan).toContain('using idx_extractions_profile')
  // What is estimated is not part of a plan.
  for (const [q, how] of [
    ['word77', `${byWords}1.00 `],
    ['some7', `${byWords}1000.00 `],
    ['some7 -some8', `${byWords}1000.00 `],
    ['costs', walk],
    ['some7 or costs', walk],
  ]) {
    const found = await plan({ q })
    expect(found).toMatchObject({ statements: 2, plan: expect.stringContaining(how ?? '') })
    expect(found.plan).not.toContain('Rows Removed by Filter')
  }
  await planOf(() => listJobs(session(database), { limit: 50 }))
  await planOf(() => listJobs(session(database), { limit: 50, project_id: id }))
  // Found in either way, each is shown once, in order.
  expect(await readStatements(`/projects/${id}/extractions?limit=77&q=some7`, 1000)).toEqual(
    Array.from({ length: 1000 }, (_, n) => `word${7 + 20 * n} some7 costs`),
  )
  expect(await readStatements(`/projects/${id}/extractions?limit=77&q=costs`, 154)).toEqual(
    Array.from({ length: 154 }, (_, n) => `word${n + 1} some${(n + 1) % 20} costs`),
  )
  // The first five times it is planned for what is asked, which must not look cheaper than the plan for anything.
  const planned = await inTransaction(database, async (own) => {
    for (let n = 0; n < 8; n += 1) await listExtractions(own, id, { limit: 50 })
    return sql`select from pg_prepared_statements where generic_plans >= 3 and statement like '%extraction_runs%'`.execute(
      own,
    )
  })
  expect(planned.rows).toHaveLength(1)
})
