import { expect, test } from 'vitest'
import { readSettings } from './env.ts'

test('an argument is refused, and starts nothing', () => {
  expect(readSettings({}, [])).toMatchObject({ port: undefined })
  expect(() => readSettings({}, ['--help'])).toThrow(/no argument --help.*DATABASE_URL/)
})
