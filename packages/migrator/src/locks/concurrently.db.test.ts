import { briefly, createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeFill } from '../sql/fill.ts'
import { runSql } from '../testing/run-sql.ts'
import { openSession, until, type OpenSession } from '../testing/sessions.ts'
import { query } from '../testing/query.ts'

let database: TestDatabase
let url: string
let sessions: OpenSession[]

/** Each row of `t` takes a moment to index, and as long as somebody holds the gate none is done: something may happen meanwhile. */
const GATE = 'select pg_advisory_lock(5150)'
const SLOW = `
  create function slow(n int) returns int immutable language plpgsql as $$ begin
    perform pg_sleep(0.3);
    while exists (select from pg_locks where locktype = 'advisory' and objid = 5150 and granted) loop
      perform pg_sleep(0.05);
    end loop;
    return n;
  end $$;
  create table t (id int primary key, n int); insert into t select i, i from generate_series(1, 10) i;
  create table elsewhere (id int)`

beforeEach(async () => {
  database = await createTestDatabase()
  ;({ url } = database)
  sessions = []
  await query(url, SLOW)
})

afterEach(async () => {
  await Promise.all(sessions.map((session) => session.end()))
  await database.drop()
})

const open = async (name: string, sql: string) => {
  const session = await openSession(url, name, sql)
  sessions.push(session)
  return session
}

const indexes = async () =>
  (
    await query<{ name: string }>(
      url,
      `select indexrelid::regclass::text as name from pg_index where indrelid = 't'::regclass order by 1`,
    )
  ).map(({ name }) => name)

const SNAPSHOT = 'begin isolation level repeatable read; select from elsewhere'
const BUILD = 'create index concurrently i on t (n)'
const SLOW_BUILD = 'create index concurrently i on t (slow(n))'
/** Builds of other databases of the server are listed, too, and so are those of the migrator's own tables. */
const HERE = `datname = current_database() and relid = 't'::regclass`
const building = `select from pg_stat_progress_create_index where phase like 'building%' and ${HERE}`

describe('who is there before it begins is waited for before it begins', () => {
  test.each(
    briefly([
      ['an old snapshot', SNAPSHOT, BUILD, ['t_pkey']],
      ['a writer', 'begin; update t set n = 0 where id = 1', BUILD, ['t_pkey']],
      [
        'a reader, of a DROP INDEX',
        'begin; select from t',
        'drop index concurrently t_n',
        ['t_n', 't_pkey'],
      ],
    ]),
  )('%s', async (_, blocker, sql, left: readonly string[]) => {
    if (left.includes('t_n')) await query(url, 'create index t_n on t (n)')
    await open('report', blocker)
    const { error, events } = await runSql(url, sql, { lockBudget: 600 })
    expect([error?.exit, error?.message]).toEqual([
      7,
      expect.stringMatching(
        /waited for the transactions of others over \d+ s\. Blockers:\n {2}pid \d+, report, \w+, idle in transaction/,
      ),
    ])
    // What it tells first is whom it waits for: it has not begun to work.
    expect(events.map(({ type }) => type).slice(1)).toEqual(['segment-started', 'segment-waiting'])
    expect(await indexes()).toEqual(left)
  })

  test('a reader is nobody that a build waits for', async () => {
    await open('reader', 'begin; select from t')
    const { error } = await runSql(url, BUILD, { lockBudget: 600 })
    expect(error).toBeUndefined()
  })
})

