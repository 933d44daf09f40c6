import { expect, test } from 'vitest'
import { printable } from '../../errors/printable.ts'
import { count, cut, duration, size } from './words.ts'

test.each([
  [0, '0.0 s'],
  [1234, '1.2 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 0 s'],
  [245_000, '4 min 5 s'],
  [7_380_000, '2 h 3 min'],
])('%d ms are %s', (milliseconds, words) => {
  expect(duration(milliseconds)).toBe(words)
})

test('what is cut says so', () => {
  expect([cut('jobs', 4), cut('jobs', 3), cut('jobs', 0)]).toEqual(['jobs', 'jo…', ''])
  expect(cut('𝒋𝒐𝒃𝒔', 3)).toBe('𝒋𝒐…')
})

test('what a terminal would obey is not said', () => {
  expect(printable('a\u{1B}[2Jb\u{202E}\rc\nd')).toBe(
    String.raw`a\u{1b}[2Jb\u{202e}\u{d}c`.concat('\nd'),
  )
})

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [8192, '8 kB'],
  [1_300_000, '1.2 MB'],
  [35_700_000, '34 MB'],
  [1_300_000_000_000_000, '1182 TB'],
])('%d bytes are %s', (bytes, words) => {
  expect(size(bytes)).toBe(words)
})

test('a count is grouped', () => {
  expect(count(1_234_567)).toBe('1,234,567')
})
