import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { writeFile, readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { applicationName, readGate, startHeartbeat } from '../gate/index.ts'
import { preview } from '../inspect/preview.ts'
import { check } from '../inspect/check.ts'
import { status } from '../inspect/status.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { openSession, untilHeartbeatsCount, type OpenSession } from '../testing/sessions.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { run } from './index.ts'
import type { RunRequest } from './request.ts'

const MIGRATIONS = {
  M1: {
    up: 'create table item (id int primary key, old int, older int); insert into item values (1, 2, 3)',
    down: 'drop table item',
  },
  M2: { up: 'alter table item add n int', down: 'alter table item drop column n' },
  M3: { up: 'alter table item drop column old', down: 'alter table item add old int' },
  M4: { up: 'create table other (id int)', down: 'drop table other' },
  M2_set: {
    up: 'alter table item alter n set not null',
    down: 'alter table item alter n drop not null',
  },
  M5: { up: 'alter table item add old text', down: 'alter table item drop column old' },
}

type Name = keyof typeof MIGRATIONS

const projects: (Project & { drop(): Promise<void> })[] = []
const sessions: OpenSession[] = []
let database: TestDatabase

const here = () => databaseTarget(database.url)
const sql = <Row extends Record<string, unknown>>(text: string) => query<Row>(database.url, text)

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.end()))
  await Promise.all(projects.splice(0).map((project) => project.drop()))
  await database.drop()
})

/** The build that has these migrations. */
async function build(...names: Name[]): Promise<Project> {
  const project = await sqlProject(
    Object.fromEntries(names.map((name) => [name, MIGRATIONS[name]])),
  )
  projects.push(project)
  return project
}

async function nameOf(project: Project, service = 'orders'): Promise<string> {
  return applicationName(service, (await openProject(project)).manifest)
}

/** An instance of a build, connected for as long as the test lasts. */
async function connectInstance(name: string): Promise<OpenSession> {
  const session = await openSession(database.url, name, 'select 1')
  sessions.push(session)
  return session
}

const fail = (error: unknown): never => expect.unreachable(String(error))

const up = (project: Project, request: Partial<RunRequest> = {}) =>
  run(project, here(), { direction: 'up', target: 'head', ...request })

const down = (project: Project, target: string) =>
  run(project, here(), { direction: 'down', target, yes: true })

const appliedBy = ({ migrations }: Awaited<ReturnType<typeof up>>) =>
  migrations.map(({ name }) => name).join(' ')

async function gateOf(project: Project) {
  const { manifest } = await openProject(project)
  return readGate(manifest, sql)
}

/** Sets what the configuration says of contract steps. */
async function makeManual({ manifestPath }: Project): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(manifestPath, 'utf8'))
  await writeFile(manifestPath, JSON.stringify({ contract: 'manual', ...(manifest as object) }))
}

