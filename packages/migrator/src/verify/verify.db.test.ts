import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HONEST } from './tests/honest.ts'
import { LIES } from './tests/lies.ts'
import { verifyCase } from './tests/verify-case.ts'

let server: TestDatabase
beforeAll(async () => {
  server = await createTestDatabase()
})
afterAll(() => server.drop())

test.concurrent.each(Object.entries(HONEST))(
  'what does as it says holds: %s',
  { timeout: 120_000 },
  async (_, one) => {
    const { migrations } = await verifyCase(server.url, one)
    expect(migrations).toMatchObject([{ verdict: 'holds', faults: [], unproved: [] }])
  },
)

test.concurrent.each(Object.entries(LIES))(
  'what lies is named by its cause: %s',
  { timeout: 120_000 },
  async (_, { fault, ...one }) => {
    const { migrations } = await verifyCase(server.url, one)
    expect(migrations).toMatchObject([{ name: 'Migration2_case', verdict: 'faulty' }])
    expect(migrations[0]?.faults).toContainEqual(expect.objectContaining(fault))
  },
)
