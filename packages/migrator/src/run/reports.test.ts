import { expect, test } from 'vitest'
import { EMPTY_STATE } from '../database-state.ts'
import type { RunEvent } from '../events.ts'
import { Reports } from './reports.ts'

function listening() {
  const heard: string[] = []
  const reports = new Reports((event) =>
    heard.push('migration' in event ? `${event.type} ${event.migration}` : event.type),
  )
  return { heard, reports }
}

const done = (migration: string): RunEvent => ({
  type: 'migration-done',
  migration,
  direction: 'up',
  milliseconds: 0,
})
const started = (migration: string): RunEvent => ({
  type: 'migration-started',
  migration,
  direction: 'up',
})
const applied = (...names: string[]) => ({
  ...EMPTY_STATE,
  completed: new Map(names.map((name) => [name, { direction: 'up' as const, checksum: null }])),
})

test('from a commit that may be lost on, events are held in their order until one waits for the disk', () => {
  const { heard, reports } = listening()
  reports.onEvent(started('A'))
  reports.hold()
  reports.onEvent(done('A'))
  reports.onEvent(started('B'))
  expect(heard).toEqual(['migration-started A'])
  reports.release()
  reports.onEvent(done('B'))
  expect(heard).toEqual([
    'migration-started A',
    'migration-done A',
    'migration-started B',
    'migration-done B',
  ])
})

test('what a crash has taken is never reported; what it has left is, once that is on disk', async () => {
  const { heard, reports } = listening()
  reports.hold()
  for (const name of ['A', 'B', 'C']) reports.onEvent(done(name))
  reports.onEvent({ type: 'connection-lost', reason: 'it crashed' })
  expect(heard).toEqual(['connection-lost'])
  expect([...reports.forgetLost(applied('A'))]).toEqual(['B', 'C'])
  const sent: string[] = []
  const client = { query: async (text: string) => sent.push(text) }
  await reports.flush(client as unknown as Parameters<typeof reports.flush>[0])
  expect(sent).toHaveLength(1)
  expect(heard).toEqual(['connection-lost', 'migration-done A'])
})

test('a flush by another connection reports what was committed before it, and no more', async () => {
  const { heard, reports } = listening()
  reports.hold()
  reports.onEvent(done('A'))
  const client = {
    query: async () => {
      reports.hold()
      reports.onEvent(done('B'))
    },
  }
  await reports.flush(client as unknown as Parameters<typeof reports.flush>[0])
  expect(heard).toEqual(['migration-done A'])
  reports.release()
  expect(heard).toEqual(['migration-done A', 'migration-done B'])
})
