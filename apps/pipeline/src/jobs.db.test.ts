import { createTestDatabase, isSoak } from '@techfacts/postgres/testing'
import { hasPgBouncer, startPgBouncer } from '@techfacts/trials'
import { expect, test } from 'vitest'
import { asApplication, head, query } from './testing/database.ts'
import {
  createProject,
  everyItem,
  finished,
  startProgram,
  until,
  untilReady,
  type Program,
} from './testing/service.ts'

/** A database of its own for a test, since every worker on it takes any job; what it started is killed. */
async function openTrial() {
  const database = await createTestDatabase({ prepare: head })
  const programs: Program[] = []
  return {
    url: database.url,
    async start(
      variables: Record<string, string> = {},
      url = asApplication(database.url),
    ): Promise<Program> {
      const program = await startProgram(url, variables)
      programs.push(program)
      await untilReady(program)
      return program
    },
    async chunksDone(jobId: string): Promise<number> {
      const [row] = await query<{ done: number }>(
        database.url,
        'select coalesce(sum(chunks_done), 0)::int as done from extraction_runs where job_id = $1',
        [jobId],
      )
      return row?.done ?? 0
    },
    async [Symbol.asyncDispose](): Promise<void> {
      for (const program of programs) await program.stop('SIGKILL')
      await database.drop()
    },
  }
}

/** Long enough to be killed in the middle: some hundred chunks of 400 bytes. */
const LONG = Array.from(
  { length: 2000 },
  (_, n) => `Plan ${n} costs $${n} and keeps ${n} GB.`,
).join('\n\n')
const SMALL_CHUNKS = { EXTRACTION_CHUNK_MAX_TOKENS: '100', EXTRACTION_CHUNK_OVERLAP_TOKENS: '10' }

/** What was found, as it reads, in order. */
const quotes = (items: { source_id: string; quote: string }[]) => items.map(({ quote }) => quote)

test('the job of a worker that was killed with -9 is finished by another one, in its second attempt', async () => {
  await using trial = await openTrial()
  const killed = await trial.start(SMALL_CHUNKS)
  const project = await createProject(killed.call, 'killed', [LONG, LONG])
  const { body } = await killed.call(`/projects/${project.id}/extract`, { profile: 'pricing' })
  await until(async () => (await trial.chunksDone(body.job_id)) > 20)
  await killed.stop('SIGKILL')
  const left = await trial.chunksDone(body.job_id)
  const died = Date.now()

  const other = await trial.start(SMALL_CHUNKS)
  expect((await everyItem(other.call, `/projects/${project.id}/extractions`)).length).toBe(0)
  await until(async () => (await other.call(`/jobs/${body.job_id}`)).body.attempt_count === 2)
  const taken = Date.now() - died
  console.log(`killed after ${left} chunks, taken up ${taken} ms later`)
  // Its heartbeat, the next look at it, its delay, the next poll, and the start of the other program.
  expect(taken).toBeLessThan(45_000)
  const job = await finished(other.call, body.job_id)
  expect(job).toMatchObject({ status: 'completed', attempt_count: 2, result: { sources: 2 } })

  const items = await everyItem(other.call, `/projects/${project.id}/extractions`)
  const [one, two] = project.sources.map((id) => items.filter(({ source_id }) => source_id === id))
  expect(quotes(one ?? [])).toEqual(LONG.split('\n\n'))
  expect(quotes(two ?? [])).toEqual(LONG.split('\n\n'))
  const [rows] = await query(
    trial.url,
    'select count(*)::int from extractions where project_id = $1',
    [project.id],
  )
  expect(rows).toEqual({ count: items.length })
  await other.stop()
})

test('a job that is stopped on purpose goes on where it was', { tags: 'long' }, async () => {
  await using trial = await openTrial()
  const first = await trial.start(SMALL_CHUNKS)
  const project = await createProject(
    first.call,
    'stopped',
    Array.from({ length: 60 }, () => LONG),
  )
  const { body } = await first.call(`/projects/${project.id}/extract`, { profile: 'pricing' })
  await until(async () => (await trial.chunksDone(body.job_id)) > 20)
  expect(await first.stop()).toBe(0)
  const left = await trial.chunksDone(body.job_id)

  const second = await trial.start(SMALL_CHUNKS)
  await until(async () => (await trial.chunksDone(body.job_id)) > left)
  expect((await second.call(`/jobs/${body.job_id}`)).body).toMatchObject({
    status: 'running',
    attempt_count: 1, // a stop on purpose costs none
  })
  await second.stop('SIGKILL')
  await query(trial.url, `update jobs set status = 'cancelled' where id = $1`, [body.job_id])
})

test('a job that asks for what is gone fails at once, and says why', { tags: 'long' }, async () => {
  await using trial = await openTrial()
  const program = await trial.start({ WORKER_CONCURRENCY: '0' })
  const project = await createProject(program.call, 'poison', ['Costs $5.'])
  const { body } = await program.call(`/projects/${project.id}/extract`, { profile: 'general' })
  await query(trial.url, `update jobs set payload = '{"profile": "gone"}' where id = $1`, [
    body.job_id,
  ])
  await program.stop()

  const worker = await trial.start()
  const job = await finished(worker.call, body.job_id)
  expect(job).toMatchObject({ status: 'failed', attempt_count: 1, max_attempts: 5, result: null })
  expect(job.error).toContain('There is no profile gone.')
  expect(job.completed_at).not.toBeNull()
  await worker.stop()
})

