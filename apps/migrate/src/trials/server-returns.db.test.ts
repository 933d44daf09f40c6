import { databaseTarget, run, type RunRequest } from '@techfacts/migrator'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { startProxy } from '@techfacts/trials'
import { expect, test } from 'vitest'
import { chain, CHAIN_NAMES, prepareBase, prepareHead, query, runChain } from './chain.ts'
import { journalProblems } from './journal.ts'

test('a run whose server goes away in the middle, and is back a while later, goes on by itself', async () => {
  await using database = await createTestDatabase({ prepare: prepareBase })
  const AWAY_MS = 1500
  const IN_THE_MIDDLE = 300
  let isAway = false
  const proxy = await startProxy(database.url, {
    judge: (number) => (number === IN_THE_MIDDLE ? 'stop-after' : 'forward'),
    stop: async () => {
      isAway = true
      proxy.refuse('57P03', 'the database system is starting up')
      setTimeout(() => proxy.admit(), AWAY_MS)
    },
  })
  const events: string[] = []
  const started = performance.now()
  try {
    await runChain(proxy.url, 'up', { onEvent: ({ type }) => events.push(type) })
  } finally {
    await proxy.close()
  }
  expect(isAway).toBe(true)
  expect(performance.now() - started).toBeGreaterThan(AWAY_MS)
  expect(events.filter((type) => type === 'connection-lost')).toHaveLength(1)
  expect(await journalProblems(database.url, 'up', CHAIN_NAMES)).toEqual([])
})

test('a session that an administrator ends is begun anew, however often it takes', async () => {
  await using database = await createTestDatabase({ prepare: prepareBase })
  const lost: string[] = []
  let done = 0
  const endSession = () =>
    query(
      database.url,
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'migrate'`,
    )
  const ends: Promise<unknown>[] = []
  await runChain(database.url, 'up', {
    onEvent: (event) => {
      if (event.type === 'connection-lost') lost.push(event.reason)
      if (event.type === 'segment-done' && (done += 1) % 4 === 0) ends.push(endSession())
    },
  })
  await Promise.all(ends)
  expect(lost.length).toBeGreaterThan(0)
  expect(await journalProblems(database.url, 'up', CHAIN_NAMES)).toEqual([])
})

/** Runs with the connection cut before the answer to its nth COMMIT; false where there is no nth. */
async function losesAnswer(url: string, nth: number, request: RunRequest): Promise<boolean> {
  let commits = 0
  let isCut = false
  const proxy = await startProxy(url, {
    judge: (_number, { type, bytes, from }) => {
      const isAnswer = from === 'server' && type === 'C' && bytes.includes('COMMIT')
      if (isCut || !isAnswer || (commits += 1) < nth) return 'forward'
      isCut = true
      return 'stop-before'
    },
  })
  try {
    await run(chain, databaseTarget(proxy.url, { applicationName: 'migrate' }), request)
    return isCut
  } finally {
    await proxy.close()
  }
}

async function applied(url: string): Promise<number> {
  return (await query(url, 'select name from mikro_orm_migrations')).length
}

test(
  'one step more, or less, is one step, whichever answer was lost on the way',
  { tags: 'long' },
  async () => {
    for (let nth = 1, isCut = true; isCut; nth += 1) {
      await using database = await createTestDatabase({ prepare: prepareHead })
      isCut = await losesAnswer(database.url, nth, { direction: 'down', target: '-2' })
      expect(await applied(database.url)).toBe(CHAIN_NAMES.length - 2)
      await losesAnswer(database.url, nth, { direction: 'up', target: '+1' })
      expect(await applied(database.url)).toBe(CHAIN_NAMES.length - 1)
    }
  },
)
