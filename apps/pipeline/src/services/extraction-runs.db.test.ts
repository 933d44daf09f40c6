import { createHash } from 'node:crypto'
import { Job, Project, Source } from '@techfacts/db'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { openDatabase, session } from '../database.ts'
import type { FoundFact } from '../extraction/extractor.ts'
import type { Reading } from '../extraction/review.ts'
import { prepared } from '../prepared.ts'
import { asApplication, downTo, head, query } from '../testing/database.ts'
import { readSources } from './asked-sources.ts'
import {
  resumeRun,
  SourceChangedError,
  storeChunk,
  storeEnd,
  SupersededError,
  type Attempt,
  type Run,
} from './extraction-runs.ts'
import { completeExtraction } from './extraction-results.ts'
import { listExtractions } from './extractions.ts'
import { beginAttempt } from './job-attempts.ts'

const test_database = await createTestDatabase({ prepare: head })
const database = openDatabase(asApplication(test_database.url))
afterAll(async () => {
  await database.close()
  await test_database.drop()
})

const CONTENT = 'Costs $5.'
const MD5 = createHash('md5').update(CONTENT).digest('hex')
const READ = {
  profile: 'pricing',
  schemaVersion: 1,
  extractor: 'rules',
  inputHash: 'same',
  md5: MD5,
}

const fact = (quote: string): FoundFact => ({
  type: 'price',
  data: { category: 'pricing', statement: quote },
  quote,
  start: 0,
  end: quote.length,
  headingPath: [],
  confidence: 0.9,
  confidenceParts: [],
  entities: [{ type: 'price', value: quote, normalizedValue: quote.toLowerCase() }],
})

/** A chunk that states these facts and no more. */
const stating = (...facts: FoundFact[]): Reading => ({ facts, rejects: [], rejected: 0, cut: 0 })

/** Stores a chunk that is not the last one. */
const store = (attempt: Attempt, run: Run, index: number, reading: Reading) =>
  storeChunk(database, attempt, run, { index, isLast: false, reading })
/** Stores the one chunk of a source. */
const storeAll = (attempt: Attempt, run: Run, ...facts: FoundFact[]) =>
  storeChunk(database, attempt, run, { index: 0, isLast: true, reading: stating(...facts) })

/** Where an attempt goes on. */
async function resume(attempt: Attempt, { projectId, profile }: Run, hash = READ.inputHash) {
  const asked = { jobId: attempt.jobId, projectId, ids: undefined, profile }
  for await (const source of readSources(database, asked)) {
    return resumeRun(database, attempt, source, hash)
  }
  throw new Error('The project has no source.')
}

let projects = 0

/** A project with one source, and a job whose first attempt has begun. */
async function begin() {
  const em = database.em.fork()
  const project = em.create(Project, { name: `p${(projects += 1)}`, extractionSchema: {} })
  const source = em.create(Source, { project, uri: 'u', sourceGroup: 'g', content: CONTENT })
  const job = em.create(Job, { project, type: 'extract', payload: {} })
  await em.flush()
  const found = async () => {
    const page = await listExtractions(session(database), project.id, { limit: 50 })
    return page.parse().items.map(({ quote }) => quote)
  }
  return {
    run: { ...READ, sourceId: source.id, projectId: project.id, sourceGroup: 'g' },
    attempt: await next(job.id),
    found,
    anotherJob: async () => {
      const em = database.em.fork()
      const job = em.create(Job, { project: project.id, type: 'extract', payload: {} })
      await em.flush()
      return next(job.id)
    },
  }
}

async function next(jobId: string): Promise<Attempt> {
  const started = await beginAttempt(database, { job_id: jobId })
  if (!started) throw new Error('The job has ended.')
  return started.attempt
}

test('a run is seen once its last chunk is stored, and takes the place of the one before it', async () => {
  const { run, attempt, found, anotherJob } = await begin()
  await store(attempt, run, 0, stating(fact('One')))
  expect(await found()).toEqual([])
  await storeChunk(database, attempt, run, {
    index: 1,
    isLast: true,
    reading: stating(fact('Two')),
  })
  expect(await found()).toEqual(['One', 'Two'])

  const other = await anotherJob()
  await store(other, run, 0, stating(fact('Three')))
  expect(await found()).toEqual(['One', 'Two'])
  await storeEnd(database, other, run, 1)
  expect(await found()).toEqual(['Three'])
  const rows = await query(test_database.url, 'select from extractions where source_id = $1', [
    run.sourceId,
  ])
  expect(rows.length).toBe(1)
})

