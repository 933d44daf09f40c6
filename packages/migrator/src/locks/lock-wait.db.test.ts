import { isSoak } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { startLoad, type Load } from '../testing/load.ts'
import { startOwnServer } from '../testing/own-server.ts'
import { runSql, type Ended } from '../testing/run-sql.ts'
import { openSession, until } from '../testing/sessions.ts'
import { query } from '../testing/query.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

/** The long form is for `pnpm soak`; what it asserts is the same. */
const LONG_MS = isSoak ? 10_000 : 2000
/** Less than the blocker lasts, where the run is to give up. */
const BUDGET_MS = isSoak ? 5000 : 1200

let url: string
let close: () => Promise<void>
let round = 0
let table: string

beforeAll(async () => {
  const server = await startOwnServer({
    autovacuum_naptime: '1s',
    autovacuum_freeze_max_age: '100000',
    max_prepared_transactions: '5',
    log_autovacuum_min_duration: '0',
  })
  ;({ url, close } = server)
})

afterAll(() => close())

/** The wraparound vacuum of one table must not wait for those of the others. */
afterEach(() =>
  query(
    url,
    `set lock_timeout = 100; alter table ${table} set (autovacuum_vacuum_cost_delay = 0)`,
  ).catch(() => {}),
)

beforeEach(async () => {
  round += 1
  table = `t${round}`
  // Slow enough for an autovacuum to be met, and off until a test wants one.
  await query(
    url,
    `create table ${table} (id int primary key, n int, pad text) with (
       autovacuum_enabled = false, autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0,
       autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
     insert into ${table} select i, 0, repeat('x', 500) from generate_series(1, 5000) i`,
  )
})

interface Trial {
  readonly engine: Ended
  readonly naiveError: string | undefined
}

/**
 * Runs the same change by the engine and as a plain ALTER TABLE, each against a blocker of its own and
 * beside a reader and a writer, and prints their worst stalls side by side. `giveUp`: the plain one is
 * cancelled after that time, as it would wait for ever.
 */
async function compare(
  what: string,
  withBlocker: (work: () => Promise<void>) => Promise<void>,
  { budget = 60_000, giveUp }: { budget?: number; giveUp?: number } = {},
): Promise<Trial> {
  const load: Load = await startLoad(url, table)
  let engine: Ended | undefined
  let naiveError: string | undefined
  try {
    await withBlocker(async () => {
      load.worst()
      const sql = `alter table ${table} add column by_engine int`
      engine = await runSql(url, sql, { lockBudget: budget }, `Migration_${table}`)
    })
    await sleep(50)
    const ours = load.worst()
    await withBlocker(async () => {
      load.worst()
      naiveError = await naive(`alter table ${table} add column naive int`, giveUp)
    })
    await sleep(50)
    const theirs = load.worst()
    console.log(
      `PostgreSQL ${inject('postgresMajor') ?? 'as given'}, under ${what}: worst stall of a reader ${ours.read} ms, of a writer ${ours.write} ms; ` +
        `by a plain ALTER TABLE ${theirs.read} ms and ${theirs.write} ms`,
    )
  } finally {
    await load.stop()
  }
  if (!engine) throw new Error('The engine has not run.')
  return { engine, naiveError }
}

async function naive(sql: string, giveUp = 0): Promise<string | undefined> {
  const client = new Client({ connectionString: url, application_name: 'naive' })
  await client.connect()
  try {
    await client.query(`set statement_timeout = ${giveUp}`)
    await client.query(sql)
    return undefined
  } catch (error) {
    return (error as { code?: string }).code
  } finally {
    await client.end()
  }
}

const columns = async () =>
  (
    await query<{ name: string }>(
      url,
      `select attname as name from pg_attribute where attrelid = '${table}'::regclass and attname in ('by_engine', 'naive')`,
    )
  ).map(({ name }) => name)

