import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runSql } from '../testing/run-sql.ts'
import { openSession, type OpenSession } from '../testing/sessions.ts'
import { query } from '../testing/query.ts'

let database: TestDatabase
let url: string
let sessions: OpenSession[]

beforeEach(async () => {
  database = await createTestDatabase()
  ;({ url } = database)
  sessions = []
  await query(url, 'create table t (id int primary key, n int); create table other (id int)')
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

const alive = async () => {
  const rows = await query<{ name: string }>(
    url,
    `select application_name as name from pg_stat_activity
      where datname = current_database() and application_name like 'app %' order by 1`,
  )
  return rows.map(({ name }) => name)
}

const ended = () =>
  query(
    url,
    `select migration, note, facts - 'pid' - 'idleSeconds' as facts, (facts->>'idleSeconds')::float > 0.3 as waited
       from migrator.history where event = 'blocker-ended'`,
  )

test('ends whoever is idle in the way for long enough, journals it, and nobody else', async () => {
  await open('app forgotten', 'begin; select from t')
  await open('app elsewhere', 'begin; lock table other')
  await open('app idle', 'select from t')
  const { error, events } = await runSql(url, 'alter table t add x int', {
    cancelIdleAfter: 400,
    lockBudget: 10_000,
  })
  expect(error).toBeUndefined()
  expect(await alive()).toEqual(['app elsewhere', 'app idle'])
  expect(await ended()).toEqual([
    {
      migration: null,
      note: expect.stringMatching(
        /^pid \d+, app forgotten, \w+, idle in transaction for \d+\.\d s/,
      ),
      facts: {
        migration: 'Migration1',
        segment: 1,
        user: 'postgres',
        application: 'app forgotten',
        query: 'select pg_backend_pid() as pid',
      },
      waited: true,
    },
  ])
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'blocker-ended',
      blocker: expect.stringMatching('app forgotten'),
    }),
  )
})

test('a session that is at work is never ended, however long', async () => {
  const session = await open('app report', 'begin; select from t')
  const work = session.client.query('select pg_sleep(2)').catch(() => {})
  const { error } = await runSql(url, 'alter table t add x int', {
    cancelIdleAfter: 0,
    lockBudget: 800,
  })
  expect(error?.exit).toBe(7)
  expect(await alive()).toEqual(['app report'])
  await work
})

test('what stands in the way of code is ended too', async () => {
  await open('app forgotten', 'begin; select from t')
  await sleep(100)
  const { error } = await runSql(url, `do $$ begin execute 'alter table t add x int'; end $$`, {
    cancelIdleAfter: 50,
    lockBudget: 10_000,
  })
  expect(error).toBeUndefined()
  expect(await alive()).toEqual([])
  expect(await ended()).toHaveLength(1)
})

test('without being asked, nobody is ended', async () => {
  await open('app forgotten', 'begin; select from t')
  const { error } = await runSql(url, 'alter table t add x int', { lockBudget: 500 })
  expect(error?.exit).toBe(7)
  expect(await alive()).toEqual(['app forgotten'])
})

test('says so where it lacks the privilege, once, and goes on without', async () => {
  const role = `owner_${Math.random().toString(36).slice(2, 10)}`
  await query(
    url,
    `create role ${role} login password 'x'; alter table t owner to ${role};
     do $$ begin execute format('grant create on database %I to ${role}', current_database()); end $$;
     grant create on schema public to ${role}`,
  )
  try {
    await open('app forgotten', 'begin; select from t')
    const as = new URL(url)
    as.username = role
    as.password = 'x'
    const { error, events } = await runSql(as.href, 'alter table t add x int', {
      cancelIdleAfter: 0,
      lockBudget: 700,
    })
    // Such a role is not told who is idle: it sees a pid and a name, and waits for them.
    expect(error?.message).toMatch(/Blockers:\n {2}pid \d+, app forgotten/)
    expect(events.filter(({ type }) => type === 'blocker-ended')).toEqual([])
    await query(url, `grant pg_read_all_stats to ${role}`)
    const seeing = await runSql(as.href, 'alter table t add x int', {
      cancelIdleAfter: 0,
      lockBudget: 700,
    })
    expect(seeing.events.filter(({ type }) => type === 'blocker-ended')).toEqual([
      expect.objectContaining({ problem: expect.stringMatching(/permission denied|must be/) }),
    ])
    expect(await alive()).toEqual(['app forgotten'])
  } finally {
    await Promise.all(sessions.map((session) => session.end()))
    await query(url, `drop owned by ${role} cascade; drop role ${role}`)
  }
})
