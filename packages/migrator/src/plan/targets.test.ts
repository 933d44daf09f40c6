import { describe, expect, test } from 'vitest'
import { findName, namesToRun } from './targets.ts'

const names = ['Migration2026_a', 'Migration2026_b', 'Migration2027_c']

function up(target: string, applied = 1) {
  return namesToRun({ target, direction: 'up', names, applied: names.slice(0, applied) })
}

function down(target: string, applied = 3) {
  return namesToRun({ target, direction: 'down', names, applied: names.slice(0, applied) })
}

describe('up', () => {
  test('goes to a name, a unique beginning, a number of steps, or the head', () => {
    expect(up('head')).toEqual(names.slice(1))
    expect(up('Migration2026_b')).toEqual([names[1]])
    expect(up('2027')).toEqual(names.slice(1))
    expect(up('+1')).toEqual([names[1]])
    expect(up('+0')).toEqual([])
  })

  test('has nothing to do where the target is where we are', () => {
    expect(up('Migration2026_a')).toEqual([])
    expect(up('head', 3)).toEqual([])
  })

  test.each([
    ['Migration2028', 'TARGET_UNKNOWN'],
    ['igration2026_a', 'TARGET_UNKNOWN'],
    ['', 'TARGET_UNKNOWN'],
    ['+3', 'TARGET_TOO_FAR'],
    ['Migration2026', 'TARGET_AMBIGUOUS'],
    ['2026', 'TARGET_AMBIGUOUS'],
    ['base', 'TARGET_BACKWARD'],
    ['-1', 'TARGET_BACKWARD'],
  ])('refuses "%s": %s', (target, code) => {
    expect(() => up(target)).toThrow(expect.objectContaining({ code, exit: 2 }))
  })

  test('refuses a migration that lies behind', () => {
    expect(() => up('Migration2026_a', 2)).toThrow(
      expect.objectContaining({ code: 'TARGET_BACKWARD' }),
    )
  })
})

describe('down', () => {
  test('reverts, last first, to where the target is the last that is applied', () => {
    expect(down('Migration2026_a')).toEqual([names[2], names[1]])
    expect(down('-1')).toEqual([names[2]])
    expect(down('base')).toEqual(names.toReversed())
    expect(down('base', 0)).toEqual([])
  })

  test.each([
    ['Migration2062', 'TARGET_UNKNOWN'],
    ['-4', 'TARGET_TOO_FAR'],
    ['+1', 'TARGET_BACKWARD'],
  ])('refuses "%s": %s', (target, code) => {
    expect(() => down(target)).toThrow(expect.objectContaining({ code, exit: 2 }))
  })

  test.each([
    ['-1', 0, '"-1" is too far: no migrations are applied.'],
    ['-5', 1, '"-5" is too far: 1 migration is applied. Write -1 or less.'],
  ])('says how many steps there are: "%s" with %i applied', (target, applied, message) => {
    expect(() => down(target, applied)).toThrow(message)
  })

  test('refuses a target that is not applied yet', () => {
    expect(() => down('Migration2027_c', 1)).toThrow(
      expect.objectContaining({ code: 'TARGET_BACKWARD' }),
    )
  })
})

test('of many migrations a wrong name lists those that it is a part of, or the newest', () => {
  const many = Array.from({ length: 300 }, (_, n) => `Migration${1000 + n}_t${n}`)
  const lines = (target: string) => {
    try {
      return findName(target, many)
    } catch (error) {
      return String(error).split('\n  ')
    }
  }
  expect(lines('T29')).toEqual([
    expect.stringMatching(/Of 300 migrations those with it in their names are:$/),
    ...many.filter((name) => name.includes('t29')).slice(-8),
  ])
  expect(lines('none')).toEqual([
    expect.stringMatching(/Of 300 migrations the newest are:$/),
    ...many.slice(-8),
  ])
  expect(lines('Migration')).toHaveLength(9)
})
