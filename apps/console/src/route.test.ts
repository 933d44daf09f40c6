import { expect, test } from 'vitest'
import { parseRoute, printRoute } from './route.ts'
import { readRange } from './text/range.ts'

test('an address is read as it was printed, whatever is in it', () => {
  const query = { q: 'a "phrase" & #more?', profile: 'é/%' }
  const printed = printRoute(['projects', 'a/b c', 'facts'], {
    ...query,
    none: '',
    missing: undefined,
  })
  expect(parseRoute(printed)).toEqual({ path: ['projects', 'a/b c', 'facts'], query })
  expect(parseRoute('')).toEqual({ path: [], query: {} })
  expect(parseRoute('#/half%E0/x').path).toEqual(['half%E0', 'x'])
})

test('an address points to a quote only where it has one', () => {
  expect(readRange({ start: '3', end: '9' })).toEqual({ start: 3, end: 9 })
  for (const wrong of [{}, { start: '3' }, { start: '9', end: '3' }, { start: '-1', end: '2' }]) {
    expect(readRange(wrong)).toBeUndefined()
  }
})