describe('a contract step', () => {
  test('runs with the others on a new database, and where no instance is at work', async () => {
    expect(appliedBy(await up(await build('M1', 'M2')))).toBe('M1 M2')
    expect(appliedBy(await up(await build('M1', 'M2', 'M3')))).toBe('M3')
    expect(appliedBy(await up(await build('M1', 'M2', 'M3', 'M4', 'M5')))).toBe('M4 M5')
  })

  test('waits for a session of an earlier build, and runs once that is gone', async () => {
    const before = await build('M1', 'M2')
    const after = await build('M1', 'M2', 'M3')
    await up(before)
    const instance = await connectInstance(await nameOf(before))
    const waited = await up(after)
    expect(waited.migrations).toEqual([])
    expect(waited.waiting).toEqual([
      {
        migration: 'M3',
        isManual: false,
        says: expect.stringMatching(/^waits for orders, revision \w{12} \(an earlier build\), on /),
        needing: [
          {
            application: await nameOf(before),
            revision: (await nameOf(before)).slice(-12),
            build: 'earlier',
            by: 'session',
            host: expect.any(String),
            lastSeen: expect.stringMatching(/^2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/),
          },
        ],
      },
    ])
    await instance.end()
    expect(appliedBy(await up(after))).toBe('M3')
  })

  test('does not wait for an instance that has it, nor for a session without a revision', async () => {
    const after = await build('M1', 'M2', 'M3')
    await up(await build('M1', 'M2'))
    await connectInstance(await nameOf(after))
    for (const name of ['psql', 'orders/20261122160314_install', 'orders/0123456789AB'])
      await connectInstance(name)
    expect(appliedBy(await up(after))).toBe('M3')
  })

  test('waits for an instance of a build that nobody here knows', async () => {
    await up(await build('M1', 'M2'))
    await connectInstance('orders/0123456789ab')
    const { waiting } = await up(await build('M1', 'M2', 'M3'))
    expect(waiting).toMatchObject([{ migration: 'M3', needing: [{ build: 'unknown' }] }])
  })

  test('waits for a heartbeat, which a pooler does not hide, until it has stopped', async () => {
    const before = await build('M1', 'M2')
    const after = await build('M1', 'M2', 'M3')
    await up(before)
    const heartbeat = await startHeartbeat(sql, {
      application: await nameOf(before),
      host: 'worker-7',
      onError: fail,
    })
    const { waiting } = await up(after)
    expect(waiting).toMatchObject([{ needing: [{ by: 'heartbeat', host: 'worker-7' }] }])
    await heartbeat.stop()
    expect(await sql(`select from migrator.instances where seen_at > '-infinity'`)).toEqual([])
    expect(appliedBy(await up(after))).toBe('M3')
  })

  test(
    'does not wait for a heartbeat that is older than a minute, once no other has come for as long',
    { timeout: 240_000, tags: 'long' },
    async () => {
      await untilHeartbeatsCount(database.url)
      const before = await build('M1', 'M2')
      await up(before)
      const dead = `select migrator.heartbeat(gen_random_uuid(), '${await nameOf(before)}', 'h')`
      const age = (seconds: number) =>
        sql(
          `update migrator.instances set seen_at = now() - interval '${seconds} seconds' where seen_at > '-infinity'`,
        )
      const after = await build('M1', 'M2', 'M3')
      await sql(dead)
      await age(50)
      expect((await up(after)).waiting).toHaveLength(1)
      await age(61)
      expect(appliedBy(await up(after))).toBe('M3')
      // It is forgotten, and the next run waits for nobody.
      expect(await sql(`select from migrator.instances where seen_at > '-infinity'`)).toEqual([])
    },
  )

  /** To whom the clock of the server jumps, all heartbeats are from as long before, or from the future. */
  test.each(['-1 hour', '1 hour', '-62 seconds'])(
    'waits for an instance that lives, whatever the clock of the server does: its heartbeats are at %s',
    { timeout: 240_000, tags: 'long' },
    async (by) => {
      await untilHeartbeatsCount(database.url)
      const before = await build('M1', 'M2')
      await up(before)
      const after = await build('M1', 'M2', 'M3')
      const application = await nameOf(before)
      const heartbeat = await startHeartbeat(sql, { application, onError: fail })
      await sql(
        `update migrator.instances set seen_at = clock_timestamp() + interval '${by}' where seen_at > '-infinity'`,
      )
      // The first one of the new build, of the same role, takes its row away from nobody.
      const newer = await startHeartbeat(sql, { application: await nameOf(after), onError: fail })
      expect((await up(after)).waiting).toMatchObject([{ migration: 'M3' }])
      await Promise.all([heartbeat.stop(), newer.stop()])
      expect(appliedBy(await up(after))).toBe('M3')
    },
  )

  test(
    'waits no longer than a heartbeat counts for an instance that died before the clock went back',
    { timeout: 240_000, tags: 'long' },
    async () => {
      const before = await build('M1', 'M2')
      await up(before)
      await sql(`select migrator.heartbeat(gen_random_uuid(), '${await nameOf(before)}', 'h')`)
      await sql(
        `update migrator.instances set seen_at = now() + interval '10 years' where seen_at > '-infinity'`,
      )
      const after = await build('M1', 'M2', 'M3')
      expect(appliedBy(await up(after, { contract: true }))).toBe('M3')
    },
  )

  test('is left waiting where an instance has come between the beginning and the step', async () => {
    const before = await build('M1')
    await up(before)
    const all = await build('M1', 'M2', 'M3', 'M4')
    const name = await nameOf(before)
    const beforeEach = async (migration: string) => {
      if (migration === 'M2') await connectInstance(name)
    }
    const result = await up(all, { beforeEach })
    expect(appliedBy(result)).toBe('M2 M4')
    expect(result.waiting).toMatchObject([{ migration: 'M3' }])
  })

  test('that an earlier run has begun is completed, whoever is at work', async () => {
    const before = await build('M1')
    await up(before)
    const half = await sqlProject({
      M1: MIGRATIONS.M1,
      M3: {
        up: 'alter table item drop column old; create unique index concurrently item_n on item (older)',
      },
    })
    projects.push(half)
    await sql('insert into item values (2, 2, 3)')
    await expect(up(half)).rejects.toMatchObject({ code: 'STATEMENT_FAILED' })
    await sql('delete from item where id = 2')
    await connectInstance(await nameOf(before))
    expect(appliedBy(await up(half))).toBe('M3')
  })

  test('waits for whom status and plan say, and a gate of the new build is open beside it', async () => {
    const before = await build('M1', 'M2')
    const after = await build('M1', 'M2', 'M3')
    await up(before)
    await connectInstance(await nameOf(before))
    expect(await status(after, here())).toMatchObject({
      pending: 0,
      migrations: [{}, {}, { name: 'M3', state: 'waiting' }],
      waiting: [{ migration: 'M3', needing: [{ build: 'earlier' }] }],
    })
    const { waiting, plan } = await preview(after, here(), { direction: 'up', target: 'head' })
    expect(waiting).toMatchObject([{ migration: 'M3' }])
    expect(plan.migrations).toHaveLength(1)
    expect(await gateOf(after)).toMatchObject({ state: 'fits', isOpen: true })
    expect(await gateOf(await build('M1', 'M2', 'M3', 'M4'))).toMatchObject({
      state: 'behind',
      reason: expect.stringMatching(/lacks M4\. /),
    })
    await sessions[0]?.end()
    expect(await status(after, here())).toMatchObject({ pending: 1 })
    await up(after)
    expect(await gateOf(before)).toMatchObject({ state: 'ahead-by-contract', isOpen: false })
  })
})

