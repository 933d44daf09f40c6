import { briefly, createTestDatabase } from '@techfacts/postgres/testing'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { ODD } from './tests/odd.ts'
import { verifyChain } from './tests/verify-chain.ts'

test.concurrent.each(briefly(Object.entries(ODD)))(
  'a schema that few applications have: %s',
  { timeout: 180_000 },
  async (_, { given, verdict, fault, unproved, ...migration }) => {
    await using server = await createTestDatabase()
    const base = { up: given, noWayBack: 'it is the first' }
    const chain = { Migration1_base: base, Migration2_case: migration }
    const report = await verifyChain(server.url, chain, { which: 'Migration2_case' })
    expect(report).toMatchObject({ migrations: [{ verdict }], unreached: [] })
    const { faults = [], unproved: gaps = [] } = report.migrations[0] ?? {}
    expect(faults.filter((one) => isLike(one, fault))).toHaveLength(fault ? 1 : 0)
    expect(gaps.filter((one) => isLike(one, unproved))).toHaveLength(unproved ? 1 : 0)
  },
)

function isLike(found: object, wanted: object = {}): boolean {
  return isDeepStrictEqual({ ...found, ...wanted }, found)
}
