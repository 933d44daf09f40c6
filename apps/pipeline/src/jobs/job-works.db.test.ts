import type { RequestListener } from 'node:http'
import { Job, type JobType } from '@techfacts/db'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { afterAll, expect, test, vi } from 'vitest'
import { openDatabase } from '../database.ts'
import { createRulesReader } from '../extraction/rules-reader.ts'
import { beginAttempt } from '../services/job-attempts.ts'
import { nextDay, takeTurn } from '../services/rate-limits.ts'
import { asApplication, head, query } from '../testing/database.ts'
import { openInternet } from '../testing/internet.ts'
import { TASK_BUDGET } from '../threads/overrun.ts'
import { createThreads } from '../threads/pool.ts'
import { createTurns } from './await-turn.ts'
import { jobWorks } from './job-works.ts'
import type { Postponed } from './postponed.ts'

/** Every statement of this process; from the start, since a connection keeps the function it was made with. */
const sent = vi.spyOn(Client.prototype, 'query')
const testDatabase = await createTestDatabase({ prepare: head })
const { url } = testDatabase
const database = openDatabase(asApplication(url))
const threads = createThreads({ count: 1, budget: TASK_BUDGET })
let answer: RequestListener = (_, response) => response.end()
const internet = await openInternet((request, response) => answer(request, response))
const fetchLimits = { timeoutSeconds: 5, delaySeconds: { min: 0, max: 0 }, perDay: 100 }
const works = jobWorks({
  database,
  threads,
  reader: createRulesReader(threads),
  confidenceThreshold: 0.5,
  chunkLimits: { maxTokens: 5000, overlapTokens: 200 },
  dispatcher: internet.dispatcher,
  fetchLimits,
})
afterAll(async () => {
  await Promise.all([threads.close(), internet.close(), database.close()])
  await testDatabase.drop()
})

async function makeProject(name: string): Promise<string> {
  const [project] = await query<{ id: string }>(
    url,
    `insert into projects (name, extraction_schema) values ($1, '{}') returning id`,
    [name],
  )
  return project?.id ?? ''
}

async function makeJob(project: string, type: JobType, payload: object): Promise<string> {
  const em = database.em.fork()
  const job = em.create(Job, { project, type, payload: { ...payload } })
  await em.flush()
  return job.id
}

/** Works on a job once, as a worker does. */
async function attempt(jobId: string, signal = new AbortController().signal): Promise<void> {
  const started = await beginAttempt(database, { job_id: jobId })
  if (!started) throw new Error('The job has ended.')
  await works[started.type](started, signal)
}

/** The same, and reads what it left. */
async function workOn(jobId: string, signal?: AbortSignal) {
  await attempt(jobId, signal)
  const [job] = await query(url, 'select status, result, progress from jobs where id = $1', [jobId])
  return job
}

const send =
  (type: string, body: string): RequestListener =>
  (_, response) =>
    response.writeHead(200, { 'content-type': type }).end(body)

test('a page that is fetched becomes a source, with the headers of its tables', async () => {
  const project = await makeProject('fetch')
  const asked = { url: 'http://docs.test/plans', source_group: 'docs' }
  const table =
    '<table><tr><th>Plan</th><th>Price</th></tr><tr><td>Pro</td><td>$5</td></tr></table>'
  answer = send('text/html', `<title>Plans</title><nav>Home</nav><h1>Plans</h1>${table}`)
  const job = await workOn(await makeJob(project, 'fetch', asked))
  const [source] = await query(
    url,
    'select id, uri, title, content, source_type, status from sources where project_id = $1',
    [project],
  )
  expect(source).toMatchObject({
    uri: asked.url,
    title: 'Plans',
    content: '# Plans\n\n| Plan | Price |\n| --- | --- |\n| Pro | $5  |',
    source_type: 'web',
    status: 'pending',
  })
  expect(job).toMatchObject({
    status: 'completed',
    result: { source_id: source?.['id'], url: asked.url, content_type: 'text/html' },
  })

  // A second fetch changes the same source; an answer of another kind fails for good.
  answer = send('text/plain', 'Costs $6.')
  await workOn(await makeJob(project, 'fetch', asked))
  expect(await query(url, 'select content from sources where project_id = $1', [project])).toEqual([
    { content: 'Costs $6.' },
  ])
  for (const [type, body] of [
    ['image/png', 'x'],
    ['text/plain', ''],
    ['text/plain', 'x'.repeat(1_000_001)],
    ['application/pdf', 'no PDF'],
  ] as const) {
    answer = send(type, body)
    const failing = workOn(await makeJob(project, 'fetch', asked))
    await expect(failing).rejects.toMatchObject({ isPermanent: true })
  }
})

