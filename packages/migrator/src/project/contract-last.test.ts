import { expect, test } from 'vitest'
import { toIdentity } from '../catalog/identity.ts'
import type { Body, Phase } from '../migration.ts'
import { placeContractLast, type Judged } from './contract-last.ts'

interface Named extends Judged {
  readonly name: string
}

const one = (name: string, phase: Phase, table = name, up: Body['kind'] = 'sql'): Named => ({
  name,
  migration: { phase, up: { kind: up, statements: [] } as unknown as Body },
  footprint: {
    touched: [{ kind: 'table', identity: toIdentity('public', table), isGone: false }],
    words: [],
  },
})

test.each([
  ['comes last', [one('a', 'contract'), one('b', 'expand')], 'b a'],
  [
    'keeps its place among its kind',
    [one('a', 'contract'), one('b', 'contract'), one('c', 'expand')],
    'c a b',
  ],
  [
    'stays before what changes the same, and so does what comes before it',
    [one('a', 'contract'), one('b', 'contract', 't'), one('c', 'expand', 't'), one('d', 'expand')],
    'a b c d',
  ],
  [
    'goes behind others than those',
    [one('a', 'contract', 't'), one('b', 'expand', 't'), one('c', 'contract'), one('d', 'expand')],
    'a b d c',
  ],
  ['stays before code', [one('a', 'contract'), one('b', 'expand', 'b', 'code')], 'a b'],
  ['stays where all is in order', [one('a', 'expand'), one('b', 'contract')], 'a b'],
])('a contract step %s', (_, all, order) => {
  const placed = placeContractLast(all)
  expect(placed.map(({ name }) => name).join(' ')).toBe(order)
})
