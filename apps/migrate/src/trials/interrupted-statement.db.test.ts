import { databaseTarget, run } from '@techfacts/migrator'
import { createTestDatabase, briefly } from '@techfacts/postgres/testing'
import { killHard, type Started } from '@techfacts/trials'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { chain, CHAIN_CONFIG, CHAIN_NAMES, prepareBase, query } from './chain.ts'
import { orphans, readFacts } from './facts.ts'
import { journalProblems } from './journal.ts'
import { startMigrate } from './start-migrate.ts'

/** A statement that runs in several transactions of its own, and what is there between two of them. */
interface Interruption {
  readonly statement: string
  readonly direction: 'up' | 'down'
  /** How many migrations are applied before. */
  readonly applied: number
  /** What an open transaction did, for whose end the statement waits half-way. */
  readonly blocker: string
  readonly half: string
}

const INTERRUPTIONS: Interruption[] = [
  {
    statement: 'create unique index concurrently',
    direction: 'up',
    applied: 1,
    blocker: 'update item set n = n where false',
    half: `select from pg_index where indexrelid = 'item_label_key'::regclass and not indisvalid`,
  },
  {
    statement: 'drop index concurrently',
    direction: 'up',
    applied: 2,
    blocker: 'select from item limit 1',
    half: `select from pg_index where indexrelid = 'item_state_idx'::regclass and not indisvalid`,
  },
  {
    statement: 'create index concurrently',
    direction: 'down',
    applied: 3,
    blocker: 'update item set n = n where false',
    half: `select from pg_index where indexrelid = 'item_state_idx'::regclass and not indisvalid`,
  },
  {
    statement: 'alter table part detach partition part_old concurrently',
    direction: 'up',
    applied: 7,
    blocker: 'select from part limit 1',
    half: `select from pg_inherits where inhrelid = 'part_old'::regclass and inhdetachpending`,
  },
]

/** Once in some forty runs of everything it waited for three minutes; what for, `endOf` is to say when it happens again. */
const ONCE_MORE = { retry: 1, timeout: 60_000 }

test.each(briefly(INTERRUPTIONS))(
  '$statement, killed half-way on the way $direction, is completed by the next run',
  ONCE_MORE,
  async ({ statement, direction, applied, blocker, half }) => {
    const request = { direction, target: direction === 'up' ? '+1' : '-1' } as const
    await using whole = await databaseAt(applied)
    await run(chain, databaseTarget(whole.url), request)

    await using database = await databaseAt(applied)
    const { url } = database
    const args = [direction, request.target, '--config', CHAIN_CONFIG]
    const runner = startMigrate(args, { DATABASE_URL: url })
    await using others = await Promise.race([holdUp(url, blocker, statement), endOf(runner)])
    await Promise.race([untilItWaits(url, statement), endOf(runner)])
    await killHard(runner)
    expect(await orphans(url)).toEqual([])
    expect(await query(url, half)).toHaveLength(1)
    await others.end()

    await run(chain, databaseTarget(url), request)
    expect(await readFacts(url)).toEqual(await readFacts(whole.url))
    const touched = CHAIN_NAMES.slice(0, applied + 1)
    expect(
      await journalProblems(url, 'up', direction === 'up' ? touched : touched.slice(0, -1)),
    ).toEqual([])
  },
)

/** What is to be killed half-way has not come to its end. */
async function endOf({ ended }: Started): Promise<never> {
  const { exit, stdout, stderr } = await ended
  throw new Error(`It ended with ${exit} before it was killed: ${stdout}${stderr}`)
}

async function databaseAt(applied: number) {
  const database = await createTestDatabase({ prepare: prepareBase })
  await run(chain, databaseTarget(database.url), { direction: 'up', target: `+${applied}` })
  return database
}

/**
 * Transactions, each of them short, of which one is open at any moment: the migrator waits for no such before
 * it begins. Those that are open when the statement begins stay.
 */
async function holdUp(url: string, sql: string, statement: string) {
  let last = await openTransaction(url, sql)
  for (;;) {
    const next = await openTransaction(url, sql)
    const before = last
    if (await isAtWork(url, statement)) {
      const end = async () => void (await Promise.all([before.end(), next.end()]))
      return { end, [Symbol.asyncDispose]: end }
    }
    await before.end()
    last = next
    await sleep(50)
  }
}

async function isAtWork(url: string, statement: string): Promise<boolean> {
  const rows = await query(
    url,
    `select from pg_stat_activity
      where application_name = 'migrate' and state = 'active' and starts_with(query, $1)`,
    [statement],
  )
  return rows.length > 0
}

async function openTransaction(url: string, sql: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  await client.query(sql)
  let ended: Promise<void> | undefined
  const end = () => (ended ??= client.end())
  return { end, [Symbol.asyncDispose]: end }
}

async function untilItWaits(url: string, statement: string): Promise<void> {
  for (;;) {
    const waiting = await query(
      url,
      `select from pg_stat_activity
        where application_name = 'migrate' and wait_event_type = 'Lock' and starts_with(query, $1)`,
      [statement],
    )
    if (waiting.length > 0) return
    await sleep(20)
  }
}
