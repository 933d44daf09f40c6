import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../session/session.ts'
import { roleName } from './commands/grant.ts'
import { idleTime, readLimits, readNames, RUN_OPTIONS, seconds } from './options.ts'

test('what is not said is left to the engine', () => {
  expect(readLimits({ lockWait: 0, cancelBlockers: 500 })).toEqual({
    lockWait: 0,
    cancelIdleAfter: 500,
  })
  expect(readLimits({})).toEqual({})
})

test('the help has the limits that the engine has without an option', () => {
  const described = Object.fromEntries(
    RUN_OPTIONS.map((option) => [option.attributeName(), option.defaultValueDescription]),
  )
  const { lockWait, lockBudget, statementTimeout, cancelIdleAfter } = DEFAULT_LIMITS
  expect(described).toMatchObject({
    lockWait: `${lockWait / 1000} s`,
    lockBudget: `${lockBudget / 1000} s`,
    statementTimeout: `${statementTimeout / 1000} s`,
    cancelBlockers: 'end none',
  })
  expect(cancelIdleAfter).toBeUndefined()
})

describe('values', () => {
  test.each([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a , b', ['a', 'b']],
    [`"a,b","it""s "`, ['a,b', 'it"s ']],
  ])('%s are names', (value, names) => {
    expect(readNames(value)).toEqual(names)
  })

  test.each(['', ',', 'a,,b', '"a', 'a"b"'])('%j are no names', (value) => {
    expect(() => readNames(value)).toThrow('commas')
  })

  test.each([
    ['0', 0],
    ['1.5', 1500],
    ['60', 60_000],
  ])('%s seconds', (value, milliseconds) => {
    expect(seconds(value)).toBe(milliseconds)
  })

  test.each([
    ['idle-in-transaction:30s', 30_000],
    ['idle-in-transaction:500ms', 500],
    ['idle-in-transaction:1.5min', 90_000],
    ['idle-in-transaction:1h', 3_600_000],
  ])('--cancel-blockers %s', (value, milliseconds) => {
    expect(idleTime(value)).toBe(milliseconds)
  })

  test.each([
    [idleTime, '30s'],
    [idleTime, 'idle-in-transaction'],
    [idleTime, 'idle-in-transaction:30'],
    [idleTime, 'active:30s'],
    [seconds, 'soon'],
    [seconds, '-1'],
    [seconds, ''],
    [roleName, ''],
    [roleName, 'postgres://app:secret@db/app'],
  ])('%o refuses %s', (parse, value) => {
    expect(() => parse(value)).toThrow(/^It must be /)
  })
})
