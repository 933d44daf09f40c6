import {
  createTestDatabase,
  startCrashServer,
  type TestDatabase,
} from '@techfacts/postgres/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { applicationName, readGate, startHeartbeat } from '../gate/index.ts'
import { preview } from '../inspect/preview.ts'
import { status } from '../inspect/status.ts'
import type { Segment } from '../plan/segments.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { databaseTarget } from '../session/database-target.ts'
import { writeFill } from '../sql/fill.ts'
import { query, withClient } from '../testing/query.ts'
import { openSession, until } from '../testing/sessions.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { run, runInTransaction } from './index.ts'
import type { RunRequest } from './request.ts'

const MIGRATIONS = {
  M1: { up: 'create table item (id int primary key, old int)' },
  M2: { up: 'create table second (id int)' },
  M3: { up: 'alter table item drop column old' },
  M4: { up: 'create table other (id int)' },
}

type Build = Awaited<ReturnType<typeof sqlProject>>

let database: TestDatabase
let before: Build
let after: Build

const head = { direction: 'up', target: 'head' } as const

beforeEach(async () => {
  database = await createTestDatabase()
  const { M1, ...more } = MIGRATIONS
  before = await sqlProject({ M1 })
  after = await sqlProject({ M1, ...more })
  await run(before, databaseTarget(database.url), head)
})

afterEach(async () => {
  await Promise.all([database.drop(), before.drop(), after.drop()])
})

async function nameOf(project: Project): Promise<string> {
  return applicationName('orders', (await openProject(project)).manifest)
}

/** Runs while another session has the table; when it waits for that, an instance of the build before comes. */
async function upBehindLock(request: Partial<RunRequest>) {
  const name = await nameOf(before)
  await using blocker = await open('psql', 'begin; select from item')
  const instances: Awaited<ReturnType<typeof open>>[] = []
  const come = async () => {
    instances.push(await open(name, 'select 1'))
    await blocker.end()
  }
  const target = databaseTarget(database.url, {
    onEvent: ({ type }) => {
      if (type !== 'segment-waiting' || instances.length > 0) return
      void come()
    },
  })
  try {
    return await run(after, target, { ...head, ...request })
  } finally {
    await Promise.all(instances.map((instance) => instance.end()))
  }
}

describe('an instance that comes while a contract step waits for its locks', () => {
  test('keeps it waiting, and what comes after it runs; it runs once the instance is gone', async () => {
    const result = await upBehindLock({})
    expect(result.migrations.map(({ name }) => name)).toEqual(['M2', 'M4'])
    expect(result.waiting).toMatchObject([{ migration: 'M3', needing: [{ build: 'earlier' }] }])
    expect(await journalOf('M3')).toEqual([
      { event: 'started', note: null },
      { event: 'failed', note: expect.stringMatching(/^waits for orders, /) },
    ])
    const rest = await run(after, databaseTarget(database.url), head)
    expect(rest.migrations.map(({ name }) => name)).toEqual(['M3'])
  })

  test('refuses one that was asked for', async () => {
    await expect(upBehindLock({ contract: true })).rejects.toMatchObject({
      code: 'CONTRACT_NEEDED',
      exit: 3,
    })
    expect(await query(database.url, 'select old from item')).toEqual([])
  })
})

describe('an instance that comes while the statements of a contract step run', () => {
  /** A step that does not end before the instance has come. */
  const LATE = {
    ...MIGRATIONS,
    M3: {
      up: `alter table item drop column old; do $$ begin while not exists (select from pg_stat_activity where application_name ~ '^orders/') loop perform pg_sleep(0.02), pg_stat_clear_snapshot(); end loop; end $$`,
    },
  }

  async function upUntilLate(request: Partial<RunRequest>) {
    const name = await nameOf(before)
    const late = await sqlProject(LATE)
    const running = run(late, databaseTarget(database.url), { ...head, ...request })
    const isAtWork = `select from pg_stat_activity where query ~ 'while not exists' and state = 'active' and pid <> pg_backend_pid()`
    const come = async () => {
      await until(database.url, isAtWork)
      return open(name, 'select 1')
    }
    const [outcome, instance] = await Promise.all([
      running.catch((error: unknown) => error),
      come(),
    ])
    await Promise.all([instance.end(), late.drop()])
    if (outcome instanceof Error) throw outcome
    return outcome as Awaited<typeof running>
  }

  test('undoes it: it waits, and what comes after it runs', async () => {
    const result = await upUntilLate({})
    expect(result.migrations.map(({ name }) => name)).toEqual(['M2', 'M4'])
    expect(result.waiting).toMatchObject([{ migration: 'M3', needing: [{ build: 'earlier' }] }])
    expect(await query(database.url, 'select old from item')).toEqual([])
    expect(await journalOf('M3')).toEqual([
      { event: 'started', note: null },
      { event: 'failed', note: expect.stringMatching(/^waits for orders, /) },
    ])
  })

  test('refuses one that was asked for, at once, for it holds its locks', async () => {
    await expect(upUntilLate({ contract: true, contractWait: 600_000 })).rejects.toMatchObject({
      code: 'CONTRACT_NEEDED',
    })
    expect(await query(database.url, 'select old from item')).toEqual([])
  })
})

const FILL = 'a fill'

/** Contract steps in several parts, of which only the last one takes something from the build before. */
const PREPARED: Readonly<Record<string, string>> = {
  [FILL]: `${writeFill({ table: { name: 'item' }, from: 'old', to: 'id' })}; alter table item drop column old`,
  'an index dropped CONCURRENTLY':
    'drop index concurrently item_old; alter table item drop column old',
  'a check': `alter table item add constraint item_id check (id is not null) not valid; alter table item validate constraint item_id;
     alter table item drop constraint item_id; alter table item drop column old`,
}

