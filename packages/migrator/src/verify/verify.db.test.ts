import { expect, test } from 'vitest'
import { HONEST } from './tests/honest.ts'
import { verifyCase } from './tests/verify-case.ts'

test.each(Object.entries(HONEST))('what does as it says holds: %s', async (_, one) => {
  const { migrations } = await verifyCase(one)
  expect(migrations).toMatchObject([{ verdict: 'holds', faults: [], unproved: [] }])
})