test('a job that kills each of its workers ends dead', { tags: 'long' }, async () => {
  await using trial = await openTrial()
  const program = await trial.start({ JOB_MAX_ATTEMPTS: '1', ...SMALL_CHUNKS })
  const project = await createProject(program.call, 'killer', [LONG, LONG])
  const { body } = await program.call(`/projects/${project.id}/extract`, { profile: 'pricing' })
  await until(async () => (await trial.chunksDone(body.job_id)) > 5)
  await program.stop('SIGKILL')

  const worker = await trial.start()
  const job = await finished(worker.call, body.job_id)
  expect(job).toMatchObject({ status: 'dead', attempt_count: 1, max_attempts: 1 })
  expect(job.error).toMatch(/workers died/)
  expect(
    await query(trial.url, 'select from extraction_runs where job_id = $1', [body.job_id]),
  ).toEqual([])
  await worker.stop()
})

/** PgBouncer knows no timeouts, and refuses those who set them when they connect. A session is one of the service's connections. */
const SETTINGS_OF_SESSIONS = `default_pool_size = 60
ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout`

/** Of each of three processes. */
const JOBS = isSoak ? 500 : 20

test(
  'three processes behind PgBouncer finish their jobs, each once',
  { timeout: 900_000, tags: 'long' },
  async () => {
    await using trial = await openTrial()
    // By session: by transaction, pg-boss cannot listen.
    await using pooler = hasPgBouncer
      ? await startPgBouncer(asApplication(trial.url), 'session', SETTINGS_OF_SESSIONS)
      : undefined
    const url = pooler?.url ?? asApplication(trial.url)
    const programs = [
      await trial.start({}, url),
      await trial.start({}, url),
      await trial.start({}, url),
    ]
    const [one] = programs as [Program]
    const documents = Array.from({ length: 3 * JOBS }, (_, n) => `Costs $${n}. It needs TLS 1.3.`)
    const project = await createProject(one.call, 'three', documents)
    const ids = await Promise.all(
      programs.map(async ({ call }, index) => {
        const made: string[] = []
        for (const source of project.sources.slice(index * JOBS, (index + 1) * JOBS)) {
          const asked = { profile: 'general', source_ids: [source] }
          made.push((await call(`/projects/${project.id}/extract`, asked)).body.job_id)
        }
        return made
      }),
    )
    for (const id of ids.flat()) {
      expect(await finished(one.call, id, 600_000)).toMatchObject({
        status: 'completed',
        attempt_count: 1,
        result: { sources: 1 },
      })
    }
    const [rows] = await query(
      trial.url,
      `select count(*)::int as rows, count(distinct (source_id, ordinal))::int as distinct,
         count(distinct source_id)::int as sources from extractions where project_id = $1`,
      [project.id],
    )
    expect(rows).toEqual({ rows: 6 * JOBS, distinct: 6 * JOBS, sources: 3 * JOBS })
    const shares = programs.map(
      (program) => program.output().split('"msg":"job completed"').length - 1,
    )
    const [taken] = await query<{ seconds: number }>(
      trial.url,
      'select extract(epoch from max(completed_at) - min(created_at))::float as seconds from jobs',
    )
    console.log(`${3 * JOBS} jobs in ${taken?.seconds} s, by process: ${shares.join(', ')}`)
    for (const share of shares) expect(share).toBeGreaterThan(0)
    for (const program of programs) expect(await program.stop()).toBe(0)
  },
)

const MEGABYTE = 1024 * 1024

test.runIf(isSoak)(
  'the memory of a worker is flat over 20,000 jobs',
  async () => {
    await using trial = await openTrial()
    const program = await trial.start({ LOG_LEVEL: 'warn' })
    const { base, call } = program
    const sources = 100
    const { id } = await createProject(call, 'flat', Array(sources).fill('Costs $1.'))
    const work = async (from: number, to: number) => {
      for (let n = from; n < to; n += 1) {
        const uri = `doc:${n % sources}`
        const content = `Plan ${n} costs $${n} per month.`
        const { body } = await call(`/projects/${id}/sources`, {
          uri,
          source_group: 'docs',
          content,
        })
        await call(`/projects/${id}/extract`, { profile: 'pricing', source_ids: [body.id] })
      }
      const text = `select from jobs where status <> 'completed' limit 1`
      await until(async () => (await query(trial.url, text)).length === 0, 3_600_000)
      expect(await query(trial.url, 'select count(*)::int as n from jobs')).toEqual([{ n: to }])
      const metrics = await (await fetch(`${base}/metrics`)).text()
      const used = Number(/^process_resident_memory_bytes (\d+)/m.exec(metrics)?.[1]) / MEGABYTE
      console.log(`${used.toFixed(0)} MB after ${to} jobs`)
      return used
    }
    const [few, many] = [await work(0, 5000), await work(5000, 20_000)]
    expect(many - few).toBeLessThan(64)
    expect(await program.stop()).toBe(0)
  },
  7_200_000,
)
