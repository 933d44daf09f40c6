import { expect, test } from 'vitest'
import { shortForm, turnOf } from './turns.ts'

const places = Array.from({ length: 64 }, (_, place) => place)

test('everyone has half of the turns, and some of each variant, however many there are of it', () => {
  const turns = places.map((place) => turnOf(place, [18, 15]))
  expect(turns.filter((major) => major === 18)).toHaveLength(32)
  for (const variants of [2, 3, 4, 5, 6, 8]) {
    for (let variant = 0; variant < variants; variant += 1) {
      const has = new Set(
        places.filter((place) => place % variants === variant).map((place) => turns[place]),
      )
      expect({ variants, variant, has }).toEqual({ variants, variant, has: new Set([18, 15]) })
    }
  }
})

test('whoever is alone has every turn', () => {
  expect(places.every((place) => turnOf(place, [15]) === 15)).toBe(true)
})

test('the short form of a long list has some of each variant on each major', () => {
  expect(shortForm(places.slice(0, 16), 2)).toHaveLength(16)
  expect(shortForm(places, 1).length).toBeLessThan(11)
  const short = shortForm(places, 2)
  expect(short.length).toBeGreaterThan(14)
  expect(short.length).toBeLessThan(19)
  for (const variants of [2, 3, 4]) {
    for (let variant = 0; variant < variants; variant += 1) {
      const has = new Set(
        short.flatMap((place, n) => (place % variants === variant ? [turnOf(n, [18, 15])] : [])),
      )
      expect({ variants, variant, has }).toEqual({ variants, variant, has: new Set([18, 15]) })
    }
  }
})
