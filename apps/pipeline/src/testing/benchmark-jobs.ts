/**
 * How many small jobs flow through one process in a second, beside pg-boss alone with a handler that does nothing:
 * `pnpm --filter pipeline bench:jobs [jobs]`. All three read the same queue of the same server in the same
 * run; the ratio is what counts, since the machine may be busy. Also prints what the memory is before and after.
 */
import { pino } from 'pino'
import { inTransaction, openDatabase, session, type Database } from '../database.ts'
import { createRulesReader } from '../extraction/rules-reader.ts'
import { createAgent, INTERNET } from '../fetching/connect.ts'
import { jobWorks, type JobWorks } from '../jobs/job-works.ts'
import { createQueue, type Enqueue } from '../queue.ts'
import { completeJobWith } from '../services/job-attempts.ts'
import { TASK_BUDGET } from '../threads/overrun.ts'
import { createThreads } from '../threads/pool.ts'
import { createWorker, workOnJobs, type WorkerSettings } from '../worker.ts'
import { query } from './database.ts'
import { onServer } from './on-server.ts'
import { until } from './service.ts'

const JOBS = Number(process.argv[2] ?? 2000)
const WARM_UP = 100
const CONCURRENCY = 4
const log = pino({ level: 'warn' })

async function measureAll(url: string): Promise<void> {
  const database = openDatabase(url)
  const alone = await measureAlone(url, database)
  print('pg-boss alone, empty handler', alone)
  const threads = createThreads({ count: 2, budget: TASK_BUDGET })
  const dispatcher = createAgent(INTERNET)
  const extraction = {
    database,
    threads,
    reader: createRulesReader(threads),
    confidenceThreshold: 0.5,
    chunkLimits: { maxTokens: 5000, overlapTokens: 200 },
  }
  const fetchLimits = { timeoutSeconds: 1, delaySeconds: { min: 0, max: 0 }, perDay: 0 }
  const works = jobWorks({ ...extraction, dispatcher, fetchLimits })
  const empty: JobWorks = {
    ...works,
    extract: ({ attempt }) => completeJobWith(session(database), attempt, {}),
  }
  const measure = async (what: string, settings: Pick<WorkerSettings, 'works' | 'extraction'>) =>
    print(what, await measureWorker(url, { database, ...settings }), alone)
  await measure('a job that does nothing', { works: empty })
  await measure('a job that extracts a sentence, alone', { works })
  const before = process.memoryUsage().rss
  await measure('the same, as small jobs are done', { works, extraction })
  console.log(
    `memory: ${megabytes(before)} MB before, ${megabytes(process.memoryUsage().rss)} MB after`,
  )
  await Promise.all([threads.close(), dispatcher.destroy(), database.close()])
}

/** What the queue delivers to a handler that does nothing. */
async function measureAlone(url: string, database: Database): Promise<number> {
  await enqueueAll(url, database)
  const { count, perSecond } = countEnded()
  const handlers = { extract: async () => count(), 'extract-dead': async () => {} }
  const queue = createQueue({ url, concurrency: CONCURRENCY, handlers, log })
  await queue.start()
  const measured = await perSecond()
  await queue.drain()
  await queue.stop()
  return measured
}

async function measureWorker(
  url: string,
  settings: Pick<WorkerSettings, 'database' | 'works' | 'extraction'>,
): Promise<number> {
  await enqueueAll(url, settings.database)
  const enqueue: Enqueue = (session, job) => queue.enqueue(session, job)
  const { count, perSecond } = countEnded()
  // Lines are written as in production, though nobody reads them.
  const write = (line: string) => {
    if (line.includes('"job completed"')) count()
  }
  const worker = createWorker({ ...settings, enqueue, log: pino({ level: 'info' }, { write }) })
  const { handlers } = worker
  const queue = createQueue({ url, concurrency: CONCURRENCY, handlers, log })
  const jobs = workOnJobs(queue, worker)
  await jobs.start()
  const measured = await perSecond()
  await jobs.stop()
  worker.attempts.close()
  const left = await query(url, `select from jobs where status <> 'completed'`)
  if (left.length > 0) throw new Error(`${left.length} jobs are not completed.`)
  return measured
}

/**
 * Counts jobs in this process: to ask the server again and again would cost the jobs a good part of it. The first ones
 * start threads and connections, and are not measured.
 */
function countEnded() {
  const ended: number[] = []
  const perSecond = async () => {
    await until(async () => ended.length >= WARM_UP + JOBS, 600_000)
    const [from = 0, to = 0] = [ended[WARM_UP - 1], ended[WARM_UP + JOBS - 1]]
    return (JOBS * 1000) / (to - from)
  }
  return { count: () => void ended.push(performance.now()), perSecond }
}

/** Makes the jobs, each of a source of its own, while nobody works on them. */
async function enqueueAll(url: string, database: Database): Promise<void> {
  await query(url, 'truncate projects, jobs, pgboss.job cascade')
  const none = { extract: async () => undefined, 'extract-dead': async () => undefined }
  const queue = createQueue({ url, concurrency: 0, handlers: none, log })
  await queue.start()
  const rows = await query<{ id: string }>(
    url,
    `with project as (
       insert into projects (name, extraction_schema) values ('bench', '{}') returning id),
     source as (
       insert into sources (project_id, uri, source_group, content)
       select id, 'doc:' || n, 'docs', 'Plan ' || n || ' costs $5 per month.'
       from project, generate_series(1, ${WARM_UP + JOBS}) as n returning id, project_id)
     insert into jobs (project_id, type, payload)
     select project_id, 'extract', jsonb_build_object('profile', 'pricing', 'source_ids', jsonb_build_array(id))
     from source returning id`,
  )
  await inTransaction(database, async (session) => {
    for (const { id } of rows)
      await queue.enqueue(session, { jobId: id, attemptCount: 0, maxAttempts: 5 })
  })
  await queue.stop()
}

function print(what: string, perSecond: number, alone = perSecond): void {
  console.log(
    `${what}: ${perSecond.toFixed(0)} jobs/s, ${(perSecond / alone).toFixed(2)} x pg-boss`,
  )
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}

await onServer(measureAll)
