import { afterEach, expect, test, vi } from 'vitest'
import { measurePairs } from './compare.ts'
import { installEach } from './install.ts'
import { measure, median } from './measure.ts'
import { renderPage } from './report.ts'
import { describeFailure } from './result.ts'

afterEach(() => vi.restoreAllMocks())

test('the middle of an even number of values is between the two in the middle', () => {
  expect(median([4, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})

const pair = (milliseconds: number) => () =>
  Promise.resolve([
    { milliseconds: 1000, peakMiB: 1 },
    { milliseconds, peakMiB: 2 },
  ] as const)

test('a run of more than a minute is measured once, and the report says so', async () => {
  const [short, long] = [await measurePairs(3, pair(2000)), await measurePairs(3, pair(61_000))]
  expect(short).toEqual({ ratio: 2, milliseconds: 2000, peakMiB: 2, pairs: 3 })
  expect(long).toMatchObject({ ratio: 61, pairs: 1 })
  const results = new Map(Object.entries({ short, long }))
  const page = renderPage({
    columns: [{ title: 'A chain', baseline: 'psql', results }],
    rows: [{ name: 'short' }, { name: 'long' }],
    versions: {},
    server: 'a server',
    pairs: 3,
  })
  expect(page).toContain('| short | 2.00 × (2.0 s) |')
  expect(page).toContain('| long | 61.00 × (61.0 s, 1 pair) |')
})

test('a package that cannot be installed takes only its contender away', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const contenders = [
    { name: 'one', packages: { a: '1' } },
    { name: 'two', packages: { b: '1', none: '1' } },
    { name: 'three', packages: { c: '1' } },
  ]
  let present = {}
  const failures = await installEach(contenders, (packages) => {
    if ('none' in packages) return Promise.reject(new Error('Command failed\nnpm error code E404'))
    present = packages
    return Promise.resolve()
  })
  expect([...failures]).toEqual([['two', 'cannot be installed: npm error code E404']])
  expect(present).toEqual({ a: '1', c: '1' })
})

test('why a command failed is one line without the password of the server', async () => {
  const script = `console.error('ERROR: no server at postgres://me:secret@host/db')
process.exit(3)`
  const error = await measure(
    { program: process.execPath, args: ['--eval', script] },
    process.cwd(),
  ).catch((caught: unknown) => caught)
  expect(String(error)).toContain('ended with 3')
  expect(describeFailure(error)).toBe('ERROR: no server at postgres://host/db')
})
