import { createHash } from 'node:crypto'
import { Job, Project, Source } from '@techfacts/db'
import { createTestDatabase, hasTime } from '@techfacts/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { openDatabase, session } from '../database.ts'
import type { FoundFact } from '../extraction/extractor.ts'
import type { Reading } from '../extraction/review.ts'
import { asApplication, downTo, head, query } from '../testing/database.ts'
import {
  makeCurrent,
  openRun,
  SourceChangedError,
  storeChunk,
  SupersededError,
  type Attempt,
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
const reading = { profile: 'pricing', schemaVersion: 1, extractor: 'rules', inputHash: 'same' }

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
    return page.items.map(({ quote }) => quote)
  }
  return {
    source: { id: source.id, projectId: project.id, sourceGroup: 'g' },
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

test('a run is seen once it is current, and takes the place of the one before it', async () => {
  const { source, attempt, found, anotherJob } = await begin()
  const first = await openRun(database, attempt, source, reading)
  await storeChunk(database, attempt, first, 0, stating(fact('One'), fact('Two')))
  expect(await found()).toEqual([])
  await makeCurrent(database, attempt, first, MD5)
  expect(await found()).toEqual(['One', 'Two'])

  const other = await anotherJob()
  const second = await openRun(database, other, source, reading)
  await storeChunk(database, other, second, 0, stating(fact('Three')))
  expect(await found()).toEqual(['One', 'Two'])
  await makeCurrent(database, other, second, MD5)
  expect(await found()).toEqual(['Three'])
  const rows = await query(test_database.url, 'select from extractions where source_id = $1', [
    source.id,
  ])
  expect(rows.length).toBe(1)
})

test('readers see one run or the other while they change, never both and never none', async () => {
  const { source, attempt, found, anotherJob } = await begin()
  const first = await openRun(database, attempt, source, reading)
  await storeChunk(database, attempt, first, 0, stating(fact('same')))
  await makeCurrent(database, attempt, first, MD5)

  let reads = 0
  const changed = new AbortController()
  const seen = new Set<string>()
  const reader = (async () => {
    for (; !changed.signal.aborted; reads += 1) seen.add(JSON.stringify(await found()))
  })()
  for (let run = 0; run < 20; run += 1) {
    const other = await anotherJob()
    const next = await openRun(database, other, source, reading)
    await storeChunk(database, other, next, 0, stating(fact('same')))
    await makeCurrent(database, other, next, MD5)
  }
  changed.abort()
  await reader
  expect(reads).toBeGreaterThan(20)
  expect([...seen]).toEqual(['["same"]'])
})

test('an attempt that another one has followed writes nothing any more', async () => {
  const { source, attempt, found } = await begin()
  const run = await openRun(database, attempt, source, reading)
  await storeChunk(database, attempt, run, 0, stating(fact('One')))
  const second = await next(attempt.jobId)
  expect(second.number).toBe(2)

  for (const write of [
    () => storeChunk(database, attempt, run, 1, stating(fact('Zombie'))),
    () => makeCurrent(database, attempt, run, MD5),
    () => openRun(database, attempt, source, reading),
  ]) {
    await expect(write()).rejects.toThrow(SupersededError)
  }
  const again = await openRun(database, second, source, reading)
  expect(again).toMatchObject({ id: run.id, chunksDone: 1, isCurrent: false })
  await expect(storeChunk(database, second, again, 0, stating(fact('One')))).rejects.toThrow(
    SupersededError,
  )
  await storeChunk(database, second, again, 1, stating(fact('Two')))
  await makeCurrent(database, second, again, MD5)
  expect(await found()).toEqual(['One', 'Two'])
})

test('the same place in a run cannot be stored twice', async () => {
  const { source, attempt } = await begin()
  const run = await openRun(database, attempt, source, reading)
  await storeChunk(database, attempt, run, 0, stating(fact('One')))
  const again = query(
    test_database.url,
    `insert into extractions (project_id, source_id, run_id, chunk_index, ordinal, extraction_type, source_group, data)
     select project_id, source_id, run_id, chunk_index, ordinal, extraction_type, source_group, data
     from extractions where run_id = $1`,
    [run.id],
  )
  await expect(again).rejects.toMatchObject({
    constraint: 'extractions_run_id_chunk_index_ordinal_key',
  })
})

test('what a run rejects, leaves out and asks of a model is counted, and kept as far as it goes', async () => {
  const { source, attempt } = await begin()
  const usage = { requests: 1, inputTokens: 20, outputTokens: 3 }
  const rejects = [
    { reason: 'data/a must be number', data: { a: 'x' } },
    { reason: 'The chunk cannot be read.', data: null },
  ]
  const run = await openRun(database, attempt, source, reading)
  await storeChunk(database, attempt, run, 0, { facts: [], rejects, rejected: 7, cut: 5, usage })
  await storeChunk(database, attempt, run, 1, { ...stating(fact('One')), cut: 1, usage })
  const again = await openRun(database, attempt, source, reading)
  expect(run.room).toEqual({ facts: 10_000, entities: 50_000 })
  expect(again.room).toEqual({ facts: 9_999, entities: 49_999 })
  await makeCurrent(database, attempt, run, MD5)
  const kept = await query(
    test_database.url,
    'select reason, data from extraction_rejects where run_id = $1 order by chunk_index, ordinal',
    [run.id],
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
  const { source, attempt } = await begin()
  const run = await openRun(database, attempt, source, reading)
  await storeChunk(database, attempt, run, 0, stating(fact('One')))
  const other = await openRun(database, attempt, source, { ...reading, inputHash: 'other' })
  expect(other.id).not.toBe(run.id)
  expect(other.chunksDone).toBe(0)
})

test.each([
  ['has another text', `content = 'Costs $6.'`],
  ['is in another group', `source_group = 'other'`],
])('what was found in a source that %s since does not become current', async (_, change) => {
  const { source, attempt, found } = await begin()
  const run = await openRun(database, attempt, source, reading)
  await storeChunk(database, attempt, run, 0, stating(fact(CONTENT)))
  await query(test_database.url, `update sources set ${change} where id = $1`, [source.id])
  await expect(makeCurrent(database, attempt, run, MD5)).rejects.toThrow(SourceChangedError)
  expect(await found()).toEqual([])
})

test('workers that name the same entities at once share them', async () => {
  const begun = await Promise.all(Array.from({ length: 4 }, begin))
  const { source } = begun[0] ?? (await begin())
  const names = Array.from({ length: 2000 }, (_, n) => fact(`Entity ${n}`))
  await Promise.all(
    begun.map(async ({ attempt }, index) => {
      const run = await openRun(database, attempt, source, reading)
      await storeChunk(
        database,
        attempt,
        run,
        0,
        stating(...(index % 2 ? names : names.toReversed())),
      )
    }),
  )
  const entities = await query(test_database.url, 'select from entities where project_id = $1', [
    source.projectId,
  ])
  expect(entities.length).toBe(2000)
})

// The last one: it takes the tables away.
test.runIf(hasTime())(
  'going below the migration of runs waits for those that are unfinished, and keeps what is current',
  async () => {
    const { source, attempt, anotherJob } = await begin()
    const first = await openRun(database, attempt, source, reading)
    await storeChunk(database, attempt, first, 0, stating(fact('One')))
    await makeCurrent(database, attempt, first, MD5)
    const other = await anotherJob()
    const second = await openRun(database, other, source, reading)
    await storeChunk(database, other, second, 0, stating(fact('Two')))

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
      [source.id],
    )
    expect(left).toEqual([{ statement: 'One' }])
  },
)
