import { MikroORM, raw, type EntityClass } from '@mikro-orm/postgresql'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import {
  Entity,
  Extraction,
  ExtractionEntity,
  Fact,
  Job,
  ormOptions,
  Page,
  Profile,
  Project,
  RateLimit,
  Report,
  Source,
} from './index.ts'
import { rows } from './testing/database.ts'
import { head } from './testing/migrate.ts'

const database = await createTestDatabase({ prepare: head })
const orm = await MikroORM.init(ormOptions(database.url))

afterAll(async () => {
  await orm.close()
  await database.drop()
})

const MOMENT = expect.any(Date)
const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/)

let ids: Record<'project' | 'source' | 'extraction' | 'job' | 'report', string>

beforeAll(async () => {
  const em = orm.em.fork()
  const project = em.create(Project, { name: 'p', extractionSchema: {} })
  const source = em.create(Source, { project, uri: 'u', sourceGroup: 'g' })
  const extraction = em.create(Extraction, {
    project,
    source,
    data: {},
    extractionType: 't',
    sourceGroup: 'g',
  })
  const entity = em.create(Entity, {
    project,
    sourceGroup: 'g',
    entityType: 't',
    value: 'V',
    normalizedValue: 'v',
  })
  em.create(ExtractionEntity, { extraction, entity })
  const page = em.create(Page, { url: 'u', domain: 'd', company: 'c' })
  em.create(Fact, { page, factText: 'f', category: 'c', confidence: 1, profileUsed: 'p' })
  const job = em.create(Job, { project, type: 'extract', payload: {} })
  em.create(Profile, { name: 'p', categories: [], promptFocus: 'f', depth: 'summary' })
  const report = em.create(Report, { project, type: 't' })
  em.create(RateLimit, { domain: 'd' })
  await em.flush()
  ids = {
    project: project.id,
    source: source.id,
    extraction: extraction.id,
    job: job.id,
    report: report.id,
  }
})

test.for([
  [
    Project,
    {
      sourceConfig: { type: 'web', group_by: 'company' },
      entityTypes: [],
      promptTemplates: {},
      isTemplate: false,
      isActive: true,
      createdAt: MOMENT,
      updatedAt: MOMENT,
    },
  ],
  [
    Source,
    {
      sourceType: 'web',
      metadata: {},
      outboundLinks: [],
      status: 'pending',
      createdAt: MOMENT,
      fetchedAt: null,
    },
  ],
  [Extraction, { confidence: null, extractedAt: MOMENT, createdAt: MOMENT }],
  [Entity, { attributes: {}, createdAt: MOMENT }],
  [ExtractionEntity, { role: 'mention', createdAt: MOMENT }],
  [
    Page,
    { scrapedAt: MOMENT, status: 'completed', metadata: {}, createdAt: MOMENT, updatedAt: MOMENT },
  ],
  [Fact, { extractedAt: MOMENT, metadata: {}, createdAt: MOMENT }],
  [
    Job,
    {
      status: 'queued',
      priority: 0,
      attemptCount: 0,
      maxAttempts: 5,
      createdAt: MOMENT,
      result: null,
    },
  ],
  [Profile, { isBuiltin: false, createdAt: MOMENT, updatedAt: MOMENT }],
  [
    Report,
    {
      sourceGroups: [],
      categories: [],
      extractionIds: [],
      format: 'md',
      metadata: {},
      createdAt: MOMENT,
    },
  ],
] as const)(
  '$0.name is written with the least it needs, and reads back what the server adds',
  async ([Class, defaults]) => {
    const [found] = await orm.em.fork().findAll(Class as typeof Project)
    expect(found).toMatchObject({ id: UUID, ...defaults })
  },
)

test('a rate limit is known by its domain', async () => {
  const [found] = await orm.em.fork().findAll(RateLimit)
  expect(found).toMatchObject({
    domain: 'd',
    requestCount: 0,
    dailyCount: 0,
    dailyResetAt: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
  })
})

test('JSON, arrays and moments read back as they were written', async () => {
  const metadata = { text: 'ünï "q" \\ 🦉', deep: [{ a: null }, [[]], 0.1, -1e300], '': false }
  const categories = [
    'a,b',
    '"quoted"',
    '{}',
    '',
    'NULL',
    ' padded ',
    'back\\slash',
    'two,\nlines\t',
    '🦉',
  ]
  const fetchedAt = new Date('2026-03-29T01:30:00.123Z')
  const writing = orm.em.fork()
  const project = writing.getReference(Project, ids.project)
  const source = writing.create(Source, {
    project,
    uri: 'json',
    sourceGroup: 'g',
    metadata,
    outboundLinks: categories,
    fetchedAt,
  })
  const profile = writing.create(Profile, {
    name: 'arrays',
    categories,
    promptFocus: '',
    depth: 'detailed',
  })
  await writing.flush()

  const reading = orm.em.fork()
  expect(await reading.findOneOrFail(Source, source.id)).toMatchObject({
    metadata,
    outboundLinks: categories,
    fetchedAt,
  })
  expect((await reading.findOneOrFail(Profile, profile.id)).categories).toEqual(categories)
})

