import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { pino } from 'pino'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { createTurns } from './jobs/await-turn.ts'
import { fetchSource } from './jobs/fetch-source.ts'
import type { JobWork, JobWorks } from './jobs/job-works.ts'
import { Postponed } from './jobs/postponed.ts'
import { PermanentError } from './permanent-error.ts'
import { createQueue, type Enqueue } from './queue.ts'
import { completeJobWith } from './services/job-attempts.ts'
import { session } from './database.ts'
import { appOn } from './testing/app.ts'
import { asApplication, head, query } from './testing/database.ts'
import { openInternet } from './testing/internet.ts'
import { API_KEY, until } from './testing/service.ts'
import { TASK_BUDGET } from './threads/overrun.ts'
import { createThreads } from './threads/pool.ts'
import { createWorker, workOnJobs } from './worker.ts'

const log = pino({ level: 'silent' })
const testDatabase = await createTestDatabase({ prepare: head })
const url = asApplication(testDatabase.url)
const database = openDatabase(url)

/** What the jobs of this file do, by the profile that they ask for. */
const works = new Map<string, JobWork>()
const extract: JobWork = async (started, signal) => {
  const { profile } = started.payload as { profile: string }
  await works.get(profile)?.(started, signal)
  await completeJobWith(session(database), started.attempt, { profile })
}
const none: JobWork = async () => {}
const threads = createThreads({ count: 1, budget: TASK_BUDGET })
const requests: string[] = []
const internet = await openInternet(({ url }, response) => {
  requests.push(url ?? '')
  if (url === '/0') response.writeHead(302, { location: '/moved' }).end()
  else response.writeHead(200, { 'content-type': 'text/plain' }).end('Costs $5.')
})
const fetchLimits = { timeoutSeconds: 5, delaySeconds: { min: 1, max: 1 }, perDay: 100 }
const awaitTurn = createTurns(database, fetchLimits)
const { dispatcher } = internet
const fetching = { database, threads, dispatcher, fetchLimits, awaitTurn }
const allWorks: JobWorks = {
  extract,
  fetch: (started, signal) => fetchSource(fetching, started, signal),
  report: none,
  'legacy-import': none,
  scrape: none,
}

const enqueue: Enqueue = (session, job) => queue.enqueue(session, job)
const worker = createWorker({ database, works: allWorks, enqueue, log })
const queue = createQueue({ url, concurrency: 2, handlers: worker.handlers, log })
const jobs = workOnJobs(queue, worker)
const app = await appOn(database, { queue, apiKeys: [API_KEY], jobMaxAttempts: 2 })
await jobs.start()
afterAll(async () => {
  await app.close()
  await jobs.stop()
  worker.attempts.close()
  await Promise.all([threads.close(), internet.close()])
  await database.close()
  await testDatabase.drop()
})

async function call(path: string, payload?: object) {
  const request = { url: `/api/v1${path}`, headers: { 'x-api-key': API_KEY } }
  const answer = await app.inject(payload ? { ...request, method: 'POST', payload } : request)
  return { status: answer.statusCode, body: answer.json() }
}

const project = (await call('/projects', { name: 'worker' })).body.id as string

/** Makes a job that does `work`. */
async function ask(work: JobWork, profile: string): Promise<string> {
  works.set(profile, work)
  await query(
    testDatabase.url,
    `insert into profiles (name, categories, prompt_focus, depth) values ($1, '{}', 'any', 'summary')`,
    [profile],
  )
  return (await call(`/projects/${project}/extract`, { profile })).body.job_id
}

/** Waits until the job has this status, and reads it. */
async function becomes(jobId: string, status: string) {
  let job = (await call(`/jobs/${jobId}`)).body
  await until(async () => {
    job = (await call(`/jobs/${jobId}`)).body
    return job.status === status
  })
  return job
}

/** Work that goes on until it is told to stop. */
const endless: JobWork = async (_, signal) => {
  if (!signal.aborted) await once(signal, 'abort')
  signal.throwIfAborted()
}

const addRun = (jobId: string) =>
  query(
    testDatabase.url,
    `with source as (
       insert into sources (project_id, uri, source_group) values ($1, $2::text, 'docs') returning id)
     insert into extraction_runs (job_id, source_id, profile_used, extractor, input_hash)
     select $2::uuid, id, 'any', 'none', '' from source`,
    [project, jobId],
  )
const runsOf = (jobId: string) =>
  query(testDatabase.url, 'select from extraction_runs where job_id = $1', [jobId])

test('a job that runs is cancelled: its worker stops, and what it did not finish is removed', async () => {
  const id = await ask(endless, 'endless')
  await becomes(id, 'running')
  await addRun(id)
  expect(await call(`/jobs/${id}/retry`, {})).toMatchObject({
    status: 409,
    body: { code: 'job_not_retryable' },
  })
  expect(await call(`/jobs/${id}/cancel`, {})).toMatchObject({
    status: 200,
    body: { status: 'cancelling', completed_at: null },
  })
  expect((await call(`/jobs/${id}/cancel`, {})).status).toBe(200)
  const job = await becomes(id, 'cancelled')
  expect(job.completed_at).not.toBeNull()
  expect(await runsOf(id)).toEqual([])
  expect(await call(`/jobs/${id}/cancel`, {})).toMatchObject({
    status: 409,
    body: { code: 'job_ended' },
  })
})