test('readers see one run or the other while they change, never both and never none', async () => {
  const { run, attempt, found, anotherJob } = await begin()
  await storeAll(attempt, run, fact('same'))

  let reads = 0
  const changed = new AbortController()
  const seen = new Set<string>()
  const reader = (async () => {
    for (; !changed.signal.aborted; reads += 1) seen.add(JSON.stringify(await found()))
  })()
  for (let runs = 0; runs < 20; runs += 1) {
    await storeAll(await anotherJob(), run, fact('same'))
  }
  changed.abort()
  await reader
  expect(reads).toBeGreaterThan(20)
  expect([...seen]).toEqual(['["same"]'])
})

test('jobs that end over the same source at once take turns, and the last one holds', async () => {
  const { run, attempt, found, anotherJob } = await begin()
  const attempts = [attempt, await anotherJob(), await anotherJob(), await anotherJob()]
  await Promise.all(attempts.map((one, n) => storeAll(one, run, fact(`same ${n}`), fact('same'))))
  expect((await found()).length).toBe(2)
  const runs = await query(test_database.url, 'select from extraction_runs where source_id = $1', [
    run.sourceId,
  ])
  expect(runs.length).toBe(1)
})

test('an attempt that another one has followed writes nothing any more', async () => {
  const { run, attempt, found } = await begin()
  await store(attempt, run, 0, stating(fact('One')))
  const second = await next(attempt.jobId)
  expect(second.number).toBe(2)

  for (const write of [
    () => store(attempt, run, 1, stating(fact('Zombie'))),
    () => storeEnd(database, attempt, run, 1),
    () => resume(attempt, run, 'other'),
    // Of its own, but not in their turn.
    () => store(second, run, 0, stating(fact('Again'))),
    () => store(second, run, 2, stating(fact('Too early'))),
    () => store(second, { ...run, inputHash: 'other' }, 1, stating(fact('Of another text'))),
  ]) {
    await expect(write()).rejects.toThrow(SupersededError)
  }
  expect(await resume(second, run)).toMatchObject({ chunksDone: 1 })
  await store(second, run, 1, stating(fact('Two')))
  await storeEnd(database, second, run, 2)
  expect(await found()).toEqual(['One', 'Two'])
  await expect(storeEnd(database, second, run, 3)).rejects.toThrow(SupersededError)
})

test('the same place in a run cannot be stored twice', async () => {
  const { run, attempt } = await begin()
  await store(attempt, run, 0, stating(fact('One')))
  const again = query(
    test_database.url,
    `insert into extractions (project_id, source_id, run_id, chunk_index, ordinal, extraction_type, source_group, data)
     select project_id, source_id, run_id, chunk_index, ordinal, extraction_type, source_group, data
     from extractions where source_id = $1`,
    [run.sourceId],
  )
  await expect(again).rejects.toMatchObject({
    constraint: 'extractions_run_id_chunk_index_ordinal_key',
  })
})

test('what a run rejects, leaves out and asks of a model is counted, and kept as far as it goes', async () => {
  const { run, attempt } = await begin()
  const usage = { requests: 1, inputTokens: 20, outputTokens: 3 }
  const rejects = [
    { reason: 'data/a must be number', data: { a: 'x' } },
    { reason: 'The chunk cannot be read.', data: null },
  ]
  const one = { facts: [], rejects, rejected: 7, cut: 5, usage }
  const two = { ...stating(fact('One')), cut: 1, usage }
  expect(await resume(attempt, run)).toEqual({
    chunksDone: 0,
    room: { facts: 10_000, entities: 50_000 },
  })
  await store(attempt, run, 0, one)
  await store(attempt, run, 1, two)
  expect(await resume(attempt, run)).toEqual({
    chunksDone: 2,
    room: { facts: 9_999, entities: 49_999 },
  })
  await storeEnd(database, attempt, run, 2)
  const kept = await query(
    test_database.url,
    `select reason, data from extraction_rejects join extraction_runs run on run.id = run_id
     where source_id = $1 order by chunk_index, ordinal`,
    [run.sourceId],
  )
  expect(kept).toEqual(rejects)

  await completeExtraction(database, attempt, {
    skipped: 2,
    unreadable: [],
    unchanged: { sources: 3, extractions: 40, rejected: 500, cut: 600 },
    progress: { done: 6, total: 6 },
  })
  const [job] = await query(test_database.url, 'select result, progress from jobs where id = $1', [
    attempt.jobId,
  ])
  expect(job).toEqual({
    result: {
      sources: 4,
      unchanged: 3,
      extractions: 41,
      rejected: 507,
      cut: 606,
      skipped: 2,
      unreadable: [],
      usage: { requests: 2, input_tokens: 40, output_tokens: 6 },
    },
    progress: { done: 6, total: 6 },
  })
})

