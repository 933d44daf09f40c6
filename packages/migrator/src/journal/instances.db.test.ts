import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startHeartbeat } from '../gate/index.ts'
import { grantApplicationRole } from '../grant/roles.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { withConnection } from '../session/connect.ts'
import { query } from '../testing/query.ts'
import { openSession, untilHeartbeatsCount } from '../testing/sessions.ts'
import { createRole, type TestRole } from '../testing/roles.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { readInstances } from './instances.ts'
import { JOURNAL_FORMAT } from './names.ts'

const OLD = 'orders/0123456789ab'

let database: TestDatabase
let project: Awaited<ReturnType<typeof sqlProject>>
let role: TestRole

const here = () => databaseTarget(database.url)
const sql = <Row extends Record<string, unknown>>(text: string) => query<Row>(database.url, text)
const asRole = (text: string) => query(role.url, text)
const up = () => run(project, here(), { direction: 'up', target: 'head' })
const rows = () =>
  sql(
    `select role, application, host from migrator.instances where seen_at > '-infinity' order by 1, 2`,
  )
const instances = async (format = JOURNAL_FORMAT) =>
  (await withConnection(here(), (client) => readInstances(client, { format }))).present
const heartbeat = (id: string, application: string | null, host = 'h') =>
  `select migrator.heartbeat('${id}', ${application === null ? 'null' : `'${application}'`}, '${host}')`

beforeEach(async () => {
  database = await createTestDatabase()
  project = await sqlProject({ M1: { up: 'create table item (id int)' } })
  await up()
  role = await createRole(database.url)
  await grantApplicationRole(here(), role.name, undefined)
})

afterEach(async () => {
  await role.drop()
  await Promise.all([database.drop(), project.drop()])
})

describe('a role of the application', () => {
  test('says by a heartbeat that an instance runs, and has no other way to the table', async () => {
    const beat = await startHeartbeat(asRole, {
      application: OLD,
      host: `o'host\\`,
      onError: (error) => expect.unreachable(String(error)),
    })
    expect(await rows()).toEqual([{ role: role.name, application: OLD, host: `o'host\\` }])
    for (const forbidden of [
      'select from migrator.instances',
      `insert into migrator.instances values ('x', gen_random_uuid(), 'x', 'x', now())`,
      `update migrator.instances set seen_at = now()`,
      'delete from migrator.instances',
      'truncate migrator.instances',
    ]) {
      await expect(asRole(forbidden)).rejects.toThrow(/permission denied/)
    }
    await beat.stop()
    expect(await rows()).toEqual([])
  })

  test('neither moves nor removes the row of another role, whatever id it gives', async () => {
    const id = randomUUID()
    await sql(heartbeat(id, OLD))
    await asRole(heartbeat(id, 'orders/ffffffffffff'))
    await asRole(heartbeat(id, null))
    expect(await rows()).toEqual([
      { role: decodeURIComponent(new URL(database.url).username), application: OLD, host: 'h' },
    ])
  })

  test('that has not been granted the gate may not call it', async () => {
    const stranger = await createRole(database.url)
    await sql(`grant usage on schema migrator to ${stranger.name}`)
    await expect(query(stranger.url, heartbeat(randomUUID(), OLD))).rejects.toThrow(
      /permission denied for function/,
    )
    await stranger.drop()
  })

  test('cannot make it run what it has made itself', async () => {
    await sql(`grant create on schema public to ${role.name}`)
    await asRole(`create function public.left(text, integer) returns text language plpgsql as
      $$ begin raise exception 'called'; end $$`)
    await asRole(`set search_path = public, pg_catalog; create temp table instances (id int);
      ${heartbeat(randomUUID(), OLD)}`)
    expect(await rows()).toHaveLength(1)
    await asRole('drop function public.left(text, integer)')
  })

  test('that fills the table does not crowd an instance out: what is too much counts as an unknown build', async () => {
    await asRole(
      `select migrator.heartbeat(gen_random_uuid(), 'orders/ffffffffffff', 'h') from generate_series(1, 1200)`,
    )
    const { length } = await rows()
    expect(length).toBe(1001)
    await asRole(heartbeat(randomUUID(), OLD))
    expect(await rows()).toHaveLength(1001)
    expect(await instances()).toContainEqual(
      expect.objectContaining({ application: 'more instances', revision: '' }),
    )
    const overflow = '00000000-0000-0000-0000-000000000000'
    for (const application of [null, 'orders/ffffffffffff'])
      await expect(asRole(heartbeat(overflow, application))).rejects.toThrow(/no instance/)
    // What is long gone makes room, once all have had the time to come back since the server's start.
    await untilHeartbeatsCount(database.url)
    await sql(`update migrator.instances set seen_at = now() - interval '2 minutes'`)
    await asRole(heartbeat(randomUUID(), OLD))
    // Those that have made room may have been there all the same.
    expect(await instances()).toMatchObject([
      { application: 'more instances', by: 'heartbeat' },
      { application: OLD, by: 'heartbeat' },
    ])
  })

  test.each(['read committed', 'repeatable read'])(
    'has no more rows by sending them from several transactions at once, %s',
    async (isolation) => {
      const fill = `select migrator.heartbeat(gen_random_uuid(), 'orders/ffffffffffff', 'h') from generate_series(1, 600)`
      await using one = await openAs(
        role,
        `begin isolation level ${isolation}; select 1 from pg_class`,
      )
      await using other = await openAs(
        role,
        `begin isolation level ${isolation}; select 1 from pg_class`,
      )
      await one.client.query(fill)
      const late = other.client.query(`${fill}; commit`).then(
        () => 'done',
        (error: unknown) => String(error),
      )
      await sleep(300)
      await one.client.query('commit')
      const outcome = await late
      expect((await rows()).length).toBe(isolation === 'read committed' ? 1001 : 600)
      expect(outcome.includes('could not serialize')).toBe(isolation !== 'read committed')
    },
  )

  test('cannot make the heartbeat of another wait, also one that comes late', async () => {
    const other = await createRole(database.url)
    await grantApplicationRole(here(), other.name, undefined)
    const id = randomUUID()
    await query(other.url, heartbeat(id, OLD))
    await sql(`update migrator.instances set seen_at = now() - interval '2 minutes'`)
    const hostile = await openAs(role, `begin; ${heartbeat(randomUUID(), 'orders/ffffffffffff')}`)
    await query(other.url, `set statement_timeout = '2s'; ${heartbeat(id, OLD)}`)
    expect(await instances()).toMatchObject([{ application: OLD, by: 'heartbeat' }])
    await hostile.end()
    await other.drop()
  })
})

