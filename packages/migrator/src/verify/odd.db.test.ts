import { briefly, createTestDatabase, isSoak } from '@techfacts/postgres/testing'
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { query } from '../testing/query.ts'
import { ODD } from './tests/odd.ts'
import { verifyChain } from './tests/verify-chain.ts'

/** Every second one stands for the others, which take two minutes: they are for the soak. */
const CASES = Object.entries(ODD).filter((_, i) => isSoak || i % 2 === 0)

test.concurrent.each(briefly(CASES))(
  'a schema that few applications have: %s',
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

test(
  'a role that a migration makes is no longer there for the next copy, and not afterwards',
  { tags: 'long' },
  async () => {
    await using server = await createTestDatabase()
    const role = `role_${randomBytes(6).toString('hex')}`
    const chain = {
      Migration1_base: { up: 'create table t (id int primary key)', noWayBack: 'it is the first' },
      Migration2_role: {
        up: `create role ${role}; grant select on t to ${role}`,
        down: `revoke select on t from ${role}; drop role ${role}`,
      },
      Migration3_more: {
        up: 'alter table t add column x int',
        down: 'alter table t drop column x',
      },
    }
    const report = await verifyChain(server.url, chain, { which: 'Migration2_role..' })
    const holds = { verdict: 'holds', faults: [] }
    expect(report).toMatchObject({ migrations: [holds, holds], unreached: [] })
    const left = await query(server.url, `select from pg_roles where rolname = '${role}'`)
    expect(left).toEqual([])
  },
)

test('the same seed gives the same report', { tags: 'long' }, async () => {
  await using server = await createTestDatabase()
  const given = ['inheritance', 'arrays of enums', 'types of extensions'].map(
    (name, i) => ODD[name]?.given.replaceAll(/\bt\b/g, `t${i}`) ?? '',
  )
  const chain = {
    Migration1_base: { up: given.join(';'), noWayBack: 'it is the first' },
    Migration2_case: {
      up: `do $$ begin update t0 set a = coalesce(a, '') || '.'; delete from t2 where id = (select min(id) from t2); end $$`,
      down: 'select 1',
    },
  }
  const reports = []
  for (const _ of [1, 2]) {
    const { migrations } = await verifyChain(server.url, chain, { which: 'Migration2_case' })
    reports.push(migrations.map((one) => ({ ...one, milliseconds: 0 })))
  }
  expect(reports[0]?.[0]?.faults.length).toBeGreaterThan(2)
  expect(reports[1]).toEqual(reports[0])
})

function isLike(found: object, wanted: object = {}): boolean {
  return isDeepStrictEqual({ ...found, ...wanted }, found)
}
