import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { logProgress } from './log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('what goes on for long is a line in half a minute, and at once in the next segment', () => {
  const lines: string[] = []
  const onEvent = logProgress((text) => lines.push(text))
  const segment = { migration: 'm', segment: 1, of: 2, statements: 1 }
  const waiting = { ...segment, type: 'segment-waiting', blockers: ['pid 7'], waited: 0 } as const
  onEvent({ ...segment, type: 'segment-started' })
  for (let i = 0; i < 62; i += 1) {
    onEvent(waiting)
    vi.advanceTimersByTime(1000)
  }
  expect(lines).toEqual(Array.from({ length: 3 }, () => 'm: segment 1 waits for pid 7\n'))
  onEvent({ ...segment, type: 'segment-started', segment: 2 })
  onEvent({ ...waiting, segment: 2 })
  expect(lines).toHaveLength(4)
  const progress = {
    ...segment,
    type: 'segment-progress',
    phase: 'scan',
    done: 1,
    total: 2,
  } as const
  onEvent(progress)
  expect(lines).toHaveLength(4)
  vi.advanceTimersByTime(30_000)
  onEvent(progress)
  expect(lines.at(-1)).toBe('m: segment 1 is at work: scan, 50 %\n')
})
