import { readFile } from 'node:fs/promises'
import { createTestDatabase, briefly } from '@techfacts/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { revision } from '@techfacts/db'
import { asApplication, downTo, head, query } from './testing/database.ts'
import {
  createProject,
  everyItem,
  finished,
  startProgram,
  until,
  untilReady,
} from './testing/service.ts'

const database = await createTestDatabase({ prepare: head })
const program = await startProgram(asApplication(database.url))
await untilReady(program)
const { call } = program
afterAll(async () => {
  await program.stop()
  await database.drop()
})

const lock: { migrations: { name: string; phase: string; checksum: string }[] } = JSON.parse(
  await readFile(new URL('migrations.manifest.json', import.meta.resolve('@techfacts/db')), 'utf8'),
)
const document = await readFile(new URL('README.md', import.meta.resolve('fastify')), 'utf8')

test('a document goes in, facts come out, and the same extraction again adds no row', async () => {
  const project = await createProject(call, 'fastify', [document])
  const extract = async () => {
    const { status, body } = await call(`/projects/${project.id}/extract`, {
      profile: 'technical_specs',
    })
    expect(status).toBe(202)
    return finished(call, body.job_id)
  }
  const job = await extract()
  expect(job).toMatchObject({ status: 'completed', attempt_count: 1, error: null })
  expect(job.progress).toEqual({ done: 1, total: 1 })

  const items = await everyItem(call, `/projects/${project.id}/extractions`, 2)
  expect(items.length).toBeGreaterThanOrEqual(4)
  const nothing = { unchanged: 0, skipped: 0, rejected: 0, cut: 0, unreadable: [] }
  expect(job.result).toMatchObject({ sources: 1, extractions: items.length, ...nothing })
  for (const item of items) {
    expect(document.slice(item.start, item.end)).toBe(item.quote)
    expect(item).toMatchObject({
      extractor: 'rules',
      profile_used: 'technical_specs',
      source_id: project.sources[0],
    })
    const sum = item.confidence_parts.reduce(
      (sum: number, part: { points: number }) => sum + part.points,
      0,
    )
    expect(Math.min(sum, 1)).toBeCloseTo(item.confidence)
  }
  expect(items.map(({ start }) => start)).toEqual(
    items.map(({ start }) => start).toSorted((a, b) => a - b),
  )

  const rows = await count(database.url)
  expect(rows).toMatchObject({ extractions: items.length, sources: 1 })
  expect(rows?.['entities']).toBeGreaterThan(0)
  expect(rows?.['extraction_entities']).toBeGreaterThanOrEqual(Number(rows?.['entities']))
  await extract()
  expect(await count(database.url)).toEqual(rows)
  expect((await everyItem(call, `/projects/${project.id}/extractions`)).map(factOf)).toEqual(
    items.map(factOf),
  )
})

const factOf = ({ data, quote, start }: Record<string, unknown>) => ({ data, quote, start })

async function count(url: string): Promise<Record<string, number> | undefined> {
  const tables = [
    'projects',
    'sources',
    'extractions',
    'entities',
    'extraction_entities',
    'extraction_runs',
  ]
  const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`)
  return (await query<Record<string, number>>(url, `select ${counts.join(', ')}`))[0]
}

test('the same URI again replaces the text, which waits to be extracted again', async () => {
  const project = await createProject(call, 'uri', ['Costs $5.'])
  const path = `/projects/${project.id}/sources`
  const asked = { uri: 'doc:0', source_group: 'docs', content: 'Costs $5.' }
  const { body } = await call(`/projects/${project.id}/extract`, { profile: 'pricing' })
  await finished(call, body.job_id)
  expect(await call(path, asked)).toMatchObject({
    status: 200,
    body: { id: project.sources[0], status: 'extracted' },
  })
  expect(await call(path, { ...asked, content: 'Costs $6.' })).toMatchObject({
    status: 200,
    body: { id: project.sources[0], status: 'pending' },
  })
  expect(await call(path, { ...asked, uri: 'doc:1' })).toMatchObject({ status: 201 })
})

test('reads documents of every shape', async () => {
  const documents = [
    '',
    ' \r\n',
    'x'.repeat(500_000),
    '```\nGET /a\n',
    '😀 Costs €5.\r\n\r\n> needs\r\n> PostgreSQL 15+',
  ]
  const project = await createProject(call, 'shapes', documents)
  const { body } = await call(`/projects/${project.id}/extract`, {
    profile: 'pricing',
    source_ids: project.sources,
  })
  expect(await finished(call, body.job_id)).toMatchObject({
    status: 'completed',
    progress: { done: documents.length, total: documents.length },
    result: { sources: documents.length, skipped: 0 },
  })
  const sources = await everyItem(call, `/projects/${project.id}/sources`)
  expect(sources.map(({ status }) => status)).toEqual(documents.map(() => 'extracted'))
  const [item] = await everyItem(call, `/projects/${project.id}/extractions`)
  expect(item.quote).toBe('😀 Costs €5.')
})

