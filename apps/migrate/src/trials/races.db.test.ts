import { databaseTarget, run } from '@techfacts/migrator'
import { briefly, createTestDatabase, isSoak } from '@techfacts/postgres/testing'
import { killHard, type Started } from '@techfacts/trials'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, expect, test } from 'vitest'
import { scratchProject } from '@techfacts/migrator/testing'
import { chain, CHAIN_CONFIG, CHAIN_NAMES, COUNTERS, prepareBase, query } from './chain.ts'
import { orphans, readFacts } from './facts.ts'
import { journalProblems } from './journal.ts'
import { startMigrate } from './start-migrate.ts'

const RUNNERS = 8
const TRIALS = isSoak ? 20 : 1
const TIMEOUT_MS = 3_600_000

async function prepareHalf(url: string): Promise<void> {
  await prepareBase(url)
  await run(chain, databaseTarget(url), { direction: 'up', target: '+4' })
}

/** Eight at once; what each ended with, what is wrong afterwards. */
async function race(prepare: (url: string) => Promise<void>, args: readonly string[]) {
  await using database = await createTestDatabase({ prepare })
  const all = ['up', ...args, '--config', CHAIN_CONFIG]
  const runners = Array.from({ length: RUNNERS }, () =>
    startMigrate(all, { DATABASE_URL: database.url }),
  )
  const ended = await Promise.all(runners.map((runner) => runner.ended))
  const ledger = await query(database.url, 'select name from mikro_orm_migrations order by id')
  return {
    exits: ended.map(({ exit }) => exit),
    ledger: ledger.map(({ name }) => name),
    facts: await readFacts(database.url),
    problems: await journalProblems(database.url, 'up', CHAIN_NAMES),
    orphans: await orphans(database.url),
  }
}

/** In `test` one race on each: which of them waits for the lock is another one each time. */
const first = Math.round(Math.random())

for (const [number, [state, prepare]] of briefly([
  ['an empty', prepareBase] as const,
  ['a half-migrated', prepareHalf] as const,
]).entries()) {
  test(
    `eight at once on ${state} database apply each migration once`,
    async () => {
      const whole = { ledger: CHAIN_NAMES, problems: [], orphans: [] }
      const facts = expect.arrayContaining(COUNTERS.map((name) => `counter ${name} up: 1`))
      for (let trial = 0; trial < TRIALS; trial += 1) {
        const isPatient = (first + number + trial) % 2 === 0
        const result = await race(prepare, isPatient ? [] : ['--lock-wait', '0'])
        expect(result).toMatchObject({ ...whole, facts })
        expect(result.exits).toContain(0)
        expect(isPatient ? [0] : [0, 4]).toEqual(expect.arrayContaining(result.exits))
      }
    },
    TIMEOUT_MS,
  )
}

/** Not in a transaction: what is committed of it stays when its runner is killed. */
const ALONE = '  override isTransactional() { return false }'
/** Longer than a waiter needs to come to its own first statement: an orphan of the first would still be at it. */
const SECONDS = 5

const slow = await scratchProject({
  Migration20260101000001_span: {
    up: ['create table span (step int, pid int, began timestamptz, ended timestamptz)'],
  },
  Migration20260101000002_slow: { up: [span(1, SECONDS), span(2, 0.1)], members: ALONE },
})
afterAll(() => slow.drop())

function span(step: number, seconds: number): string {
  return `insert into span select ${step}, pg_backend_pid(), clock_timestamp(), clock_timestamp() + (select interval '0' from pg_sleep(${seconds}))`
}

test(
  'the holder is killed in the middle of a statement while seven wait: no two ever work at once',
  { timeout: TIMEOUT_MS, tags: 'long' },
  async () => {
    for (let trial = 0; trial < (isSoak ? TRIALS : 1); trial += 1) {
      await using database = await createTestDatabase()
      const { url } = database
      const args = ['up', '--config', slow.config]
      const runners = Array.from({ length: RUNNERS }, (_, i) =>
        startMigrate(args, { DATABASE_URL: url, MIGRATE_BUILD: String(i) }),
      )
      const watch = watchWorkers(url)
      const killed = await killSleeper(url, runners)
      const others = await Promise.all(
        runners.filter((runner) => runner !== killed).map((runner) => runner.ended),
      )
      expect(others.map(({ exit }) => exit)).toEqual(others.map(() => 0))
      expect(await watch.stop()).toEqual({ most: 1 })
      const spans = await query(url, 'select step from span order by ended')
      expect(spans).toEqual([{ step: 1 }, { step: 2 }])
      const names = ['Migration20260101000001_span', 'Migration20260101000002_slow']
      expect(await journalProblems(url, 'up', names)).toEqual([])
      expect(await orphans(url)).toEqual([])
    }
  },
)

/** Kills the runner whose statement sleeps: the journal has its build. */
async function killSleeper(url: string, runners: readonly Started[]): Promise<Started> {
  for (;;) {
    const [sleeper] = await query(
      url,
      `select pid from pg_stat_activity where ${IS_WORKING} and query like '%pg_sleep%'`,
    )
    if (sleeper) {
      const [holder] = await query(
        url,
        `select build from migrator.history where event = 'started' order by id desc limit 1`,
      )
      const runner = runners[Number(holder?.['build'])]
      if (!runner) throw new Error('Nobody holds the lock.')
      await killHard(runner)
      return runner
    }
    await sleep(20)
  }
}

const IS_WORKING = `
  datname = current_database() and application_name = 'migrate'
    and (backend_xid is not null or (state = 'active' and query like 'insert into span%'))`

/** Looks all the time at how many sessions are in the middle of work, and keeps the most. */
function watchWorkers(url: string): { stop(): Promise<{ most: number }> } {
  const stopped = new AbortController()
  const look = async () => {
    const client = new Client({ connectionString: url })
    await client.connect()
    let most = 0
    while (!stopped.signal.aborted) {
      const { rows } = await client.query(
        `select count(*)::int as n from pg_stat_activity where ${IS_WORKING}`,
      )
      most = Math.max(most, rows[0].n)
      await sleep(5)
    }
    await client.end()
    return { most }
  }
  const looking = look()
  return {
    stop: () => {
      stopped.abort()
      return looking
    },
  }
}
