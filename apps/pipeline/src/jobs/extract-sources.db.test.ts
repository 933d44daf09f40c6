import { Job, Project, Source } from '@techfacts/db'
import { createTestDatabase, onEveryMajor } from '@techfacts/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../database.ts'
import { createModelReader } from '../extraction/model/model-reader.ts'
import type { Reader } from '../extraction/reader.ts'
import { createRulesReader } from '../extraction/rules-reader.ts'
import { beginAttempt } from '../services/job-attempts.ts'
import { asApplication, head, query } from '../testing/database.ts'
import { createProject, everyItem, finished, startProgram, untilReady } from '../testing/service.ts'
import { say, startModelServer, state } from '../testing/model-server.ts'
import { TASK_BUDGET, TaskOverrunError } from '../threads/overrun.ts'
import { createThreads, type Threads } from '../threads/pool.ts'
import { extractSources } from './extract-sources.ts'

const database = await createTestDatabase({ prepare: head })
const program = await startProgram(asApplication(database.url))
await untilReady(program)
const { call, base } = program
afterAll(async () => {
  await program.stop('SIGKILL')
  await database.drop()
})

/** List items of 900 characters without a full stop: the document that froze every worker. */
const LIST = Array.from({ length: 21 }, (_, n) => `- ${`word${n} up to 10 MB `.repeat(50)}`).join(
  '\n',
)
const FACT = 'The Pro plan costs $5 a month.'

/** A million characters of which each few begin a block, and one fact at the end; a quarter where time is short. */
const MEGABYTE = `${'- a\n'.repeat(onEveryMajor ? 240_000 : 60_000)}\n\n${FACT}`

const heartbeat = async () => {
  const [row] = await query<{ seen: Date }>(
    database.url,
    `select max(seen_at) as seen from migrator.instances where seen_at > '-infinity'`,
  )
  return row?.seen.getTime() ?? 0
}

/** Asks for `/healthz` again and again until `work` has ended: the answers, in milliseconds. */
async function askMeanwhile(work: Promise<unknown>): Promise<number[]> {
  const over = new AbortController()
  void work.finally(() => over.abort())
  const answers: number[] = []
  while (!over.signal.aborted) {
    const asked = performance.now()
    const response = await fetch(`${base}/healthz`)
    if (!response.ok) throw new Error(`/healthz answers ${response.status}`)
    await response.arrayBuffer()
    answers.push(performance.now() - asked)
  }
  return answers.toSorted((one, other) => one - other)
}

async function extract(project: { id: string }, profile = 'general') {
  const { body } = await call(`/projects/${project.id}/extract`, { profile })
  return finished(call, body.job_id, 240_000)
}

test('a document of a megabyte and one of 19 KB are read while HTTP answers and the heart beats', async () => {
  expect(LIST.length).toBeGreaterThan(19_000)
  const began = await heartbeat()
  const project = await createProject(call, 'hard', [MEGABYTE])
  const { body } = await call(`/projects/${project.id}/extract`, { profile: 'general' })
  const list = await createProject(call, 'list', [LIST])
  const work = Promise.all([finished(call, body.job_id, 240_000), extract(list)])
  const answers = await askMeanwhile(work)
  for (const job of await work) {
    expect(job).toMatchObject({ status: 'completed', attempt_count: 1 })
    expect(job.result).toMatchObject({ sources: 1, rejected: 0 })
  }
  const items = await everyItem(call, `/projects/${project.id}/extractions`)
  expect(items.map(({ quote }: { quote: string }) => quote)).toEqual([FACT])
  // One after the other: where documents are read on the thread that answers, about fifty get through.
  expect(answers.length).toBeGreaterThan(200)
  expect(await heartbeat()).toBeGreaterThanOrEqual(began)
  const at = (share: number) => Math.round(answers[Math.floor(answers.length * share)] ?? 0)
  console.log(`${answers.length} answers, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`)
})

