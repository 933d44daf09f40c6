import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  withoutLastName,
  toIdentity,
  lastName,
  splitIdentity,
  suffixed,
  withLastName,
} from './identity.ts'
import { ODD_NAMES } from './tests/odd-names.ts'

const name = fc.oneof(
  fc.constantFrom(...ODD_NAMES),
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.string({
    minLength: 1,
    maxLength: 8,
    unit: fc.constantFrom('a', '.', 'B', '"', ' ', '(', ')'),
  }),
  fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
)
const names = fc.array(name, { minLength: 1, maxLength: 4 })

test('an identity is split into the names that it was made of', () => {
  fc.assert(
    fc.property(names, (given) => {
      expect(splitIdentity(toIdentity(...given))).toEqual(given)
    }),
  )
})

test('the arguments of a function are no names', () => {
  fc.assert(
    fc.property(names, names, (given, type) => {
      expect(splitIdentity(`${toIdentity(...given)}(${toIdentity(...type)}, "A.b"[])`)).toEqual(
        given,
      )
    }),
  )
})

test('a container and a last name are the identity again', () => {
  fc.assert(
    fc.property(names, name, (container, last) => {
      const identity = toIdentity(...container, last)
      expect(withoutLastName(identity)).toBe(toIdentity(...container))
      expect(lastName(identity)).toBe(last)
      expect(withLastName(toIdentity(...container, 'other'), last)).toBe(identity)
    }),
  )
})

test('nothing contains what has one name', () => {
  expect(withoutLastName('public')).toBe('')
  expect(withoutLastName('')).toBe('')
})

test('a suffix is kept within the bytes that a name may have', () => {
  fc.assert(
    fc.property(name, (given) => {
      const long = suffixed(given, '_by_hand')
      expect(long.endsWith('_by_hand')).toBe(true)
      expect(Buffer.byteLength(long)).toBeLessThanOrEqual(63)
      expect(given.startsWith(long.slice(0, -'_by_hand'.length))).toBe(true)
    }),
  )
})