/** How often it asked for its locks at all: hardly ever while somebody holds them for long. */
const attempts = async () => {
  const rows = await query<{ attempts: number }>(
    url,
    `select attempts from migrator.history where migration = 'Migration_${table}' and attempts is not null`,
  )
  return rows[0]?.attempts
}

test('under a long transaction: waits for its end, and is applied', async () => {
  const { engine, naiveError } = await compare(
    `a transaction of ${LONG_MS / 1000} s`,
    async (work) => {
      const session = await openSession(url, 'report', `begin; select count(*) from ${table}`)
      const ended = session.client.query(`select pg_sleep(${LONG_MS / 1000})`)
      await Promise.all([work(), ended.then(() => session.client.query('commit'))])
      await session.end()
    },
  )
  expect(engine.error).toBeUndefined()
  expect(naiveError).toBeUndefined()
  expect(await columns()).toEqual(['by_engine', 'naive'])
  expect(await attempts()).toBeLessThanOrEqual(2)
  expect(engine.events).toContainEqual(
    expect.objectContaining({
      type: 'segment-waiting',
      blockers: [expect.stringMatching(/^pid \d+, report, \w+, active for .*: select pg_sleep/)],
    }),
  )
})

test('under a session that is idle in transaction: gives up, and names it', async () => {
  const { engine } = await compare(
    'a session idle in transaction',
    async (work) => {
      const session = await openSession(
        url,
        'forgotten',
        `begin; update ${table} set n = 0 where id = 3`,
      )
      await work()
      await session.end()
    },
    { budget: BUDGET_MS, giveUp: BUDGET_MS },
  )
  expect(engine.error?.code).toBe('LOCK_BUDGET_SPENT')
  expect(engine.error?.exit).toBe(7)
  expect(await attempts()).toBeLessThanOrEqual(2)
  expect(engine.error?.message).toMatch(
    /got no lock in \d tr(?:y|ies) over \d s\. Blockers:\n {2}pid \d+, forgotten, \w+, idle in transaction for .* s, transaction open for .* s: /,
  )
  expect(await columns()).toEqual([])
})

const isVacuumed = () =>
  `select from pg_stat_progress_vacuum v join pg_stat_activity a using (pid)
    where v.relid = '${table}'::regclass and a.query like 'autovacuum:%'`

test('under an ordinary autovacuum: has it yield, and is applied', async () => {
  const { engine, naiveError } = await compare('an ordinary autovacuum', async (work) => {
    await query(
      url,
      `alter table ${table} set (autovacuum_enabled = true); update ${table} set pad = repeat('y', 500)`,
    )
    await until(url, isVacuumed())
    await work()
    await query(url, `alter table ${table} set (autovacuum_enabled = false)`)
  })
  expect([engine.error, naiveError]).toEqual([undefined, undefined])
  expect(engine.events).toContainEqual(
    expect.objectContaining({
      type: 'segment-waiting',
      blockers: [
        expect.stringMatching(/^pid \d+, autovacuum: VACUUM (ANALYZE )?public\.t\d+, for .* s$/),
      ],
    }),
  )
})

test('under a prepared transaction: gives up, and says how to end it', async () => {
  const session = await openSession(
    url,
    'two-phase',
    `begin; update ${table} set n = 0 where id = 3; prepare transaction 'payment ''7'''`,
  )
  await session.end()
  await sleep(100)
  const { error } = await runSql(url, `alter table ${table} add x int`, { lockBudget: 500 })
  await query(url, `rollback prepared 'payment ''7'''`)
  expect(error?.exit).toBe(7)
  expect(error?.message).toMatch(
    /prepared transaction 'payment ''7''' of \w+, prepared .* s ago; it stays until COMMIT PREPARED 'payment ''7''' or ROLLBACK PREPARED/,
  )
})

