import { briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { HONEST } from './tests/honest.ts'
import { LIES_ON_THE_WAY_BACK } from './tests/lies-on-the-way-back.ts'
import { LIES } from './tests/lies.ts'
import { verifyCase } from './tests/verify-case.ts'

test.concurrent.each(briefly(Object.entries(HONEST)))(
  'what does as it says holds: %s',
  async (_, one) => {
    const { migrations } = await verifyCase(one)
    expect(migrations).toMatchObject([{ verdict: 'holds', faults: [], unproved: [] }])
  },
)

test.concurrent.each(briefly(Object.entries({ ...LIES, ...LIES_ON_THE_WAY_BACK })))(
  'what lies is named by its cause: %s',
  async (_, { fault, ...one }) => {
    const { migrations } = await verifyCase(one)
    expect(migrations).toMatchObject([{ name: 'Migration2_case', verdict: 'faulty' }])
    expect(migrations[0]?.faults).toContainEqual(expect.objectContaining(fault))
  },
)

/** A statement that holds a lock for a while stalls whoever wants its table. */
test(
  'the worst wait of a reader and a writer beside it is measured',
  { tags: 'long' },
  async () => {
    const { migrations } = await verifyCase({
      up: 'lock table orders in access exclusive mode; select pg_sleep(0.3)',
      down: 'select 1',
    })
    const { reader = 0, writer = 0 } = migrations[0]?.stall ?? {}
    expect(reader).toBeGreaterThan(250)
    expect(writer).toBeGreaterThan(250)
    const reads = await verifyCase({
      up: 'create index orders_total on orders (total); select pg_sleep(0.3)',
      down: 'drop index orders_total',
    })
    expect(reads.migrations[0]?.stall?.writer).toBeGreaterThan(250)
  },
)