describe('a contract step that is asked for', () => {
  test('is refused while an instance needs the schema before it, with its name, host and last sign of life', async () => {
    const before = await build('M1', 'M2')
    const after = await build('M1', 'M2', 'M3')
    await up(before)
    const instance = await connectInstance(await nameOf(before))
    await expect(up(after, { contract: true })).rejects.toMatchObject({
      code: 'CONTRACT_NEEDED',
      exit: 3,
      message: expect.stringMatching(
        /orders, revision [0-9a-f]{12} \(an earlier build\), on \S+, last seen 2\d{3}-/,
      ),
      next: [{ command: 'up', options: { contract: true, wait: 'SECONDS' } }],
    })
    await instance.end()
    expect(appliedBy(await up(after, { contract: true }))).toBe('M3')
  })

  test('waits within its budget until the instance has left', async () => {
    const before = await build('M1', 'M2')
    const after = await build('M1', 'M2', 'M3')
    await up(before)
    const instance = await connectInstance(await nameOf(before))
    const started = performance.now()
    await expect(up(after, { contract: true, contractWait: 1200 })).rejects.toMatchObject({
      code: 'CONTRACT_NEEDED',
    })
    expect(performance.now() - started).toBeGreaterThan(1200)
    const asked = up(after, { contract: true, contractWait: 30_000 })
    setTimeout(() => void instance.end(), 500)
    expect(appliedBy(await asked)).toBe('M3')
  })

  test('is the only one that runs where the policy is manual; a new database gets all of them', async () => {
    const after = await build('M1', 'M2', 'M3')
    await makeManual(after)
    await up(await build('M1', 'M2'))
    expect(await up(after)).toMatchObject({
      migrations: [],
      waiting: [{ migration: 'M3', isManual: true, needing: [] }],
    })
    expect(appliedBy(await up(after, { contract: true }))).toBe('M3')
    await using other = await createTestDatabase()
    const all = await run(after, databaseTarget(other.url), { direction: 'up', target: 'head' })
    expect(appliedBy(all)).toBe('M1 M2 M3')
  })
})

