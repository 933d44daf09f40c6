import { expect, test } from 'vitest'
import { chooseWindow, cutText } from './segments.ts'

const TEXT = '# Limits\n\n🚀 It handles 12,000 requests. It costs $49.\n## Pricing\nAs above.\n'
const find = (part: string) => ({
  start: TEXT.indexOf(part),
  end: TEXT.indexOf(part) + part.length,
})

test('the segments are the text; the quote is what its bounds say, in UTF-16 code units', () => {
  const quote = find('🚀 It handles 12,000 requests.')
  const segments = cutText(TEXT, quote, [quote, find('It costs $49.')])
  expect(segments.map(({ text }) => text).join('')).toBe(TEXT)
  expect(segments.filter(({ kind }) => kind !== 'text')).toEqual([
    { kind: 'heading', text: '# Limits\n' },
    { kind: 'quote', text: '🚀 It handles 12,000 requests.' },
    { kind: 'other', text: 'It costs $49.' },
    { kind: 'heading', text: '## Pricing\n' },
  ])
})

test('quotes that overlap, and bounds outside of the text, lose nothing', () => {
  const segments = cutText(TEXT, { start: 5, end: 40 }, [
    { start: 20, end: 1000 },
    { start: -3, end: 8 },
  ])
  expect(segments.map(({ text }) => text).join('')).toBe(TEXT)
  const quoted = segments.filter(({ kind }) => kind === 'quote').map(({ text }) => text)
  expect(quoted.join('')).toBe(TEXT.slice(5, 40))
})

test('of a megabyte the part around the quote is shown, cut at lines or between characters', () => {
  const lines = 'a line of words\n'.repeat(60_000)
  const place = { start: 500_000, end: 500_100 }
  const shown = chooseWindow(lines, place)
  expect(shown.start).toBeLessThan(place.start)
  expect(shown.end).toBeGreaterThan(place.end)
  expect(shown.end - shown.start).toBeLessThan(50_000)
  expect(lines[shown.start - 1]).toBe('\n')
  const rockets = '🚀'.repeat(200_000)
  const cut = chooseWindow(rockets, { start: 200_001, end: 200_003 })
  expect(rockets.slice(cut.start, cut.end).isWellFormed()).toBe(true)
  expect(chooseWindow('short', undefined)).toEqual({ start: 0, end: 5 })
})
