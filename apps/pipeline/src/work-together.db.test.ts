import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase, onEveryMajor } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { openDatabase, session } from './database.ts'
import { createRulesReader } from './extraction/rules-reader.ts'
import { extractSources } from './jobs/extract-sources.ts'
import type { JobWork } from './jobs/job-works.ts'
import { createQueue, type Enqueue } from './queue.ts'
import { asApplication, head, query } from './testing/database.ts'
import { until } from './testing/service.ts'
import { TASK_BUDGET } from './threads/overrun.ts'
import { createThreads } from './threads/pool.ts'
import { createWorker, workOnJobs } from './worker.ts'

/** Every statement of this process; from the start, since a connection keeps the function it was made with. */
const sent = vi.spyOn(Client.prototype, 'query')
const testDatabase = await createTestDatabase({ prepare: head })
const { url } = testDatabase
const database = openDatabase(asApplication(url))
const threads = createThreads({ count: 1, budget: TASK_BUDGET })
const rules = createRulesReader(threads)
/** What happens after the documents of small jobs were read, and before anything of them is stored. */
let meanwhile: () => Promise<unknown> = async () => {}
const extraction = {
  database,
  threads,
  reader: {
    ...rules,
    readTogether: async (...asked: Parameters<NonNullable<typeof rules.readTogether>>) => {
      const readings = (await rules.readTogether?.(...asked)) ?? []
      await meanwhile()
      return readings
    },
  },
  chunkLimits: { maxTokens: 5000, overlapTokens: 200 },
  confidenceThreshold: 0.5,
}
/** The jobs that were done alone. */
const alone: string[] = []
const extract: JobWork = (started, signal) => {
  alone.push(started.attempt.jobId)
  return extractSources(extraction, started, signal)
}
const works = {
  extract,
  fetch: extract,
  report: extract,
  'legacy-import': extract,
  scrape: extract,
}
const log = pino({ level: 'silent' })
const enqueue: Enqueue = (session, job) => queue.enqueue(session, job)
const worker = createWorker({ database, works, extraction, enqueue, log })
const { handlers } = worker
const open = (concurrency: number) =>
  createQueue({ url: asApplication(url), concurrency, handlers, log })
let queue = open(0)

const [project] = await query<{ id: string }>(
  url,
  `insert into projects (name, extraction_schema) values ('together', '{}') returning id`,
)

afterAll(async () => {
  worker.attempts.close()
  await threads.close()
  await database.close()
  await testDatabase.drop()
})
beforeEach(() => {
  alone.length = 0
  meanwhile = async () => {}
})

/** Makes a job for each document while nobody works on them; ids of jobs and sources. */
async function makeJobs(documents: readonly string[], profile = 'pricing') {
  const rows = await query<{ job: string; source: string; content: string }>(
    url,
    `with source as (
       insert into sources (project_id, uri, source_group, content)
       select $1, gen_random_uuid()::text, 'docs', content from unnest($2::text[]) as content returning id, content)
     insert into jobs (project_id, type, payload)
     select $1, 'extract', jsonb_build_object('profile', $3::text, 'source_ids', jsonb_build_array(id)) from source
     returning id as job, payload #>> '{source_ids,0}' as source,
       (select content from source where id::text = payload #>> '{source_ids,0}') as content`,
    [project?.id, documents, profile],
  )
  return documents.map((content) => {
    const index = rows.findIndex((row) => row.content === content)
    return rows.splice(index, 1)[0] as (typeof rows)[number]
  })
}

/** Enqueues jobs, and begins to work on them in one worker. */
async function begin(jobs: readonly { job: string }[], prepare: () => Promise<unknown>) {
  await queue.start()
  for (const { job } of jobs)
    await enqueue(session(database), { jobId: job, attemptCount: 0, maxAttempts: 5 })
  await queue.stop()
  await prepare()
  queue = open(1)
  const work = workOnJobs(queue, worker)
  await work.start()
  return {
    ...work,
    async stop(): Promise<void> {
      await work.stop()
      queue = open(0)
    },
  }
}

/** The same until all have ended: their rows, and what the queue has of them. */
async function work(
  jobs: readonly { job: string }[],
  prepare: () => Promise<unknown> = async () => {},
) {
  const working = await begin(jobs, prepare)
  const text = `select from jobs where id::text = any($1::text[]) and status in ('queued', 'running', 'cancelling')
    union all select from pgboss.job where state <= 'active' and data ->> 'job_id' = any($1::text[])`
  const ids = jobs.map(({ job }) => job)
  await until(async () => (await query(url, text, [ids])).length === 0)
  await working.stop()
  return Promise.all(ids.map(readJob))
}

async function readJob(id: string) {
  const [job] = await query(
    url,
    `select status, attempt_count, progress, result, started_at <= completed_at as in_order,
       (select array_agg(chunk_context ->> 'quote' order by ordinal) from extractions e
        join extraction_runs r on r.id = run_id and is_current where job_id = jobs.id) as quotes,
       (select array_agg(state::text) from pgboss.job where data ->> 'job_id' = jobs.id::text) as deliveries,
       (select max(retry_count) from pgboss.job where data ->> 'job_id' = jobs.id::text) as retries
     from jobs where id = $1`,
    [id],
  )
  return job
}