test('finds by words, profile and confidence', async () => {
  const project = await createProject(call, 'filters', [
    'Plans cost $5.\n\nSeats cost $7 per user.',
  ])
  const { body } = await call(`/projects/${project.id}/extract`, { profile: 'pricing' })
  await finished(call, body.job_id)
  const found = async (filter: string) =>
    (await call(`/projects/${project.id}/extractions?${filter}`)).body.items.length as number
  expect(await found('')).toBe(2)
  expect(await found('q=seat')).toBe(1)
  expect(await found('q=plan -cost')).toBe(0)
  expect(await found('profile=pricing')).toBe(2)
  expect(await found('profile=security')).toBe(0)
  expect(await found('min_confidence=1')).toBeLessThan(2)
})

test(
  'is not ready before the migration, says why, and becomes ready by itself',
  { tags: 'long' },
  async () => {
    await using empty = await createTestDatabase()
    const early = await startProgram(asApplication(empty.url))
    const ready = async (): Promise<{ status: number; detail?: string }> => {
      const response = await fetch(`${early.base}/readyz`)
      return { ...((await response.json()) as object), status: response.status }
    }
    try {
      expect((await fetch(`${early.base}/healthz`)).status).toBe(200)
      await until(async () => /no ledger/.test((await ready()).detail ?? ''))
      expect(await ready()).toMatchObject({ status: 503, code: 'database_not_ready' })
      expect(await early.call('/projects')).toMatchObject({
        status: 503,
        body: { code: 'database_not_ready', detail: (await ready()).detail },
      })

      await head(empty.url)
      await untilReady(early)
      expect(await ready()).toEqual({ status: 200, revision })
      expect(await early.call('/profiles')).toMatchObject({ status: 200 })

      await downTo(empty.url, '-1')
      await until(async () =>
        /behind: it lacks \S+_drop_indexes_of_projects/.test((await ready()).detail ?? ''),
      )
      expect((await early.call('/projects')).status).toBe(503)
      await head(empty.url)
      await untilReady(early)
    } finally {
      expect(await early.stop()).toBe(0)
    }
  },
)

test(
  'works on beside a newer build, until that takes something away or edits what was there',
  { tags: 'long' },
  async () => {
    await using other = await createTestDatabase({ prepare: head })
    /** What the run of another build leaves behind. */
    const applied = async (name: string, phase: string, checksum = 'v1:0') => {
      await query(
        other.url,
        `insert into migrator.history (run, event, migration, direction, phase, final, checksum)
       values (gen_random_uuid(), 'done', $1, 'up', $2, true, $3)`,
        [name, phase, checksum],
      )
      await query(
        other.url,
        `insert into mikro_orm_migrations (name) select $1::text
        where not exists (select from mikro_orm_migrations where name = $1::text)`,
        [name],
      )
    }
    await applied('Migration29990101000000_expand', 'expand')
    const older = await startProgram(asApplication(other.url))
    const detail = async () => {
      const body = (await (await fetch(`${older.base}/readyz`)).json()) as { detail?: string }
      return body.detail ?? ''
    }
    try {
      await untilReady(older)
      expect(older.output()).toContain('ahead by Migration29990101000000_expand')
      expect((await older.call('/profiles')).status).toBe(200)

      await applied('Migration29990101000001_contract', 'contract')
      await until(async () =>
        /ahead: .* know Migration29990101000001_contract/.test(await detail()),
      )
      expect((await older.call('/profiles')).status).toBe(503)
      await query(other.url, `delete from mikro_orm_migrations where name like '%_contract'`)
      await untilReady(older)

      const [migration = { name: '', phase: '', checksum: '' }] = lock.migrations
      await applied(migration.name, migration.phase, 'v1:edited')
      await until(async () => (await detail()).includes(`another version of ${migration.name}`))
      await applied(migration.name, migration.phase, migration.checksum)
      await untilReady(older)
    } finally {
      expect(await older.stop()).toBe(0)
    }
  },
)

