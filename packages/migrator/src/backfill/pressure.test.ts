import { expect, test } from 'vitest'
import { judgePressure } from './pressure.ts'

const NOTHING = {
  replicaBytes: null,
  walPerSecond: null,
  lockWaits: 0,
  activeSessions: 0,
  isVacuumed: false,
}

const MB = 1024 ** 2

const judge = (one: object) => judgePressure({ ...NOTHING, ...one })

/** Each thing that slows a backfill, just before it does and just after. */
const SIGNALS = [
  [
    { replicaBytes: 16 * MB },
    { replicaBytes: 16 * MB + 1 },
    /^a replica is 16 MB of WAL behind$/,
    Infinity,
  ],
  [{ walPerSecond: 128 * MB }, { walPerSecond: 256 * MB }, /^the server writes 256 MB of WAL/, 2],
  [{ lockWaits: 2 }, { lockWaits: 3 }, /^3 sessions wait for locks$/, 3],
  [{ activeSessions: 64 }, { activeSessions: 65 }, /^65 sessions are at work$/, 3],
  [{ isVacuumed: false }, { isVacuumed: true }, /^a vacuum is at work on the table$/, 3],
] as const

test.each(SIGNALS)('%j is borne, %j slows it', (borne, slows, reason, rest) => {
  expect(judge(borne)).toEqual({ reasons: [], rest: 0 })
  expect(judge(slows)).toEqual({ reasons: [expect.stringMatching(reason)], rest })
})

test('the strongest of several counts, and all are said', () => {
  const all = { ...NOTHING, lockWaits: 9, replicaBytes: 99 * MB }
  const { reasons, rest } = judgePressure(all)
  expect(reasons).toHaveLength(2)
  expect(rest).toBe(Infinity)
})
