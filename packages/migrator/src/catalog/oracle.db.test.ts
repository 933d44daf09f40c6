import { run as migra } from '@pgkit/migra'
import { diff as deltas } from '@supabase/pg-delta'
import { extract } from '@supabase/pg-delta/extract'
import { createTestDatabase, isSoak } from '@techfacts/postgres/testing'
import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { diffCatalogs, readCatalog } from './index.ts'
import { schemaOf, type Change } from './tests/changes/index.ts'
import { apply, changesOf, connect, prepareChanges } from './tests/database.ts'
import { blindSpots, type Oracle } from './tests/oracles.ts'
import { ORDERS } from './tests/orders.ts'

// Two differs that other people wrote read the same databases. Where they do not agree with us on
// what is equal, tests/oracles.ts says why; a disagreement that comes or goes fails the test.

/** What an oracle finds different, as texts that name the objects. */
const oracles: Record<Oracle, (here: string, there: string) => Promise<string[]>> = {
  'pg-delta': async (here, there) => {
    const [ours, theirs] = [
      new Pool({ connectionString: here }),
      new Pool({ connectionString: there }),
    ]
    // The end of a pool does not wait for its idle connections, and their database is dropped then.
    for (const pool of [ours, theirs]) pool.on('error', () => {})
    try {
      const [one, two] = [await extract(ours), await extract(theirs)]
      return deltas(one.factBase, two.factBase).map((delta) => JSON.stringify(delta))
    } finally {
      await Promise.all([ours.end(), theirs.end()])
    }
  },
  migra: async (here, there) => {
    const { statements } = await migra(here, there, { unsafe: true, withPrivileges: true })
    return [...statements]
  },
}

/** migra takes ten times as long as pg-delta, and as we do. */
const asked: Oracle[] = isSoak ? ['pg-delta', 'migra'] : ['pg-delta']
const TIMEOUT = 300_000

test.each(asked)(
  '%s sees what we see, but for what it is known not to look at',
  { timeout: TIMEOUT },
  async (oracle) => {
    await using here = await createTestDatabase({ prepare: prepareChanges })
    await using there = await createTestDatabase({ prepare: prepareChanges })
    const kinds = await change(there.url)
    const seen = await oracles[oracle](here.url, there.url)
    const unseen = kinds.filter((kind) => !seen.some((text) => mentions(text, kind)))
    expect(unseen.map(({ name }) => name).sort()).toEqual(
      kinds
        .filter(({ name }) => blindSpots(oracle).has(name))
        .map(({ name }) => name)
        .sort(),
    )
    console.log(`${oracle} agrees on ${kinds.length - unseen.length} of ${kinds.length} kinds`)
  },
)

test.each(isSoak ? asked : [])(
  '%s finds equal what we find equal when all is undone',
  { timeout: TIMEOUT },
  async (oracle) => {
    await using here = await createTestDatabase({ prepare: prepareChanges })
    await using there = await createTestDatabase({ prepare: prepareChanges })
    const kinds = await change(there.url)
    await using client = await connect(there.url)
    for (const kind of kinds) await apply(client, kind, 'revert')
    expect(await oracles[oracle](here.url, there.url)).toEqual([])
  },
)

test.each(asked)(
  '%s finds equal what was made in another order',
  { timeout: TIMEOUT },
  async (oracle) => {
    await using here = await createTestDatabase({ prepare: prepareOrder })
    await using there = await createTestDatabase({ prepare: prepareOtherOrder })
    await using ours = await connect(here.url)
    await using theirs = await connect(there.url)
    expect(diffCatalogs(await readCatalog(ours), await readCatalog(theirs))).toEqual([])
    expect(await oracles[oracle](here.url, there.url)).toEqual([])
  },
)

async function prepareOrder(url: string): Promise<void> {
  await using client = await connect(url)
  await client.query(ORDERS[0])
}

async function prepareOtherOrder(url: string): Promise<void> {
  await using client = await connect(url)
  await client.query(ORDERS[1])
}

/** Makes every change that can be told apart by its schema; a subscription holds its database. */
async function change(url: string): Promise<Change[]> {
  await using client = await connect(url)
  const kinds = (await changesOf(client)).filter(
    ({ name, differs }) =>
      name !== 'subscription added' && differs.some((text) => text.includes('$')),
  )
  for (const kind of kinds) await apply(client, kind, 'change')
  return kinds
}

function mentions(text: string, kind: Change): boolean {
  return new RegExp(`\\b${schemaOf(kind)}\\b`).test(text)
}