test('a schema that could take for ever fails the job at once, and says so', async () => {
  const project = await createProject(call, 'slow schema', ['Costs $5.', FACT])
  // No project is made with such a pattern any more; an older one may have it.
  const pattern = '^(?:[a-zA-Z ]|[a-z ])+!$'
  await setSchema(project.id, { properties: { statement: { type: 'string', pattern } } })
  const job = await extract(project)
  expect(job).toMatchObject({ status: 'failed', attempt_count: 1 })
  expect(job.error).toMatch(/^The schema of the project cannot be used: the pattern .* exponential/)
})

test('what a project’s schema rejects is counted in the result of the job, and kept', async () => {
  const project = await createProject(call, 'strict', [`Costs $5.\n\n${FACT}`])
  await setSchema(project.id, { properties: { statement: { maxLength: 10 } } })
  const job = await extract(project, 'pricing')
  expect(job.result).toMatchObject({ sources: 1, extractions: 1, rejected: 1, cut: 0 })
  const rejects = await query(
    database.url,
    `select reason, data ->> 'statement' as statement, run.rejected
     from extraction_rejects join extraction_runs run on run.id = run_id where run.job_id = $1`,
    [job.id],
  )
  expect(rejects).toEqual([
    {
      reason: 'data/statement must NOT have more than 10 characters',
      statement: FACT,
      rejected: 1,
    },
  ])
})

/** An extract job of `documents` that has begun in this process, with a reader of its own. */
async function work(
  documents: readonly string[],
  reader: (rules: Reader, threads: Threads) => Reader,
  budget = TASK_BUDGET,
) {
  const own = openDatabase(asApplication(database.url))
  const threads = createThreads({ count: 1, budget })
  try {
    const em = own.em.fork()
    const project = em.create(Project, { name: crypto.randomUUID(), extractionSchema: {} })
    for (const [index, content] of documents.entries()) {
      em.create(Source, { project, uri: `doc:${index}`, sourceGroup: 'docs', content })
    }
    const job = em.create(Job, { project, type: 'extract', payload: { profile: 'general' } })
    await em.flush()
    const started = await beginAttempt(own, { job_id: job.id })
    if (!started) throw new Error('The job has ended.')
    const settings = {
      database: own,
      threads,
      reader: reader(createRulesReader(threads), threads),
      chunkLimits: { maxTokens: 50, overlapTokens: 0 },
      confidenceThreshold: 0.4,
    }
    await extractSources(settings, started, AbortSignal.timeout(60_000))
    const { body } = await call(`/jobs/${job.id}`)
    const items = await everyItem(call, `/projects/${project.id}/extractions`)
    const sources = await everyItem(call, `/projects/${project.id}/sources`)
    return {
      job: body,
      quotes: items.map(({ quote }: { quote: string }) => quote),
      statuses: sources.map(({ status }: { status: string }) => status).toSorted(),
    }
  } finally {
    await threads.close()
    await own.close()
  }
}

test('a chunk that cannot be read in its budget becomes a reject, and the rest is done', async () => {
  const document = ['Costs $5.', 'Costs $6.', 'Costs $7.'].map(
    (one) => `# A\n\n${'x '.repeat(70)}\n\n${one}`,
  )
  const { job, quotes } = await work([document.join('\n\n')], (rules) => ({
    name: rules.name,
    async read(asked, options) {
      if (!asked.text.includes('$6')) return rules.read(asked, options)
      throw new TaskOverrunError(options.about, 'time', TASK_BUDGET)
    },
  }))
  expect(quotes).toEqual(['Costs $5.', 'Costs $7.'])
  expect(job).toMatchObject({ status: 'completed', result: { sources: 1, rejected: 1 } })
  const [reject] = await query<{ reason: string; data: unknown }>(
    database.url,
    `select reason, data from extraction_rejects join extraction_runs run on run.id = run_id where run.job_id = $1`,
    [job.id],
  )
  expect(reject).toEqual({
    reason: expect.stringMatching(/^Chunk \d \(A\) of source \S+ cannot be read in 20 s\.$/),
    data: null,
  })
})