test('survives an outage of the database, and works again after it', { tags: 'long' }, async () => {
  await using other = await createTestDatabase({ prepare: head })
  const survivor = await startProgram(asApplication(other.url))
  const name = new URL(other.url).pathname.slice(1)
  try {
    await untilReady(survivor)
    const project = await createProject(survivor.call, 'outage', ['Costs $5.'])
    await query(database.url, `alter database ${name} with allow_connections false`)
    await query(
      database.url,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
      [name],
    )
    await until(async () => (await fetch(`${survivor.base}/readyz`)).status === 503)
    await query(database.url, `alter database ${name} with allow_connections true`)
    await untilReady(survivor)
    const { body } = await survivor.call(`/projects/${project.id}/extract`, { profile: 'pricing' })
    expect(await finished(survivor.call, body.job_id)).toMatchObject({ status: 'completed' })
  } finally {
    await query(database.url, `alter database ${name} with allow_connections true`)
    expect(await survivor.stop()).toBe(0)
  }
})

test(
  'is not ready without a database, and never shows the password',
  { tags: 'long' },
  async () => {
    const url = new URL(asApplication(database.url))
    for (const [change, reason] of [
      [{ port: '1' }, /does not answer/],
      [{ pathname: '/nowhere' }, /nowhere.* does not exist/],
      [{ password: 'wrong-secret' }, /password authentication failed/],
    ] as const) {
      const other = new URL(url)
      Object.assign(other, change)
      const lost = await startProgram(other.href)
      await until(async () => reason.test(await (await fetch(`${lost.base}/readyz`)).text()))
      expect(await lost.stop()).toBe(0)
      expect(lost.output()).not.toContain(other.password)
    }
  },
)

test('connects as a role that can make nothing, under a name that says its revision', async () => {
  const url = asApplication(database.url)
  await expect(query(url, 'create table mine (id int)')).rejects.toMatchObject({ code: '42501' })
  const sessions = await query<{ application_name: string; usename: string }>(
    database.url,
    `select distinct application_name, usename from pg_stat_activity
     where datname = current_database() and application_name like 'techfacts%'`,
  )
  expect(sessions).toEqual([
    { application_name: `techfacts-pipeline/${revision}`, usename: new URL(url).username },
  ])
})

const heartbeats = () =>
  query(
    database.url,
    `select role, application, id from migrator.instances where seen_at > '-infinity' order by id`,
  )

test.each(briefly(['SIGTERM', 'SIGINT', 'disconnect'] as const))('stops on %s', async (how) => {
  const before = await heartbeats()
  const other = await startProgram(asApplication(database.url))
  await untilReady(other)
  const during = await heartbeats()
  expect(during).toHaveLength(before.length + 1)
  expect(during).toEqual(
    during.map((one) => ({ ...one, application: `techfacts-pipeline/${revision}` })),
  )
  expect(await other.stop(how)).toBe(0)
  expect(await heartbeats()).toEqual(before)
  await expect(fetch(`${other.base}/healthz`)).rejects.toThrow('fetch failed')
})

test.each([
  [
    { DATABASE_URL: '', API_KEY: 'short', PORT: '0', LOG_LEVEL: 'loud' },
    ['DATABASE_URL', 'API_KEY', 'PORT', 'LOG_LEVEL'],
  ],
])('says every bad variable at once and exits 2', { tags: 'long' }, async (variables, names) => {
  const failed = await startProgram('', variables)
  expect(await failed.stop()).toBe(2)
  expect(
    failed
      .output()
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  ).toEqual(names)
})

test('a port that another program has is named, with what to do', { tags: 'long' }, async () => {
  const { port } = new URL(program.base)
  const second = await startProgram(asApplication(database.url), { PORT: port })
  expect(await second.stop()).toBe(2)
  expect(second.output()).toMatch(new RegExp(`PORT cannot be ${port} .*: set another`))
})
