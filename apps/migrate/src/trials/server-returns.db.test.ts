import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { CHAIN_NAMES, prepareBase, query, runChain } from './chain.ts'
import { journalProblems } from './journal.ts'
import { startProxy } from './proxy.ts'

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
