import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startHeartbeat, type Heartbeat } from './heartbeat.ts'

let sent: string[]
let errors: unknown[]

beforeEach(() => {
  vi.useFakeTimers()
  sent = []
  errors = []
})

afterEach(() => {
  vi.useRealTimers()
})

const start = (query: (sql: string) => Promise<unknown>): Promise<Heartbeat> =>
  startHeartbeat(
    (sql) => {
      sent.push(sql)
      return query(sql)
    },
    { application: 'orders/0123456789ab', onError: (error) => errors.push(error) },
  )

const never = () => new Promise(() => {})

test('one that never gets an answer does not stop the next ones, and ends with the service', async () => {
  const heartbeat = await start(async () => (sent.length === 2 ? never() : undefined))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toHaveLength(5)
  expect(errors).toEqual([])
  const stopped = heartbeat.stop()
  await vi.advanceTimersByTimeAsync(3000)
  await stopped
  expect(sent.at(-1)).toMatch(/, null::pg_catalog\.text, /)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toHaveLength(6)
})

test('where none gets an answer, few are sent, and somebody hears of it', async () => {
  const heartbeat = await start(async () => (sent.length > 1 ? never() : undefined))
  await vi.advanceTimersByTimeAsync(600_000)
  expect(sent).toHaveLength(4)
  expect(String(errors[0])).toMatch(/get no answer/)
  const stopped = heartbeat.stop()
  await vi.advanceTimersByTimeAsync(6000)
  await stopped
})

test('a query that throws before it returns a promise is one that failed', async () => {
  const heartbeat = await start(() => {
    throw new Error('the pool has ended')
  })
  await vi.advanceTimersByTimeAsync(15_000)
  await heartbeat.stop()
  expect(errors).toHaveLength(3)
})