test('a job whose domain has had its requests of today waits for the next day', async () => {
  const project = await makeProject('limits')
  await query(
    url,
    `insert into rate_limits (domain, daily_count, daily_reset_at)
     values ('full.test', 100, (now() at time zone 'utc')::date)`,
  )
  const asked = { url: 'http://full.test/', source_group: 'docs' }
  const failing = workOn(await makeJob(project, 'fetch', asked))
  await expect(failing).rejects.toMatchObject({
    message: 'full.test has had its 100 requests of today.',
    until: nextDay(),
  })
  expect(nextDay(new Date('2026-12-31T23:59:59Z'))).toEqual(new Date('2027-01-01T00:00:00Z'))
})

test('of any number of workers one has the turn of a domain, and no more than a day has', async () => {
  const limits = { delaySeconds: { min: 60, max: 60 }, perDay: 3 }
  const takeAll = async () => {
    const turns = Array.from({ length: 10 }, () => takeTurn(database, 'busy.test', limits))
    return Object.groupBy(await Promise.all(turns), ({ is }) => is)
  }
  // Each of these comes as long after the one before it as the delay is.
  const letPass = (days = 0) =>
    query(
      url,
      `update rate_limits set last_request = last_request - interval '60 s',
         daily_reset_at = daily_reset_at - $1::int where domain = 'busy.test'`,
      [days],
    )
  for (let day = 0; day < 2; day += 1) {
    for (let turn = 0; turn < limits.perDay; turn += 1) {
      // After the last turn of the day some of the others know that it was.
      const { taken, later = [], tomorrow = [] } = await takeAll()
      expect([taken?.length, later.length + tomorrow.length]).toEqual([1, 9])
      await letPass()
    }
    const full = await takeAll()
    expect(full.tomorrow?.length).toBe(10)
    await letPass(1) // it is yesterday's, in UTC
  }
  const [row] = await query(url, `select * from rate_limits where domain = 'busy.test'`)
  expect(row).toMatchObject({ request_count: 6, daily_count: 3 })
  const never = await takeTurn(database, 'never.test', { ...limits, perDay: 0 })
  expect(never.is).toBe('tomorrow')
})

test('jobs that come too early for their domain get places one after the other, each domain its own', async () => {
  const askFor = createTurns(database, { delaySeconds: { min: 60, max: 90 }, perDay: 100 })
  await query(
    url,
    `insert into rate_limits (domain, last_request) select unnest('{one.test,two.test}'::text[]), now()`,
  )
  const comeEarly = async (domain: string): Promise<Postponed> => {
    const path = new URL(`http://${domain}/path`)
    return await askFor(path, 2).then(
      () => Promise.reject(),
      (error: Postponed) => error,
    )
  }
  const now = Date.now()
  const places = []
  for (let n = 0; n < 5; n += 1) places.push(await comeEarly('one.test'))
  const other = await comeEarly('two.test')
  expect(other.resume).toEqual({ url: 'http://two.test/path', redirects: 2 })
  const times = [now, ...places.map(({ until }) => until.getTime())]
  for (const [index, time] of times.slice(1).entries()) {
    // The first is that long after a request of a moment ago.
    expect(time - (times[index] ?? 0)).toBeGreaterThan(index === 0 ? 50_000 : 59_000)
    expect(time - (times[index] ?? 0)).toBeLessThan(100_000)
  }
  expect(other.until.getTime()).toBeLessThan(now + 100_000)
})

test('a report is made of the facts that hold now, and is the same text each time', async () => {
  const project = await makeProject('report')
  answer = send('text/markdown', '# Plans\n\nThe Pro plan costs $5 per month.')
  await workOn(await makeJob(project, 'fetch', { url: 'http://docs.test/r', source_group: 'docs' }))
  await workOn(await makeJob(project, 'extract', { profile: 'pricing' }))
  const asked = { type: 'summary', title: 'Prices <b>' }
  const one = await workOn(await makeJob(project, 'report', asked))
  const two = await workOn(await makeJob(project, 'report', asked))
  expect(one).toMatchObject({ status: 'completed', result: { extractions: 1 } })
  expect(two?.['result']).not.toEqual(one?.['result'])
  const reports = await query<{ content: string; title: string; extraction_ids: string[] }>(
    url,
    'select content, title, extraction_ids from reports where project_id = $1',
    [project],
  )
  expect(reports.length).toBe(2)
  expect(reports[0]).toEqual(reports[1])
  expect(reports[0]?.content).toContain('# Prices &lt;b&gt;')
  expect(reports[0]?.content).toContain('“The Pro plan costs $5 per month.”')
  expect(reports[0]?.extraction_ids.length).toBe(1)

  await query(url, `update extraction_runs set is_stale = true`)
  const stale = await workOn(await makeJob(project, 'report', asked))
  expect(stale).toMatchObject({ result: { extractions: 0 } })
  const none = await workOn(await makeJob(project, 'report', { ...asked, categories: ['none'] }))
  expect(none).toMatchObject({ result: { extractions: 0 } })
})