test('a source that cannot even be split fails alone', { tags: 'long' }, async () => {
  const budget = { cpuSeconds: 20, megabytes: 80 }
  const { job, quotes, statuses } = await work(
    ['a\n\n'.repeat(200_000), FACT],
    (rules) => rules,
    budget,
  )
  expect(quotes).toEqual([FACT])
  expect(statuses).toEqual(['extracted', 'failed'])
  expect(job.result).toMatchObject({
    sources: 1,
    unreadable: [{ reason: expect.stringMatching(/^Source \S+ cannot be read in 80 MB/) }],
  })
})

test('a model reads the job’s chunks, and what it took is in the result', async () => {
  const fact = { type: 'price', data: { a: 1 }, quote: FACT, confidence: 0.8, entities: [] }
  await using server = await startModelServer(say('no JSON'), state(fact))
  const model = { baseUrl: server.url, apiKey: 'k', name: 'm', timeoutSeconds: 5, maxRetries: 1 }
  const { job, quotes } = await work([FACT, 'Nothing.'], (_, threads) =>
    createModelReader(model, threads),
  )
  expect(quotes).toEqual([FACT])
  expect(job.result).toMatchObject({
    sources: 2,
    extractions: 1,
    rejected: 1,
    usage: { requests: 3, input_tokens: 300, output_tokens: 30 },
  })
})

/** Each row of what was found, with the transaction that wrote it. */
const rowsOf = async (project: string) => {
  const versions = await query<{ rows: string[] }>(
    database.url,
    `select array(select e.id || ' ' || e.xmin from extractions e where e.project_id = $1 order by e.id)
       || array(select r.id || ' ' || r.xmin from extraction_runs r join sources s on s.id = r.source_id
         where s.project_id = $1 order by r.id)
       || array(select s.id || ' ' || s.xmin from sources s where s.project_id = $1 order by s.id)
       || array(select l.id || ' ' || l.xmin from extraction_entities l
         join extractions e on e.id = l.extraction_id where e.project_id = $1 order by l.id) as rows`,
    [project],
  )
  return versions[0]?.rows
}

test('what is extracted again from the same input keeps its rows, and is counted', async () => {
  const project = await createProject(call, 'again', [FACT, `Costs $5.\n\n${FACT}`])
  await setSchema(project.id, { properties: { statement: { minLength: 10 } } })
  const first = await extract(project)
  expect(first.result).toMatchObject({ sources: 2, unchanged: 0, extractions: 2, rejected: 1 })
  const before = await rowsOf(project.id)
  const again = await extract(project)
  expect(again).toMatchObject({ status: 'completed', progress: { done: 2, total: 2 } })
  expect(again.result).toEqual({ ...first.result, unchanged: 2 })
  expect(await rowsOf(project.id)).toEqual(before)

  // Another group has entities of its own, and another text other facts: each source is read again, alone.
  const put = (change: object) =>
    call(`/projects/${project.id}/sources`, { uri: 'doc:0', source_group: 'docs', ...change })
  for (const change of [{ content: FACT, source_group: 'other' }, { content: `${FACT} Now.` }]) {
    await put(change)
    const changed = await extract(project)
    expect(changed.result).toMatchObject({ sources: 2, unchanged: 1, extractions: 2, rejected: 1 })
  }
  await query(database.url, `update sources set status = 'failed' where project_id = $1`, [
    project.id,
  ])
  expect((await extract(project)).result).toMatchObject({ sources: 2, unchanged: 2 })
  const { body } = await call(`/projects/${project.id}/sources`)
  expect(body.items.map(({ status }: { status: string }) => status)).toEqual([
    'extracted',
    'extracted',
  ])
  const ids = await everyItem(call, `/projects/${project.id}/extractions`)
  await setSchema(project.id, {})
  expect((await extract(project)).result).toMatchObject({ unchanged: 0, extractions: 3 })
  const found = await everyItem(call, `/projects/${project.id}/extractions`)
  expect(found.map(({ id }: { id: string }) => id)).not.toContain(ids[0].id)
})

async function setSchema(project: string, schema: object): Promise<void> {
  await query(database.url, 'update projects set extraction_schema = $2 where id = $1', [
    project,
    schema,
  ])
}
