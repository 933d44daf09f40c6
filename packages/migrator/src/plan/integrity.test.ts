import { expect, test } from 'vitest'
import { EMPTY_STATE } from '../database-state.ts'
import { verifyLedger } from './integrity.ts'

const names = Array.from({ length: 200_000 }, (_, i) => `Migration${i}`)
const known = names.map((name) => ({ name, checksum: name }))
const ledger = names.map((name) => ({ name, executedAt: '2026-01-01' }))

test('a ledger of 200,000 rows is held against as many migrations in one go', () => {
  // Each name held against each other would be forty thousand million comparisons.
  expect(verifyLedger(known, { ...EMPTY_STATE, ledger })).toHaveLength(names.length)
})

test('names that are recorded twice are named once', () => {
  const state = { ...EMPTY_STATE, ledger: [...ledger.slice(0, 2), ...ledger.slice(0, 1)] }
  expect(() => verifyLedger(known, state)).toThrow(
    expect.objectContaining({
      code: 'APPLIED_TWICE',
      details: expect.objectContaining({ names: ['Migration0'] }),
    }),
  )
})
