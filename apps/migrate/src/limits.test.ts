import { expect, test } from 'vitest'
import { limitsOf } from './limits.ts'

test('seconds become milliseconds, and what is not said is left to the engine', () => {
  expect(limitsOf({ 'lock-wait': '0', 'lock-budget': '1.5', 'statement-timeout': '60' })).toEqual({
    lockWait: 0,
    lockBudget: 1500,
    statementTimeout: 60_000,
  })
  expect(limitsOf({})).toEqual({})
})

test.each([
  ['idle-in-transaction:30s', 30_000],
  ['idle-in-transaction:500ms', 500],
  ['idle-in-transaction:1.5min', 90_000],
  ['idle-in-transaction:1h', 3_600_000],
])('--cancel-blockers %s', (value, cancelIdleAfter) => {
  expect(limitsOf({ 'cancel-blockers': value })).toEqual({ cancelIdleAfter })
})

test.each([
  ['cancel-blockers', '30s'],
  ['cancel-blockers', 'idle-in-transaction'],
  ['cancel-blockers', 'idle-in-transaction:30'],
  ['cancel-blockers', 'active:30s'],
  ['lock-budget', 'soon'],
  ['lock-budget', '-1'],
])('--%s %s is refused', (name, value) => {
  expect(() => limitsOf({ [name]: value })).toThrow(
    expect.objectContaining({
      exit: 2,
      message: expect.stringContaining(`--${name} is "${value}"`),
    }),
  )
})