test('of the statement of a session that stands in the way no literal is shown', async () => {
  const session = new Client({ connectionString: url })
  await session.connect()
  await session.query(`begin; update ${table} set n = 4242 where 'hunter2' is not null`)
  const { error } = await runSql(url, `alter table ${table} add x int`, { lockBudget: 100 })
  await session.end()
  expect(error?.message).toContain(`begin; update ${table} set n = *** where '***' is not null`)
  expect(JSON.stringify(error)).not.toMatch(/hunter2|4242/)
})

test('what waits behind it is counted where it gives up', async () => {
  const session = await openSession(url, 'busy', `begin; lock table ${table} in access share mode`)
  const load = await startLoad(url, table)
  // Nothing is known of what code locks, so it tries: without waiting for the way to be free.
  const sql = `do $$ begin execute 'alter table ${table} add x int'; end $$`
  const { error } = await runSql(url, sql, { lockBudget: 2000 })
  await load.stop()
  await session.end()
  expect(error?.message).toMatch(
    /in \d+ tries over 2 s[\s\S]*pid \d+, busy[\s\S]*[12] sessions? waited behind it at once, \d+ ms at worst/,
  )
  expect(error?.details.queue).toEqual({
    sessions: expect.toSatisfy((count) => count === 1 || count === 2),
    milliseconds: expect.toSatisfy((worst) => worst > 0 && worst < 1000),
  })
})

test('nobody who is short is waited for, however busy the table', async () => {
  const load = await startLoad(url, table)
  const { error, events } = await runSql(url, `alter table ${table} add x int`)
  await load.stop()
  expect(error).toBeUndefined()
  expect(events.map(({ type }) => type)).not.toContain('segment-waiting')
})

test('a lock that is weak, or on another table, is nobody in the way', async () => {
  await query(url, `create table other_${table} (id int)`)
  const session = await openSession(
    url,
    'reader',
    `begin; select from ${table}; lock other_${table}`,
  )
  await sleep(100)
  const { error, milliseconds } = await runSql(
    url,
    `create index on ${table} (n); create trigger g before update on ${table} for each row execute function suppress_redundant_updates_trigger()`,
  )
  await session.end()
  expect(error).toBeUndefined()
  expect(milliseconds).toBeLessThan(5000)
})

test('the second table of a foreign key is waited for too', async () => {
  await query(url, `create table target_${table} (id int primary key)`)
  const session = await openSession(url, 'writer', `begin; insert into target_${table} values (1)`)
  await sleep(100)
  const { error } = await runSql(
    url,
    `alter table ${table} add foreign key (n) references target_${table} (id) not valid`,
    { lockBudget: 500 },
  )
  await session.end()
  expect(error?.message).toMatch(/Blockers:\n {2}pid \d+, writer, /)
})

test('names mean what the migration sets them to mean', async () => {
  await query(url, `create schema s_${table}; create table s_${table}.${table} (id int)`)
  const session = await openSession(url, 'elsewhere', `begin; lock table ${table}`)
  await sleep(100)
  const { error } = await runSql(
    url,
    `set search_path = s_${table}; alter table ${table} add x int`,
    { lockBudget: 2000 },
  )
  await session.end()
  expect(error).toBeUndefined()
})

/** The last: this vacuum would be in the way of all others. */
test(
  'under an autovacuum to prevent wraparound: gives up, and says that it is one',
  { tags: 'long' },
  async () => {
    const { engine } = await compare(
      'an autovacuum to prevent wraparound',
      async (work) => {
        await query(url, `update ${table} set pad = repeat('y', 500)`)
        await query(
          url,
          `do $$ begin for i in 1..101000 loop perform pg_current_xact_id(); commit; end loop; end $$`,
        )
        await until(url, isVacuumed())
        await work()
      },
      { budget: BUDGET_MS, giveUp: BUDGET_MS },
    )
    expect(engine.error?.message).toMatch(
      /Blockers:\n {2}pid \d+, autovacuum: VACUUM (?:ANALYZE )?public\.t\d+ \(to prevent wraparound\), for .* s; it makes way for nobody\n/,
    )
    expect(engine.error?.exit).toBe(7)
    expect(await columns()).toEqual([])
  },
)