test('a legacy import that is stopped in the middle goes on there, and a second one adds nothing', async () => {
  const project = await makeProject('legacy')
  await query(
    url,
    `with page as (
       insert into pages (url, domain, company, title, markdown_content)
       select 'https://old.test/' || n, 'old.test', 'Old Inc.', 'Page ' || n, 'Costs $' || n
       from generate_series(1, 450) as n returning id)
     insert into facts (page_id, fact_text, category, confidence, profile_used)
     select id, 'It costs something.', 'pricing', 0.9, 'general' from page, generate_series(1, 2)`,
  )
  const id = await makeJob(project, 'legacy-import', {})
  // It stops before its third batch, as if it were killed there.
  const killed = new Error('killed')
  let batches = 0
  const stopping = {
    throwIfAborted: () => {
      batches += 1
      if (batches === 3) throw killed
    },
  } as AbortSignal
  await expect(workOn(id, stopping)).rejects.toBe(killed)
  const kept = await query(url, 'select progress, result from jobs where id = $1', [id])
  expect(kept).toMatchObject([{ progress: { done: 400, total: 450 }, result: { sources: 400 } }])

  const counts = { pages: 450, sources: 450, extractions: 900 }
  expect(await workOn(id)).toMatchObject({ status: 'completed', result: counts })
  const again = await workOn(await makeJob(project, 'legacy-import', {}))
  expect(again).toMatchObject({ result: { pages: 450, sources: 0, extractions: 0 } })
  const [rows] = await query(
    url,
    `select (select count(*)::int from sources where project_id = $1) as sources,
       (select count(*)::int from extractions where project_id = $1) as extractions`,
    [project],
  )
  expect(rows).toEqual({ sources: 450, extractions: 900 })
})

/** The statements that `work` sends: text, and the name of those that are planned once. */
async function statementsOf(work: Promise<unknown>): Promise<{ text: string; name?: string }[]> {
  const before = sent.mock.calls.length
  await work
  return sent.mock.calls.slice(before).map(([given]: unknown[]) => {
    return typeof given === 'string' ? { text: given } : (given as { text: string; name: string })
  })
}

test('an extract job of a small source takes few statements and one transaction, however often it is done', async () => {
  const project = await makeProject('few statements')
  const [first, ...others] = await query<{ id: string }>(
    url,
    `insert into sources (project_id, uri, source_group, content)
     select $1, n, 'docs', 'The Pro plan costs $5 per month.' from generate_series(1, 3) n returning id`,
    [project],
  )
  const ids = [first, ...others].map((source) => source?.id)
  const extract = async (sources: unknown[]) => {
    const asked = { profile: 'pricing', source_ids: sources }
    return statementsOf(attempt(await makeJob(project, 'extract', asked)))
  }
  // The job is begun, asked about, and ended; a source is read, and then stored with all that is found in it.
  const statements = await extract(ids.slice(0, 1))
  expect(statements.length).toBeLessThanOrEqual(11)
  expect(statements.filter(({ text }) => text === 'begin').length).toBe(1)
  const found = await query(url, 'select from extraction_entities')
  expect(found.length).toBeGreaterThan(0)
  // Unchanged: nothing is stored.
  expect((await extract(ids.slice(0, 1))).length).toBeLessThanOrEqual(4)
  await query(url, `update sources set content = 'The Pro plan costs $6.' where id = $1`, [ids[0]])
  expect((await extract(ids.slice(0, 1))).length).toBeLessThanOrEqual(11)

  // A text that depends on what is asked would be kept by its connection as long as that lives.
  const all = [...statements, ...(await extract(ids.slice(0, 2))), ...(await extract(ids))]
  const prepared = all.filter(({ name }) => name !== undefined)
  expect(new Set(prepared.map(({ text }) => text)).size).toBe(10)
  expect(new Set(prepared.map(({ name }) => name)).size).toBe(10)
})
