import { afterAll, expect, test } from 'vitest'
import { createRulesReader } from '../extraction/rules-reader.ts'
import { UnreadableError } from '../extraction/reader.ts'
import { TaskOverrunError } from './overrun.ts'
import { createThreads, type Threads } from './pool.ts'

const opened: Threads[] = []
afterAll(() => Promise.all(opened.map((threads) => threads.close())))

function open(count: number, budget = { cpuSeconds: 20, megabytes: 640 }): Threads {
  const threads = createThreads({ count, budget })
  opened.push(threads)
  return threads
}

const LIMITS = { maxTokens: 5000, overlapTokens: 200 }
const LONG = { content: 'a\n\n'.repeat(300_000), limits: LIMITS }
const SHORT = { content: '# One\n\nTwo.', limits: LIMITS }
const asked = (signal = new AbortController().signal) => ({ signal, about: 'Document d' })

test('a task runs in a thread, and the main thread goes on meanwhile', async () => {
  const threads = open(1)
  let turns = 0
  const interval = setInterval(() => (turns += 1), 5)
  const passages = await threads.run('split', { ...LONG, content: 'a\n\n'.repeat(50_000) }, asked())
  clearInterval(interval)
  expect(passages.length).toBeGreaterThan(5)
  expect(turns).toBeGreaterThan(10)
})

test.each([
  ['time', { cpuSeconds: 0.2, megabytes: 640 }],
  ['memory', { cpuSeconds: 20, megabytes: 60 }],
] as const)(
  'a task that uses too much %s is ended, and says what it read',
  async (resource, budget) => {
    const threads = open(1, budget)
    const overrun = threads.run('split', LONG, asked())
    await expect(overrun).rejects.toThrow(TaskOverrunError)
    await expect(overrun).rejects.toMatchObject({
      resource,
      message: /^Document d cannot be read in/,
    })
  },
)

test('the next task has a thread again after one was ended', async () => {
  const threads = open(1)
  const stop = new AbortController()
  const long = threads.run('split', LONG, asked(stop.signal))
  const next = threads.run('split', SHORT, asked())
  setTimeout(() => stop.abort(new Error('stopped')), 50)
  await expect(long).rejects.toThrow('stopped')
  expect(await next).toHaveLength(1)
})

test('what waits can be aborted, and keeps no place', async () => {
  const threads = open(1)
  const running = new AbortController()
  const waiting = new AbortController()
  const first = threads.run('split', LONG, asked(running.signal))
  const second = threads.run('split', SHORT, asked(waiting.signal))
  waiting.abort(new Error('no longer wanted'))
  await expect(second).rejects.toThrow('no longer wanted')
  running.abort(new Error('stopped'))
  await expect(first).rejects.toThrow('stopped')
  expect(await threads.run('split', SHORT, asked())).toHaveLength(1)
})

test('a close ends what runs and what waits, and nothing begins after it', async () => {
  const threads = open(1)
  const all = [threads.run('split', LONG, asked()), threads.run('split', SHORT, asked())]
  const ended = Promise.allSettled(all)
  await threads.close()
  expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(threads.run('split', SHORT, asked())).rejects.toThrow('stopping')
})

/** Each definition asks for the one before it twice. */
const DOUBLING = {
  $defs: Object.fromEntries(
    Array.from({ length: 32 }, (_, level) => {
      const before = { $ref: `#/$defs/d${level - 1}` }
      return [`d${level}`, level === 0 ? { type: 'string' } : { allOf: [before, before] }]
    }),
  ),
  properties: { statement: { $ref: '#/$defs/d31' } },
}

test.each([
  [
    'the schema that uses up the budget of a chunk fails its job',
    'Costs $5.',
    2,
    /^The schema of the project takes too long/,
  ],
  [
    'a chunk that cannot be read without the schema either is left out alone',
    'Costs $5. '.repeat(5000),
    0.1,
    /^Document d cannot be read in 0.1 s/,
  ],
])('%s', { tags: 'long' }, async (_, text, cpuSeconds, message) => {
  const reader = createRulesReader(open(1, { cpuSeconds, megabytes: 640 }))
  const passages = await open(1).run('split', { content: text, limits: LIMITS }, asked())
  const [passage] = passages
  if (!passage) throw new Error('There is no passage.')
  const request = {
    profile: {
      name: 'test',
      categories: ['general'],
      promptFocus: '',
      depth: 'comprehensive' as const,
      customInstructions: null,
    },
    extractionSchema: DOUBLING,
    entityTypes: [],
    confidenceThreshold: 0,
    room: { facts: 100, entities: 100 },
  }
  const error = await reader
    .read({ passage, text, request }, asked())
    .catch((error: unknown) => error)
  expect(error).toMatchObject({ isPermanent: true, message: expect.stringMatching(message) })
  expect(error instanceof UnreadableError).toBe(!message.source.includes('schema'))
})
