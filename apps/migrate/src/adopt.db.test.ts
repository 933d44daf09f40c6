import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from './testing/cli.ts'
import { printDatabase, query } from '@techfacts/migrator/testing'
import { DECISIONS, prepareShop, SHOP_CONFIG } from './trials/shop.ts'

let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase({ prepare: prepareShop })
})

afterEach(() => database.drop())

const run = (...args: string[]) =>
  migrate([...args, '--config', SHOP_CONFIG], { DATABASE_URL: database.url })

const DECIDE = DECISIONS.flatMap((one) => ['--decide', one])

test('adopt says what it found and what there is to decide, and does nothing without a decision and a yes', async () => {
  const was = await printDatabase(database.url)
  const plan = await run('adopt', '--plan')
  expect([plan.exit, plan.stdout]).toEqual([
    3,
    expect.stringMatching(/^This database is release 0\.9\./),
  ])
  expect(plan.stdout).toMatch(
    /purchase\.customer_id:null: 2 rows, 3, 4\n {6}placeholder +give it a customer named "adopted"/,
  )
  expect(plan.stdout).toContain('values: "lost" (1)')
  const undecided = await run('adopt', '--yes', ...DECIDE.slice(2))
  expect([undecided.exit, undecided.stderr]).toEqual([
    3,
    expect.stringContaining('purchase.customer_id:null: 2 rows'),
  ])
  const unconfirmed = await run('adopt', ...DECIDE)
  expect([unconfirmed.exit, unconfirmed.stderr]).toEqual([3, expect.stringContaining('--yes')])
  const ready = await run('adopt', '--plan', '--json', ...DECIDE)
  expect([ready.exit, JSON.parse(ready.stdout)]).toEqual([
    0,
    expect.objectContaining({ class: 'legacy', knownSchema: 'release 0.9', refusal: null }),
  ])
  expect(await printDatabase(database.url)).toBe(was)
})

test(
  'adopt rehearses, adopts and ends; the same again has nothing to do',
  { tags: 'long' },
  async () => {
    const server = new URL(database.url)
    server.pathname = '/postgres'
    const ended = await run('adopt', '--yes', ...DECIDE, '--scratch-url', server.href)
    expect([ended.exit, ended.stderr]).toEqual([
      0,
      expect.stringMatching(/Rehearsed on a throw-away copy with 11 rows: it would succeed\./),
    ])
    expect(ended.stdout).toMatch(
      /^Adopted: it was release 0\.9\.\nrecorded Migration20260201000001_first/,
    )
    const again = await run('adopt', '--yes', ...DECIDE)
    expect([again.exit, again.stdout]).toEqual([0, expect.stringMatching(/^Nothing to adopt/)])
    expect((await run('up')).stdout).toBe('Nothing to do.\n')
    expect((await run('history')).stdout).toMatch(/ adopted /)
  },
)

test(
  'an unknown database is refused with the difference; a file for review brings it on',
  { tags: 'long' },
  async () => {
    await query(database.url, 'drop table line; create table notes (n int)')
    const was = await printDatabase(database.url)
    const refused = await run('adopt', '--yes')
    expect([refused.exit, refused.stderr]).toEqual([
      6,
      expect.stringMatching(/missing {2}table public\.line[\s\S]*migrate adopt --write-reconcile/),
    ])
    const planned = await run('adopt', '--plan')
    expect([planned.exit, planned.stdout.match(/missing {2}table public\.line/g)]).toEqual([
      6,
      [expect.anything()],
    ])
    expect(await printDatabase(database.url)).toBe(was)
    const { written } = JSON.parse((await run('adopt', '--write-reconcile', '--json')).stdout)
    try {
      const ended = await run('adopt', '--yes', ...DECIDE, '--reconcile', written)
      expect([ended.exit, ended.stderr]).toEqual([0, expect.not.stringContaining('differs')])
    } finally {
      await rm(written)
    }
    expect(await query(database.url, `select to_regclass('notes') is not null as kept`)).toEqual([
      { kept: true },
    ])
    // What the ledger has is there: one index more makes nothing of it missing.
    await query(database.url, 'create index stray on line (id)')
    const changed = await run('adopt', '--plan')
    expect([changed.exit, changed.stdout]).toEqual([6, expect.stringMatching(/public\.stray/)])
    expect(changed.stdout).not.toContain('effect is missing')
  },
)

test('the embedded server is there to rehearse on in development', { tags: 'long' }, async () => {
  const ended = await run('adopt', '--yes', ...DECIDE, '--scratch-url', 'embedded')
  expect([ended.exit, ended.stderr]).toEqual([0, expect.stringContaining('Rehearsed')])
})