test('a run begins anew when its input has changed', async () => {
  const { run, attempt, found } = await begin()
  await store(attempt, run, 0, stating(fact('One')))
  expect(await resume(attempt, run, 'other')).toMatchObject({ chunksDone: 0 })
  await storeAll(attempt, { ...run, inputHash: 'other' }, fact('Two'))
  expect(await found()).toEqual(['Two'])
})

test.each([
  ['has another text', `content = 'Costs $6.'`],
  ['is in another group', `source_group = 'other'`],
])('what was found in a source that %s since does not become current', async (_, change) => {
  const { run, attempt, found } = await begin()
  await query(test_database.url, `update sources set ${change} where id = $1`, [run.sourceId])
  const usage = { requests: 1, inputTokens: 20, outputTokens: 3 }
  const last = { index: 0, isLast: true, reading: { ...stating(fact(CONTENT)), usage } }
  await expect(storeChunk(database, attempt, run, last)).rejects.toThrow(SourceChangedError)
  expect(await found()).toEqual([])
  // The tokens are paid for.
  const [job] = await query(test_database.url, 'select result from jobs where id = $1', [
    attempt.jobId,
  ])
  expect(job).toMatchObject({ result: { usage: { requests: 1 } } })
})

test('workers that name the same entities at once share them', { tags: 'long' }, async () => {
  const begun = await Promise.all(Array.from({ length: 4 }, begin))
  const { run } = begun[0] ?? (await begin())
  const names = Array.from({ length: 2000 }, (_, n) => fact(`Entity ${n}`))
  await Promise.all(
    begun.map(({ attempt }, index) =>
      storeAll(attempt, run, ...(index % 2 ? names : names.toReversed())),
    ),
  )
  const entities = await query(test_database.url, 'select from entities where project_id = $1', [
    run.projectId,
  ])
  expect(entities.length).toBe(2000)
})

// The last one: it takes the tables away.
test(
  'going below the migration of runs waits for those that are unfinished, and keeps what is current',
  { tags: 'long' },
  async () => {
    const { run, attempt, anotherJob } = await begin()
    await storeAll(attempt, run, fact('One'))
    await store(await anotherJob(), run, 0, stating(fact('Two')))

    const below = 'Migration20261122154452'
    await expect(downTo(test_database.url, below)).rejects.toMatchObject({
      code: 'DOWN_REQUIRES',
      details: { says: expect.stringMatching(/extraction_runs: \d+/) },
    })
    await query(test_database.url, 'delete from extraction_runs where not is_current', [])
    await downTo(test_database.url, below)
    const left = await query<{ statement: string }>(
      test_database.url,
      `select data ->> 'statement' as statement from extractions where source_id = $1`,
      [run.sourceId],
    )
    expect(left).toEqual([{ statement: 'One' }])
  },
)

test('a statement whose column gets another type is prepared again, and fails once at most', async () => {
  const changed = await createTestDatabase({ prepare: head })
  const opened = openDatabase(asApplication(changed.url))
  const read = () =>
    sql`select name, depth from profiles limit 1`.execute(prepared(session(opened))).then(
      ({ rows }) => rows.length,
      (error: Error) => error.message,
    )
  expect([await read(), await read()]).toEqual([1, 1])
  await query(changed.url, 'alter table profiles alter column depth type varchar(99)')
  expect([await read(), await read(), await read()]).toEqual([
    expect.stringContaining('cached plan must not change result type'),
    1,
    1,
  ])
  await opened.close()
  await changed.drop()
})