test('a job that cannot succeed fails in its first attempt, and a retry has new attempts', async () => {
  let isMended = false
  const id = await ask(async () => {
    if (!isMended) throw new PermanentError('The address is private.')
  }, 'permanent')
  const job = await becomes(id, 'failed')
  expect(job).toMatchObject({ attempt_count: 1, max_attempts: 2, error: 'The address is private.' })
  isMended = true
  const retried = await call(`/jobs/${id}/retry`, {})
  expect(retried).toMatchObject({
    status: 200,
    body: { status: 'queued', attempt_count: 1, max_attempts: 4, error: null, completed_at: null },
  })
  expect(await becomes(id, 'completed')).toMatchObject({
    attempt_count: 2,
    result: { profile: 'permanent' },
  })
  expect((await call(`/jobs/${id}/retry`, {})).status).toBe(409)
})

test(
  'a job that fails at every attempt ends dead, is found by its status and type, and can be retried',
  { tags: 'long' },
  async () => {
    let attempts = 0
    const id = await ask(async () => {
      attempts += 1
      if (attempts < 3) throw new Error(`The server answered 503 to attempt ${attempts}.`)
    }, 'poison')
    expect(await becomes(id, 'dead')).toMatchObject({
      attempt_count: 2,
      error: 'The server answered 503 to attempt 2.',
    })
    const found = await call('/jobs?status=dead&type=extract')
    expect(found.body.items.map(({ id }: { id: string }) => id)).toEqual([id])
    expect((await call('/jobs?status=dead&type=fetch')).body.items).toEqual([])
    await call(`/jobs/${id}/retry`, {})
    expect(await becomes(id, 'completed')).toMatchObject({ attempt_count: 3, max_attempts: 4 })
  },
)

test('a queued job is cancelled at once, and its old delivery does nothing after a retry', async () => {
  await jobs.giveBack()
  let runs = 0
  const id = await ask(async () => {
    runs += 1
    await sleep(1000) // long enough for the other worker to take another delivery
  }, 'queued')
  expect((await call(`/jobs/${id}/cancel`, {})).body).toMatchObject({ status: 'cancelled' })
  await call(`/jobs/${id}/retry`, {})
  await call(`/jobs/${id}/cancel`, {})
  await call(`/jobs/${id}/retry`, {})
  await jobs.stop()
  await jobs.start()
  expect(await becomes(id, 'completed')).toMatchObject({ attempt_count: 1 })
  await until(async () => (await waiting(id)) === 0)
  expect(runs).toBe(1)
})

async function waiting(jobId: string): Promise<number> {
  const rows = await query(
    testDatabase.url,
    `select from pgboss.job where data ->> 'job_id' = $1 and state < 'completed'`,
    [jobId],
  )
  return rows.length
}

test(
  'a stop shows its jobs as queued at once, and costs them no attempt',
  { tags: 'long' },
  async () => {
    const willing = await ask(endless, 'willing')
    const deaf = await ask(async () => {
      await once(released.signal, 'abort')
    }, 'deaf')
    const released = new AbortController()
    await becomes(willing, 'running')
    await becomes(deaf, 'running')
    await jobs.stop()
    expect((await call(`/jobs/${willing}`)).body).toMatchObject({
      status: 'queued',
      attempt_count: 0,
    })
    expect((await call(`/jobs/${deaf}`)).body).toMatchObject({ status: 'queued', attempt_count: 1 })
    released.abort()
    works.set('willing', none).set('deaf', none)
    await jobs.start()
    expect(await becomes(willing, 'completed')).toMatchObject({ attempt_count: 1 })
    expect(await becomes(deaf, 'completed')).toMatchObject({ attempt_count: 2 })
  },
)

test('a postponed job waits for its time without using up attempts', async () => {
  let isDue = false
  const id = await ask(async () => {
    if (!isDue)
      throw new Postponed('Its domain has had its requests of today.', new Date(Date.now() + 500))
  }, 'postponed')
  await until(async () => (await call(`/jobs/${id}`)).body.error?.startsWith('Its domain'))
  isDue = true
  expect(await becomes(id, 'completed')).toMatchObject({ attempt_count: 1, error: null })
})

test(
  'fetches that wait for one domain keep no other job out, and each URL is requested once',
  { tags: 'long' },
  async () => {
    await jobs.giveBack() // so that all wait when the first begins
    const ids: string[] = []
    for (let n = 0; n < 4; n += 1) {
      const asked = { url: `http://slow.test/${n}`, source_group: 'docs' }
      ids.push((await call(`/projects/${project}/fetch`, asked)).body.job_id)
    }
    const other = await ask(none, 'other')
    await jobs.stop()
    await jobs.start()
    await becomes(other, 'completed')
    const { items } = (await call('/jobs?type=fetch&status=completed')).body
    expect(items.length).toBeLessThan(3)
    for (const id of ids) expect(await becomes(id, 'completed')).toMatchObject({ attempt_count: 1 })
    expect(requests.toSorted()).toEqual(['/0', '/1', '/2', '/3', '/moved'])
  },
)