const PRICES = Array.from({ length: 16 }, (_, n) => `Plan ${n} costs $${n} per month.`)
const completed = (quote: string) => ({
  status: 'completed',
  attempt_count: 1,
  progress: { done: 1, total: 1 },
  result: { sources: 1, extractions: 1, rejected: 0, cut: 0, skipped: 0, unchanged: 0 },
  in_order: true,
  quotes: [quote],
  deliveries: ['completed'],
  retries: 0,
})

test('small jobs that wait are done together, each with its own result', async () => {
  const jobs = await makeJobs(PRICES)
  const before = sent.mock.calls.length
  const rows = await work(jobs)
  expect(alone).toEqual([])
  expect(rows).toMatchObject(PRICES.map((text) => completed(text)))
  const texts = sent.mock.calls.slice(before).map(([given]: unknown[]) => {
    return typeof given === 'string' ? given : (given as { text: string }).text
  })
  const inserts = texts.filter((text) => text.includes('insert into "extractions"'))
  expect(inserts.length).toBe(1)
  // The same sources again: what holds for them is kept, with its rows.
  const ids = () => query(url, 'select id from extractions order by id')
  const kept = await ids()
  await query(
    url,
    `update jobs set status = 'queued', attempt_count = 0 where id = any($1::uuid[])`,
    [jobs.map(({ job }) => job)],
  )
  await query(url, `update extraction_runs set job_id = null`)
  const again = await work(jobs.slice(0, 2))
  expect(again).toMatchObject([{ result: { unchanged: 1 } }, { result: { unchanged: 1 } }])
  expect(await ids()).toEqual(kept)
})

test('what is not small, or was tried before, is done alone, and the others together', async () => {
  const long = `${'Nothing is said here. '.repeat(250)}It costs $7 per month.`
  const jobs = await makeJobs([...PRICES.slice(0, 6), long, ''])
  const [, , , begun, delivered, , large, empty] = jobs.map(({ job }) => job)
  await query(url, `update jobs set attempt_count = 1 where id = $1`, [begun])
  // So is a delivery whose worker died.
  const text = `update pgboss.job set started_on = now() where data ->> 'job_id' = $1`
  const rows = await work(jobs, () => query(url, text, [delivered]))
  expect(rows.map((row) => row?.['status'])).toEqual(Array(8).fill('completed'))
  expect(new Set(alone)).toEqual(new Set([begun, delivered, large, empty]))
  for (const n of [0, 1, 2, 5]) expect(rows[n]).toMatchObject(completed(PRICES[n] ?? ''))
  // It went back to the queue, to be taken alone.
  const deliveries = ['completed', 'completed']
  expect(rows[6]).toMatchObject({
    quotes: ['It costs $7 per month.'],
    attempt_count: 1,
    deliveries,
  })
})

test('a job that cannot be done, was cancelled or has another text costs the others nothing', async () => {
  const jobs = await makeJobs(PRICES.slice(0, 3))
  await query(url, `update jobs set payload = payload || '{"profile": "gone"}' where id = $1`, [
    jobs[1]?.job,
  ])
  const rows = await work(jobs)
  expect(rows[0]).toMatchObject(completed(PRICES[0] ?? ''))
  expect(rows[1]).toMatchObject({ status: 'failed', attempt_count: 1 })
  expect(rows[2]).toMatchObject(completed(PRICES[2] ?? ''))

  const change = [
    [
      `update jobs set status = 'cancelled' where id = $1`,
      'job',
      { status: 'cancelled', quotes: null },
    ],
    [
      `update sources set content = 'It costs $1.' where id = $1`,
      'source',
      completed('It costs $1.'),
    ],
  ] as const
  for (const [text, id, left] of change) {
    const others = await makeJobs(PRICES.slice(3, 6))
    meanwhile = async () => {
      meanwhile = async () => {}
      await query(url, text, [others[1]?.[id]])
    }
    const [one, changed, other] = await work(others)
    expect(one).toMatchObject(completed(PRICES[3] ?? ''))
    expect(changed).toMatchObject(left)
    expect(other).toMatchObject(completed(PRICES[5] ?? ''))
  }
})

test(
  'others are kept while their work lasts, and a stop costs them no attempt',
  { tags: 'long' },
  async () => {
    const jobs = await makeJobs(PRICES.slice(0, 4))
    meanwhile = async () => {
      meanwhile = async () => {}
      if (onEveryMajor) await sleep(12_000) // longer than a heartbeat
    }
    expect(await work(jobs)).toMatchObject(PRICES.slice(0, 4).map((text) => completed(text)))
    expect(alone).toEqual([])

    const stopped = await makeJobs(PRICES.slice(4, 8))
    const read = Promise.withResolvers<void>()
    meanwhile = async () => {
      read.resolve()
      await sleep(500)
    }
    const working = await begin(stopped, async () => {})
    await read.promise
    await working.stop()
    const waiting = { status: 'queued', attempt_count: 0, quotes: null }
    expect(await Promise.all(stopped.map(({ job }) => readJob(job)))).toMatchObject(
      stopped.map(() => ({ ...waiting, deliveries: expect.arrayContaining(['created']) })),
    )
  },
)
