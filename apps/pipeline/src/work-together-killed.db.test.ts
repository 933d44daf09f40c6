import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { asApplication, head, query } from './testing/database.ts'
import { createProject, startProgram, until, untilReady, type Program } from './testing/service.ts'

const PRICES = Array.from({ length: 16 }, (_, n) => `Plan ${n} costs $${n} per month.`)

/** Jobs that wait, one for each price and with so many attempts, and programs on their database, which end with the trial. */
async function openTrial(attemptsOf: (index: number) => number = () => 5) {
  const database = await createTestDatabase({ prepare: head })
  const { url } = database
  const programs: Program[] = []
  const start = async (concurrency: number, variables: Record<string, string> = {}) => {
    const own = { ...variables, WORKER_CONCURRENCY: String(concurrency) }
    const program = await startProgram(asApplication(url), own)
    programs.push(program)
    await untilReady(program)
    return program
  }
  const { call } = await start(0)
  const { id, sources } = await createProject(call, 'together', PRICES)
  const calls = new Map<number, Program['call']>()
  for (const [index, source] of sources.entries()) {
    const attempts = attemptsOf(index)
    const ask = calls.get(attempts) ?? (await start(0, { JOB_MAX_ATTEMPTS: String(attempts) })).call
    calls.set(attempts, ask)
    const asked = { profile: 'pricing', source_ids: [source] }
    expect((await ask(`/projects/${id}/extract`, asked)).status).toBe(202)
  }
  return {
    url,
    start,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const program of programs) await program.stop('SIGKILL')
      await database.drop()
    },
  }
}

/** Holds what `lock` locks until it is released. */
async function hold(url: string, lock: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  await client.query(lock)
  return { release: () => client.end() }
}

/** The connections of the service that wait for a lock, with a statement like this. */
async function waiting(url: string, statement: string): Promise<number[]> {
  const rows = await query<{ pid: number }>(
    url,
    `select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()
       and application_name like 'techfacts-pipeline%' and query like $1`,
    [statement],
  )
  return rows.map(({ pid }) => pid)
}

const STORING = '%insert into "extractions"%'
const ENDING = '%pgboss%'

/** A worker that has taken jobs, and waits before it stores what they found. */
async function takeJobs(url: string, start: (concurrency: number) => Promise<Program>) {
  const storing = await hold(url, 'lock table extractions in share mode')
  const worker = await start(1)
  await until(async () => (await waiting(url, STORING)).length > 0)
  const taken = await query(
    url,
    `select from pgboss.job where name = 'extract' and state = 'active'`,
  )
  return { storing, worker, taken: taken.length }
}

/** Waits until no job is to be worked on, nor delivered: each with what it has left. */
async function readEnded(url: string) {
  const isUnderWay = `select from jobs where status in ('queued', 'running', 'cancelling')
    union all select from pgboss.job where name like 'extract%' and state <= 'active'`
  await until(async () => (await query(url, isUnderWay)).length === 0, 120_000)
  return query(
    url,
    `select status, attempt_count, (select content from sources where id::text = payload #>> '{source_ids,0}') as content,
       (select array_agg(chunk_context ->> 'quote') from extractions where source_id::text = payload #>> '{source_ids,0}') as quotes,
       (select array_agg(is_current) from extraction_runs where source_id::text = payload #>> '{source_ids,0}') as runs
     from jobs order by created_at`,
  )
}

const done = (price: string) => ({
  status: 'completed',
  attempt_count: 1,
  content: price,
  quotes: [price],
  runs: [true],
})

test(
  'small jobs whose worker is killed with -9 before it has stored them are done once each, in their first attempt',
  { tags: 'long' },
  async () => {
    await using trial = await openTrial()
    const { url, start } = trial
    const { storing, worker, taken } = await takeJobs(url, start)
    expect(taken).toBe(PRICES.length)
    await worker.stop('SIGKILL')
    await storing.release()
    expect(await query(url, `select from jobs where status <> 'queued'`)).toEqual([])
    const other = await start(4)
    expect(await readEnded(url)).toEqual(PRICES.map(done))
    expect(await other.stop()).toBe(0)
  },
)

test(
  'small jobs whose worker is killed with -9 after it has stored them are not done again',
  { tags: 'long' },
  async () => {
    await using trial = await openTrial()
    const { url, start } = trial
    const { storing, worker } = await takeJobs(url, start)
    const ending = await hold(url, `select from pgboss.job where name = 'extract' for update`)
    await storing.release()
    const isStored = `select from jobs where status = 'completed'`
    await until(async () => (await query(url, isStored)).length === PRICES.length)
    await until(async () => (await waiting(url, ENDING)).length > 0)
    const facts = () => query(url, 'select id, xmin from extractions order by id')
    const before = await facts()
    await worker.stop('SIGKILL')
    // A statement that waits does not see that its client is gone; it would end the deliveries.
    for (const pid of await waiting(url, ENDING))
      await query(url, 'select pg_terminate_backend($1)', [pid])
    await until(async () => (await waiting(url, ENDING)).length === 0)
    await ending.release()
    const other = await start(4)
    expect(await readEnded(url)).toEqual(PRICES.map(done))
    expect(await facts()).toEqual(before)
    expect(await other.stop()).toBe(0)
  },
)

test(
  'a worker that is killed with -9 costs no job its only attempt but the one that it works on',
  { tags: 'long' },
  async () => {
    await using trial = await openTrial(() => 1)
    const { url, start } = trial
    const { storing, worker } = await takeJobs(url, start)
    await worker.stop('SIGKILL')
    await storing.release()
    const other = await start(4)
    const jobs = await readEnded(url)
    expect(jobs.filter(({ status }) => status === 'dead')).toHaveLength(1)
    const others = jobs.filter(({ status }) => status !== 'dead')
    expect(others).toEqual(
      PRICES.filter((price) => others.some(({ content }) => content === price)).map(done),
    )
    expect(await other.stop()).toBe(0)
  },
)

/** Makes whoever ends a delivery wait. */
async function holdEnding(url: string) {
  await query(
    url,
    `create function wait() returns trigger language plpgsql security definer as $$
       begin perform pg_advisory_xact_lock(1); return new; end $$;
     create trigger wait before update on pgboss.job_common for each row when (new.state = 'completed') execute function wait()`,
  )
  const held = await hold(url, 'select pg_advisory_xact_lock(1)')
  return {
    async release() {
      await query(url, 'drop function wait cascade')
      await held.release()
    },
  }
}

test(
  'a worker that is killed with -9 before it has given back what it took beside its job costs none of them its only attempt',
  { tags: 'long' },
  async () => {
    await using trial = await openTrial((index) => (index === 0 ? 5 : 1))
    const { url, start } = trial
    const ending = await holdEnding(url)
    const worker = await start(1)
    await until(async () => (await waiting(url, ENDING)).length > 0)
    const taken = await query(
      url,
      `select from pgboss.job where name = 'extract' and state = 'active'`,
    )
    expect(taken).toHaveLength(PRICES.length)
    await worker.stop('SIGKILL')
    for (const pid of await waiting(url, ENDING))
      await query(url, 'select pg_terminate_backend($1)', [pid])
    await ending.release()
    const other = await start(4)
    expect(await readEnded(url)).toEqual(PRICES.map(done))
    expect(await other.stop()).toBe(0)
  },
)