describe('who comes while it builds', () => {
  test('holds it up for no longer than the budget: cancelled, nothing left, and named', async () => {
    const gate = await open('gate', GATE)
    const running = runSql(url, SLOW_BUILD, { lockBudget: 1000 })
    await until(url, building)
    await open('late report', SNAPSHOT)
    await gate.end()
    const { error } = await running
    expect([error?.exit, error?.message]).toEqual([
      7,
      expect.stringMatching(
        /Blockers:\n {2}pid \d+, late report, [\s\S]*Nothing of it was applied/,
      ),
    ])
    expect(await indexes()).toEqual(['t_pkey'])
  })

  test('and is gone within the budget changes nothing', async () => {
    const gate = await open('gate', GATE)
    const running = runSql(url, SLOW_BUILD, { lockBudget: 20_000 })
    await until(url, building)
    const session = await open('late report', SNAPSHOT)
    await gate.end()
    await until(
      url,
      `select from pg_stat_progress_create_index where phase = 'waiting for old snapshots' and ${HERE}`,
    )
    await session.end()
    const { error, events } = await running
    expect(error).toBeUndefined()
    expect(await indexes()).toEqual(['i', 't_pkey'])
    const told = events.filter(({ type }) => type === 'segment-progress')
    expect(told).toContainEqual(
      expect.objectContaining({ phase: expect.stringMatching(/^building index/) }),
    )
  })

  test(
    'and keeps the rest of it from being removed leaves that to the next run',
    { tags: 'long' },
    async () => {
      const gate = await open('gate', GATE)
      const running = runSql(url, SLOW_BUILD, { lockBudget: 1000 })
      await until(url, building)
      const session = await open('late writer', 'begin; update t set n = 0 where id = 1')
      await gate.end()
      const { error } = await running
      expect([error?.exit, error?.message]).toEqual([
        7,
        expect.stringMatching(/late writer[\s\S]*the next run removes it/),
      ])
      expect(await indexes()).toEqual(['i', 't_pkey'])
      const blocked = await runSql(url, SLOW_BUILD, { lockBudget: 1000 })
      expect([blocked.error?.exit, blocked.error?.message]).toEqual([
        7,
        expect.stringMatching(/late writer/),
      ])
      await session.end()
      const again = await runSql(url, SLOW_BUILD)
      expect(again.error).toBeUndefined()
      expect(again.events).toContainEqual(expect.objectContaining({ type: 'recovered' }))
      expect(
        await query(
          url,
          `select indisvalid as valid from pg_index where indexrelid = 'i'::regclass`,
        ),
      ).toEqual([{ valid: true }])
    },
  )
})

describe('parallel workers', () => {
  /** What the build ran with: a function of the index tells. */
  const TELL = `
    create table told (workers text);
    create function tell(n int) returns int immutable language plpgsql as
      'begin raise log ''%'', n; if current_setting(''max_parallel_maintenance_workers'') <> ''0'' then raise ''with workers''; end if; return n; end'`
  const build = 'create index concurrently i on t (tell(n))'

  test('are off', async () => {
    await query(url, TELL)
    expect((await runSql(url, build)).error).toBeUndefined()
  })

  test('unless the migration sets them', async () => {
    await query(url, TELL)
    const { error } = await runSql(url, `set max_parallel_maintenance_workers = 2; ${build}`)
    expect(error?.message).toMatch(/with workers/)
  })
})

test('VACUUM FULL does not queue either', async () => {
  await open('reader', 'begin; select from t')
  const { error } = await runSql(url, 'vacuum full t', { lockBudget: 500 })
  expect([error?.exit, error?.message]).toEqual([7, expect.stringMatching(/pid \d+, reader/)])
})

describe('statements that are cancelled', () => {
  test('by the statement timeout: says whose limit it was', async () => {
    const { error } = await runSql(url, 'select pg_sleep(5)', { statementTimeout: 200 })
    expect(error?.message).toMatch(/the limit of 0\.2 s for one statement\)/)
  })

  test('by somebody else: does not blame its own limit', async () => {
    const running = runSql(url, `select pg_sleep(20) as "to be cancelled"`)
    await until(
      url,
      `select pg_cancel_backend(pid) from pg_stat_activity where query like 'select pg_sleep(20)%'`,
    )
    const { error } = await running
    expect([error?.exit, error?.message]).toEqual([
      1,
      expect.stringMatching(/by another session, or by a limit that the migration set/),
    ])
  })
})

test('what a statement has committed itself before it gave up is not denied', async () => {
  await query(url, 'alter table t add copy bigint')
  await open('holder', 'begin; update t set n = 0 where id = 5')
  const fill = writeFill({ table: { schema: 'public', name: 't' }, from: 'n', to: 'copy' })
  const { error } = await runSql(url, fill, { lockBudget: 600 })
  expect([error?.exit, error?.message]).toEqual([
    7,
    expect.stringMatching(/holder[\s\S]*What it has committed itself stays/),
  ])
  expect(await query(url, 'select from t where copy is not null')).toHaveLength(9)
})
