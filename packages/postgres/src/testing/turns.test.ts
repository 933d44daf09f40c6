import { expect, test } from 'vitest'
import { takeTurn } from './turns.ts'

const TURNS = [18, 15, 18, 18]
const PLACES = Array.from({ length: 64 }, (_, place) => place)

const taken = (mine: number, isShort: boolean, places = PLACES, turns = TURNS) =>
  takeTurn(places, { turns, mine, onNewest: isShort ? 2 : undefined })

test.each([
  { name: 'a list', isShort: false, newest: 48, older: 16, variants: [2, 3, 4, 5, 6, 8] },
  { name: 'the short form of a long list', isShort: true, newest: 2, older: 1, variants: [] },
])('of $name each version has its share, and some of each variant', (one) => {
  const has = new Map([18, 15].map((major) => [major, taken(major, one.isShort)]))
  expect(Math.abs((has.get(18)?.length ?? 0) - one.newest)).toBeLessThan(one.isShort ? 2 : 3)
  expect(Math.abs((has.get(15)?.length ?? 0) - one.older)).toBeLessThan(one.isShort ? 2 : 3)
  for (const [major, places] of has)
    for (const variants of one.variants) {
      const seen = new Set(places.map((place) => place % variants))
      expect({ major, variants, seen: seen.size }).toEqual({ major, variants, seen: variants })
    }
})

test('each case of a list has its turn on one version', () => {
  const both = [...taken(18, false), ...taken(15, false)]
  expect(both.toSorted((a, b) => a - b)).toEqual(PLACES)
  const short = PLACES.slice(0, 2)
  expect(taken(18, true, short).length + taken(15, true, short).length).toBe(2)
})

test('four quarters have each case once', () => {
  const turns = [0, 1, 2, 3]
  const inCi = PLACES.length
  const each = turns.map((mine) => takeTurn(PLACES, { turns, mine, onNewest: inCi / 4 }))
  expect(each.flat().toSorted((a, b) => a - b)).toEqual(PLACES)
  for (const places of each) expect(Math.abs(places.length - inCi / 4)).toBeLessThan(3)
})

test('no version goes without a case of a long list', () => {
  for (const length of PLACES.slice(3)) {
    const long = PLACES.slice(0, length)
    expect([length, taken(15, true, long).length > 0, taken(18, true, long).length > 0]).toEqual([
      length,
      true,
      true,
    ])
  }
})

test('whoever is alone has every turn, of the short form as many as beside others', () => {
  expect(taken(15, false, PLACES, [15])).toEqual(PLACES)
  expect(Math.abs(taken(18, true, PLACES, [18]).length - 2)).toBeLessThan(2)
})