test('a role with no rights but to log in sees by their names the sessions of others, which the migrator needs', async () => {
  await using _session = await openNamed(OLD)
  const stranger = await createRole(database.url)
  const seen = await withConnection(databaseTarget(stranger.url), (client) =>
    readInstances(client, { format: 5 }),
  )
  expect(seen.present).toMatchObject([
    { application: OLD, revision: '0123456789ab', by: 'session' },
  ])
  await stranger.drop()
})

test('a heartbeat stands for the sessions of its own role, and hides none of another', async () => {
  await using _session = await openNamed(OLD)
  await asRole(heartbeat(randomUUID(), OLD, 'elsewhere'))
  expect((await instances()).map(({ by }) => by).toSorted()).toEqual(['heartbeat', 'session'])
  await sql(heartbeat(randomUUID(), OLD, 'here'))
  expect((await instances()).map(({ host }) => host)).toEqual(['elsewhere', 'here'])
})

const move = (name: string | undefined, by: string) =>
  sql(
    `update migrator.instances set seen_at = clock_timestamp() + interval '${by}' where application = '${name}'`,
  )

test('a heartbeat is missing that is older than it counts, or was sent before the clock went back', async () => {
  await untilHeartbeatsCount(database.url)
  const names = ['orders/00000000000a', 'orders/00000000000b', 'orders/00000000000c']
  for (const name of names) await asRole(heartbeat(randomUUID(), name))
  await move(names[0], '-61 seconds')
  await move(names[1], '-50 seconds')
  await move(names[2], '1 hour')
  const { present, missing } = await withConnection(here(), (client) =>
    readInstances(client, { format: JOURNAL_FORMAT }),
  )
  expect(present.map(({ application }) => application)).toEqual([names[1]])
  expect(missing.map(({ application }) => application)).toEqual([names[0], names[2]])
  // A new instance of the same role removes none of them.
  await asRole(heartbeat(randomUUID(), OLD))
  expect(await rows()).toHaveLength(4)
}, 120_000)

test('a journal of format 5 gets the table, and whoever may ask the gate may send heartbeats', async () => {
  await sql(`drop function migrator.heartbeat; drop table migrator.instances;
    comment on table migrator.history is 'Format 5, which version 0.2.0 of the migrator has introduced.'`)
  const errors: unknown[] = []
  const options = { application: OLD, onError: (error: unknown) => errors.push(error) }
  const early = await startHeartbeat(asRole, options)
  await early.stop()
  expect(errors).toHaveLength(2)
  await project.drop()
  project = await sqlProject({
    M1: { up: 'create table item (id int)' },
    M2: { up: 'alter table item drop column id' },
  })
  await using session = await openNamed(OLD)
  expect(await up()).toMatchObject({ migrations: [], waiting: [{ migration: 'M2' }] })
  await session.end()
  expect(await up()).toMatchObject({ migrations: [{ name: 'M2' }] })
  const beat = await startHeartbeat(asRole, options)
  expect(await rows()).toHaveLength(1)
  await beat.stop()
  expect(errors).toHaveLength(2)
})

test.each([
  [
    'the function belongs to',
    (name: string) => `alter function migrator.heartbeat owner to ${name}`,
  ],
  ['the table belongs to', (name: string) => `alter table migrator.instances owner to ${name}`],
  [
    'the table may be written by',
    (name: string) => `grant delete on migrator.instances to ${name}`,
  ],
])('where %s a role that is not trusted, nothing runs', async (_, change) => {
  const stranger = await createRole(database.url)
  await sql(`grant create on schema migrator to ${stranger.name}`)
  await sql(change(stranger.name))
  await sql(`revoke create on schema migrator from ${stranger.name}`)
  await expect(up()).rejects.toMatchObject({ code: 'BOOKKEEPING_UNTRUSTED', exit: 6 })
  await sql(`reassign owned by ${stranger.name} to current_user`)
  await stranger.drop()
})

async function openAs({ url }: TestRole, text: string) {
  const session = await openSession(url, 'psql', text)
  const { client } = session
  const end = () => session.end()
  return { client, end, [Symbol.asyncDispose]: end }
}

async function openNamed(name: string) {
  const session = await openSession(database.url, name, 'select 1')
  const end = () => session.end()
  return { end, [Symbol.asyncDispose]: end }
}
