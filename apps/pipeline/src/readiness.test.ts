import { expect, test } from 'vitest'
import { compareLedger } from './readiness.ts'

test('a database with the same migrations is ready, in whatever order they were applied', () => {
  expect(compareLedger(['a', 'b'], ['b', 'a'])).toEqual({ ready: true })
})

test('names what is missing and what is unknown, and what to run', () => {
  const behind = compareLedger(['a', 'b', 'c', 'd', 'e'], [])
  expect(behind).toEqual({
    ready: false,
    reason:
      'The database is behind: it lacks a, b, c and 2 more. Run the migrate step of this build.',
  })
  const ahead = compareLedger(['a'], ['a', 'b'])
  expect(ahead).toEqual({
    ready: false,
    reason: 'The database is ahead: this build does not know b. Run the build that they came with.',
  })
  const both = compareLedger(['a', 'b'], ['a', 'c'])
  expect(both).toMatchObject({ reason: expect.stringMatching(/behind: it lacks b.*ahead.*c/) })
})