test.for([
  ['projects', Project, { name: 'p' }, { description: 'changed' }],
  ['pages', Page, { url: 'u' }, { title: 'changed' }],
  ['profiles', Profile, { name: 'p' }, { customInstructions: 'changed' }],
] as [string, EntityClass<Touched>, object, object][])(
  '%s.updated_at moves with every update, created_at stays',
  async ([table, Class, where, change]) => {
    const query = `select created_at::text, updated_at::text from ${table} order by created_at limit 1`
    const [before] = await rows(database.url, query)
    const em = orm.em.fork()
    const row = await em.findOneOrFail(Class, where)
    em.assign(row, change)
    await em.flush()

    const [after] = await rows(database.url, query)
    expect(after?.['created_at']).toBe(before?.['created_at'])
    expect(String(after?.['updated_at']) > String(before?.['updated_at'])).toBe(true)
    expect(row.updatedAt).toBeInstanceOf(Date) // known without a second read
  },
)

interface Touched {
  id: string
  updatedAt: Date
}

test.for([
  ["update jobs set status = 'Queued'", 'jobs_status_check'],
  ["update jobs set type = 'other'", 'jobs_type_check'],
  ["update sources set status = 'completed'", 'sources_status_check'],
  ["update sources set source_type = 'ftp'", 'sources_source_type_check'],
  ["update profiles set depth = 'deep'", 'profiles_depth_check'],
  ['update extractions set confidence = 17', 'extractions_confidence_check'],
  ["update facts set confidence = 'NaN'", 'facts_confidence_check'],
] as const)('%s breaks %s', async ([statement, constraint]) => {
  await expect(rows(database.url, statement)).rejects.toThrow(`"${constraint}"`)
})

test('a source is upserted by its project and URI, however long that is', async () => {
  const uri = `https://example.com/${'a very long path/'.repeat(10_000)}`
  const upsert = (title: string) =>
    orm.em
      .fork()
      .upsert(
        Source,
        { project: ids.project, uri, sourceGroup: 'g', title },
        { onConflictFields: raw('(project_id, md5(uri))'), onConflictMergeFields: ['title'] },
      )
  const { id } = await upsert('first')
  expect(await upsert('second')).toMatchObject({ id, title: 'second' })
})

test.for([
  ['idx_extractions_data_paths', `select * from extractions where data @> '{"unit": "GB"}'`],
  [
    'idx_jobs_claim',
    `select * from jobs where status = 'queued' order by priority desc, created_at limit 1 for update skip locked`,
  ],
  [
    'sources_project_id_uri_md5_key',
    `select * from sources where project_id = (select min(id::text)::uuid from projects) and md5(uri) = md5('u')`,
  ],
  [
    'idx_reports_page',
    'select * from reports where project_id = (select min(id::text)::uuid from projects)',
  ],
  [
    'idx_extraction_entities_entity',
    'select * from extraction_entities where entity_id = (select min(id::text)::uuid from projects)',
  ],
] as const)('%s serves %s', async ([index, query]) => {
  await rows(
    database.url,
    `alter database "${new URL(database.url).pathname.slice(1)}" set enable_seqscan = off`,
  )
  const plan = await rows(database.url, `explain (costs off) ${query}`)
  expect(JSON.stringify(plan)).toContain(index)
})

test('a mistyped database name is an error, not a new database', async () => {
  const url = new URL(database.url)
  url.pathname += '_mistyped'
  const mistyped = await MikroORM.init({ ...ormOptions(url.href), logger: () => {} })
  await expect(mistyped.em.execute('select 1')).rejects.toThrow('does not exist')
  await mistyped.close()
  expect(
    await rows(database.url, `select from pg_database where datname like '%mistyped'`),
  ).toEqual([])
})

test('deleting a project takes its sources, extractions, entities and reports along, and keeps its jobs', async () => {
  await rows(database.url, 'delete from projects where id = $1', [ids.project])
  const em = orm.em.fork()
  expect(await em.count(Source, ids.source)).toBe(0)
  expect(await em.count(Extraction, ids.extraction)).toBe(0)
  expect(await em.count(Entity)).toBe(0)
  expect(await em.count(ExtractionEntity)).toBe(0)
  expect(await em.count(Report, ids.report)).toBe(0)
  expect(await em.findOneOrFail(Job, ids.job)).toMatchObject({ project: null })
})