describe('what comes after a contract step that waits', () => {
  test('runs before it where it shares no object with it, and every command accepts that order', async () => {
    const before = await build('M1', 'M2')
    const after = await build('M1', 'M2', 'M3', 'M4')
    await up(before)
    const instance = await connectInstance(await nameOf(before))
    const result = await up(after)
    expect(appliedBy(result)).toBe('M4')
    expect(result.waiting).toMatchObject([{ migration: 'M3' }])
    expect(await status(after, here())).toMatchObject({ pending: 0 })
    expect(await status(after, here())).not.toHaveProperty('outOfOrder')
    const seen = await preview(after, here(), { direction: 'up', target: 'head' })
    expect(seen).not.toHaveProperty('outOfOrder')
    const findings = await check(after, here())
    expect(findings.filter(({ exit }) => exit !== 'done')).toEqual([])
    expect(findings).toContainEqual({
      about: 'migrations',
      exit: 'done',
      says: expect.stringMatching(
        /^M3 waits for orders, .* \(contract: it drops column item\.old\)\.$/,
      ),
    })
    expect(await gateOf(after)).toMatchObject({ state: 'fits' })
    expect(await up(after)).toMatchObject({ migrations: [], waiting: [{ migration: 'M3' }] })
    await instance.end()
    expect(appliedBy(await up(after))).toBe('M3')
    expect(
      (await sql<{ name: string }>('select name from mikro_orm_migrations order by id')).map(
        ({ name }) => name,
      ),
    ).toEqual(['M1', 'M2', 'M4', 'M3'])
  })

  test('is refused where it shares one, before anything is changed, and names what to deploy first', async () => {
    const before = await build('M1', 'M2')
    const after = await build('M1', 'M2', 'M3', 'M4', 'M5')
    await up(before)
    await connectInstance(await nameOf(before))
    const refusal = {
      code: 'CONTRACT_IN_THE_WAY',
      exit: 3,
      message: expect.stringMatching(
        /M5 cannot run before the contract step M3, .*column item\.old.*whose last migration is M4/s,
      ),
    }
    await expect(up(after)).rejects.toMatchObject(refusal)
    expect(await sql(`select to_regclass('other') as other`)).toEqual([{ other: null }])
    const { inTheWay } = await preview(after, here(), { direction: 'up', target: 'head' })
    expect(inTheWay?.message).toMatch(/M5 cannot run before/)
  })

  test('is refused where it is code, of which nobody knows what it is about', async () => {
    const before = await build('M1', 'M2')
    const after = await sqlProject({
      M1: MIGRATIONS.M1,
      M2: MIGRATIONS.M2,
      M3: MIGRATIONS.M3,
      M4: { up: async () => {} },
    })
    projects.push(after)
    await up(before)
    await connectInstance(await nameOf(before))
    await expect(up(after)).rejects.toMatchObject({ code: 'CONTRACT_IN_THE_WAY' })
  })

  test('waits too where it is a contract step that shares one, and runs where it does not', async () => {
    const before = await build('M1')
    const later = await sqlProject({
      M1: MIGRATIONS.M1,
      M2: { up: 'alter table item drop column old' },
      M3: { up: 'alter table item drop column older' },
      M4: { up: 'alter table item rename column old to gone' },
    })
    projects.push(later)
    const middle = await sqlProject({
      M1: MIGRATIONS.M1,
      M2: { up: 'alter table item drop column old' },
      M3: { up: 'alter table item drop column older' },
    })
    projects.push(middle)
    await up(before)
    await connectInstance(await nameOf(before))
    const { waiting } = await up(later)
    expect(waiting).toMatchObject([
      { migration: 'M2' },
      { migration: 'M3' },
      { migration: 'M4', after: 'M2' },
    ])
    expect(waiting?.[1]).not.toHaveProperty('after')
  })

  test('a hole that was not made by overtaking is refused as before', async () => {
    await up(await build('M1', 'M2', 'M4'))
    // M3 waits for nobody: it has come from another branch.
    const other = await sqlProject({
      M1: MIGRATIONS.M1,
      M2: MIGRATIONS.M2,
      M3: { up: 'alter table item add later int' },
      M4: MIGRATIONS.M4,
    })
    projects.push(other)
    await expect(up(other)).rejects.toMatchObject({ code: 'OUT_OF_ORDER' })
    const shared = await sqlProject({
      M1: MIGRATIONS.M1,
      M2: MIGRATIONS.M2,
      M3: { up: 'drop table other' },
      M4: MIGRATIONS.M4,
    })
    projects.push(shared)
    await expect(up(shared)).rejects.toMatchObject({ code: 'OUT_OF_ORDER' })
  })

  test('goes back from that order, and up again', { tags: 'long' }, async () => {
    const before = await build('M1', 'M2')
    const after = await build('M1', 'M2', 'M3', 'M4')
    await up(before)
    const instance = await connectInstance(await nameOf(before))
    await up(after)
    // M3 has not run: the way back is that of M4.
    expect(appliedBy(await down(after, '-1'))).toBe('M4')
    expect(appliedBy(await up(after))).toBe('M4')
    await instance.end()
    await up(after)
    expect(appliedBy(await down(after, 'M2'))).toBe('M4 M3')
    expect(appliedBy(await up(after))).toBe('M3 M4')
    expect(appliedBy(await down(after, 'base'))).toBe('M4 M3 M2 M1')
  })
})

test('a contract step that waits is not in the way of what comes before it', async () => {
  const older = await build('M1')
  await up(older)
  await connectInstance(await nameOf(older))
  const newer = await build('M1', 'M2', 'M2_set')
  await sql('delete from item')
  const result = await up(newer)
  expect(appliedBy(result)).toBe('M2')
  expect(result.waiting).toMatchObject([{ migration: 'M2_set' }])
})

test('a jump over a release does not deadlock: it says what to deploy first, and that leads to head', async () => {
  const oldest = await build('M1', 'M2')
  const middle = await build('M1', 'M2', 'M3', 'M4')
  const newest = await build('M1', 'M2', 'M3', 'M4', 'M5')
  await up(oldest)
  const old = await connectInstance(await nameOf(oldest))
  await expect(up(newest)).rejects.toMatchObject({
    next: [
      { command: 'up', args: ['M4'] },
      { command: 'up', options: { contract: true } },
    ],
  })
  expect(appliedBy(await up(newest, { target: 'M4' }))).toBe('M4')
  expect(await gateOf(middle)).toMatchObject({ isOpen: true })
  // The middle build takes over: what it needs is there.
  await connectInstance(await nameOf(middle))
  await old.end()
  expect(appliedBy(await up(newest))).toBe('M3 M5')
})