const COMES = ['after the first', 'while the second runs'] as const

describe.each(Object.entries(PREPARED))(
  'a contract step whose first part takes nothing from the build before: %s',
  (what, up) => {
    const { M1, ...others } = MIGRATIONS
    const indexed = { M1: { up: `${M1.up}; create index item_old on item (old)` } }

    test.each(COMES)('waits for an instance that comes %s, until it is gone', async (when) => {
      await using own = await createTestDatabase()
      const earlier = await sqlProject(indexed)
      const isEmpty = { query: 'select count(*) from item', says: 'it has rows' }
      const requires = what === FILL ? [isEmpty] : []
      const several = await sqlProject({ ...indexed, ...others, M3: { up, requires } })
      const target = databaseTarget(own.url)
      await run(earlier, target, head)
      const name = await nameOf(earlier)
      const instances: Awaited<ReturnType<typeof openSession>>[] = []
      const comeAt = async (segment: Segment, at: (typeof COMES)[number], index: number) => {
        if (segment.migration === 'M3' && when === at && segment.index === index)
          instances.push(await openSession(own.url, name, 'select 1'))
      }
      const witness = {
        before: (segment: Segment) => comeAt(segment, 'while the second runs', 2),
        after: (segment: Segment) => comeAt(segment, 'after the first', 1),
      }
      const result = await run(several, target, { ...head, witness })
      const waits = [{ migration: 'M3', needing: [{ build: 'earlier' }] }]
      expect(result.migrations.map((one) => one.name)).toEqual(['M2', 'M4'])
      expect(result.waiting).toMatchObject(waits)
      expect(await run(several, target, head)).toMatchObject({ migrations: [], waiting: waits })
      expect(await status(several, target)).toMatchObject({
        pending: 0,
        migrations: [{}, {}, { state: 'waiting' }, {}],
        waiting: waits,
      })
      const { waiting } = await preview(several, target, head)
      expect(waiting).toMatchObject(waits)
      await expect(run(several, target, { ...head, contract: true })).rejects.toMatchObject({
        code: 'CONTRACT_NEEDED',
      })
      expect(await query(own.url, 'select old from item')).toEqual([])
      const gates = async () => [await isOpen(earlier, own), await isOpen(several, own)]
      expect(await gates()).toEqual([true, true])
      await Promise.all(instances.map((instance) => instance.end()))
      // What it requires has to hold when it goes on, too, unless it has made something itself.
      await query(own.url, 'insert into item values (1, 1)')
      const outcome = await run(several, target, head).then(
        () => 'done',
        ({ code }: { readonly code: string }) => code,
      )
      expect(outcome).toBe(what === FILL ? 'REQUIRES' : 'done')
      await query(own.url, 'delete from item')
      await run(several, target, head)
      expect(await gates()).toEqual([false, true])
      await Promise.all([earlier.drop(), several.drop()])
    })
  },
)

test(
  'after the server was away for long, a step waits for the instances that have not had the time to come back',
  { tags: 'long' },
  async () => {
    await using server = await startCrashServer()
    await using own = await server.createDatabase({
      prepare: async (url) => void (await run(before, databaseTarget(url), head)),
    })
    const { url } = own
    const beat = async (application: string) =>
      startHeartbeat((sql) => query(url, sql), { application, onError: fail })
    const old = await beat(await nameOf(before))
    await query(
      url,
      `update migrator.instances set seen_at = now() - interval '10 minutes' where seen_at > '-infinity'`,
    )
    await server.crash()
    await server.restart()
    // One of the new build, as the same role, is back first: what is gone makes room for it.
    const newer = await beat(await nameOf(after))
    const { migrations, waiting } = await run(after, databaseTarget(url), head)
    expect(migrations.map(({ name }) => name)).toEqual(['M2', 'M4'])
    expect(waiting).toMatchObject([
      { migration: 'M3', needing: [{ by: 'heartbeat', build: 'earlier' }] },
    ])
    await expect(
      run(after, databaseTarget(url), { ...head, contract: true }),
    ).rejects.toMatchObject({
      code: 'CONTRACT_NEEDED',
    })
    await Promise.all([old.stop(), newer.stop()])
    expect(await run(after, databaseTarget(url), head)).toMatchObject({
      migrations: [{ name: 'M3' }],
    })
  },
)

test('a run in the transaction of its caller sees who has come since it began', async () => {
  const name = await nameOf(before)
  const sessions: Awaited<ReturnType<typeof open>>[] = []
  const result = await withClient(database.url, async (client) => {
    await client.query('begin')
    return runInTransaction(after, databaseTarget(database.url), client, {
      ...head,
      beforeEach: async (migration) => {
        if (migration === 'M2') sessions.push(await open(name, 'select 1'))
      },
    })
  })
  expect(result.migrations.map((one) => one.name)).toEqual(['M2', 'M4'])
  await Promise.all(sessions.map((session) => session.end()))
})

async function isOpen(build: Build, { url }: TestDatabase): Promise<boolean> {
  const { manifest } = await openProject(build)
  return (await readGate(manifest, (sql) => query(url, sql))).isOpen
}

const fail = (error: unknown): never => expect.unreachable(String(error))

const journalOf = (migration: string) =>
  query(
    database.url,
    `select event, note from migrator.history where migration = '${migration}' order by id`,
  )

async function open(name: string, sql: string) {
  const session = await openSession(database.url, name, sql)
  const end = () => session.end()
  return { end, [Symbol.asyncDispose]: end }
}
