import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { databaseTarget, hashProject, run, type RunEvent } from '../index.ts'
import type { CodeSession } from '../migration.ts'
import type { Project } from '../project/project.ts'
import { query } from '../testing/query.ts'
import { runSql } from '../testing/run-sql.ts'
import { sqlProject } from '../testing/sql-project.ts'

/** What PostgreSQL says beside its message: in the words for people, in the data, and for notices in the journal. */

let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(() => database.drop())

const FUNCTION = `
  create function complain() returns void language plpgsql as $$
  begin
    raise exception using message = 'no such luck', detail = 'row 7 is in the way', hint = 'look at row 7',
      errcode = 'P0007', schema = 'app', table = 'jobs', column = 'status', datatype = 'mood', constraint = 'cheerful';
  end $$`

/** As PostgreSQL says it, whoever runs the function. */
const COMPLAINT = {
  sqlstate: 'P0007',
  severity: 'ERROR',
  message: 'no such luck',
  detail: 'row 7 is in the way',
  hint: 'look at row 7',
  where: expect.stringMatching(/^PL\/pgSQL function complain\(\) line 3 at RAISE/),
  schema: 'app',
  table: 'jobs',
  column: 'status',
  dataType: 'mood',
  constraint: 'cheerful',
}

const WORDS =
  /DETAIL: {2}row 7 is in the way\nHINT: {2}look at row 7\nCONTEXT: {2}PL\/pgSQL function complain\(\)[^\n]*\n(.*\n)*SQLSTATE P0007: table app\.jobs, column status, type app\.mood, constraint cheerful/

async function failureOf(project: Project, direction: 'up' | 'down' = 'up') {
  const target = direction === 'up' ? 'head' : 'base'
  return run(project, databaseTarget(database.url), {
    direction,
    target,
    seed: 'always',
    yes: true,
  }).then(
    () => new Error('It went well.'),
    (error: unknown) => error,
  )
}

/** An ORM that wraps the driver's error. */
const wrapping = async (session: CodeSession) => {
  await session.query('select complain()').catch((cause: unknown) => {
    throw new Error('The ORM failed.', { cause: new Error('in its driver', { cause }) })
  })
}

type Loaded = Awaited<ReturnType<Project['load']>>

/** The project with its only migration, or its seeders, changed. */
function changed(project: Project, change: (loaded: Loaded) => Partial<Loaded>): Project {
  return {
    ...project,
    hasNoManifest: true,
    load: async () => {
      const loaded = await project.load()
      return { ...loaded, ...change(loaded) }
    },
  }
}

function migrationWith(project: Project, members: object): Project {
  return changed(project, ({ migrations }) => ({
    migrations: migrations.map((one) => ({ ...one, migration: { ...one.migration, ...members } })),
  }))
}

describe('every field comes through', () => {
  const check = [{ query: 'select complain()::text', says: 'never read' }]
  const code = { kind: 'code', run: wrapping } as const
  test.each([
    ['a statement', 'STATEMENT_FAILED', {}, 'select complain()'],
    [
      'a statement outside a transaction',
      'STATEMENT_FAILED',
      { transactional: false },
      'select complain()',
    ],
    ['code, where an ORM wraps the error', 'STATEMENT_FAILED', { up: code }, 'select 1'],
    ['requires', 'REQUIRES', { requires: check }, 'select 1'],
    ['ensures', 'STATEMENT_FAILED', { ensures: check }, 'select 1'],
  ] as const)('of %s', async (_, expected, members, up) => {
    await query(database.url, FUNCTION)
    const project = await sqlProject({ Migration1: { up, down: 'select 1' } })
    const error = await failureOf(migrationWith(project, members))
    expect(error).toMatchObject({ code: expected, postgres: COMPLAINT })
    expect((error as Error).message).toMatch(WORDS)
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      code: expected,
      postgres: { detail: COMPLAINT.detail },
    })
    await project.drop()
  })

  test('of a way back, and of what it requires', async () => {
    await query(database.url, FUNCTION)
    const project = await sqlProject({ Migration1: { up: 'select 1', down: 'select complain()' } })
    expect(await failureOf(project)).toMatchObject({ message: 'It went well.' })
    expect(await failureOf(project, 'down')).toMatchObject({
      code: 'STATEMENT_FAILED',
      postgres: COMPLAINT,
    })
    await project.drop()
  })

  test('of a constraint and of a syntax error within code, with the place', async () => {
    const ended = await runSql(
      database.url,
      'create table a (n int primary key); insert into a values (1), (1)',
    )
    expect(ended.error).toMatchObject({
      postgres: {
        sqlstate: '23505',
        schema: 'public',
        table: 'a',
        constraint: 'a_pkey',
        detail: 'Key (n)=(1) already exists.',
      },
    })
    const place = await runSql(
      database.url,
      'create table b (n int);\nselect 1,\n\t  nowhere from b',
      {},
      'Migration2',
    )
    expect(place.error?.message).toContain('LINE 2: \t  nowhere from b\n        \t  ^')
    expect(place.error?.postgres).toMatchObject({ sqlstate: '42703', position: 14 })
  })

  test('of the journal’s entry, in its note', async () => {
    await query(database.url, FUNCTION)
    await runSql(database.url, 'select complain()')
    const rows = await query<{ note: string }>(
      database.url,
      `select note from migrator.history where event = 'failed'`,
    )
    expect(rows[0]?.note).toMatch(WORDS)
  })
})

test('of a seeder that an ORM wraps', async () => {
  await query(database.url, FUNCTION)
  const project = await sqlProject({ Migration1: { up: 'select 1' } })
  const seeding = changed(project, ({ header }) => ({
    header: { ...header, seeders: '.' },
    seed: async (session) => wrapping(session).then(() => []),
  }))
  await hashProject(seeding)
  const error = await failureOf({ ...seeding, hasNoManifest: false })
  expect(error).toMatchObject({ code: 'SEED_FAILED', postgres: COMPLAINT })
  await project.drop()
})

test('no password is in it, wherever PostgreSQL quotes one', async () => {
  const ended = await runSql(
    database.url,
    `do $$ begin execute 'alter role nobody_there password ''hunter2'''; end $$`,
  )
  const said = `${ended.error?.message}\n${JSON.stringify(ended.error)}`
  expect(said).toContain('42704')
  expect(said).not.toContain('hunter2')
})

test('what ran outside a transaction may stand in part', async () => {
  await query(
    database.url,
    `create table half (n int); create procedure half() language plpgsql as $$ begin
       insert into half values (1); commit; raise exception 'the rest'; end $$`,
  )
  const project = await sqlProject({ Migration1: { up: 'call half()', transactional: false } })
  const error = await failureOf(project)
  expect(error).toMatchObject({
    code: 'STATEMENT_FAILED',
    message: expect.stringContaining('a part of its work may stand'),
  })
  expect(await query(database.url, 'select * from half')).toEqual([{ n: 1 }])
  await project.drop()
})

interface Journalled {
  readonly event: string
  readonly facts: { readonly notices?: readonly { readonly message: string }[] } | null
}

const journalOf = () =>
  query<Journalled>(
    database.url,
    `select event, facts from migrator.history where event in ('done', 'failed') order by id`,
  )

const noticesIn = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'notice' ? [event.notice] : []))

describe('notices', () => {
  test('are told with their level, returned with their migration, and journalled', async () => {
    const project = await sqlProject({
      Migration1: {
        up: `create table if not exists a (n int); create table if not exists a (n int);
             do $$ begin raise warning 'careful' using detail = 'of a', hint = 'look'; raise info 'so far'; end $$`,
        down: 'drop table if exists a, nothing',
      },
    })
    const events: RunEvent[] = []
    const connection = databaseTarget(database.url, { onEvent: (event) => events.push(event) })
    const { migrations } = await run(project, connection, { direction: 'up', target: 'head' })
    const expected = [
      { severity: 'NOTICE', sqlstate: '42P07', message: 'relation "a" already exists, skipping' },
      { severity: 'WARNING', message: 'careful', detail: 'of a', hint: 'look' },
      { severity: 'INFO', message: 'so far' },
    ]
    expect(noticesIn(events)).toMatchObject(expected)
    expect(migrations).toMatchObject([{ name: 'Migration1', notices: expected }])
    expect(await journalOf()).toMatchObject([{ event: 'done', facts: { notices: expected } }])

    const back = await run(project, connection, { direction: 'down', target: 'base', yes: true })
    expect(back.migrations).toMatchObject([
      { notices: [{ message: 'table "nothing" does not exist, skipping' }] },
    ])
    await project.drop()
  })

  test('of a segment outside a transaction, and before a failure', async () => {
    const outside = await runSql(
      database.url,
      'create table a (n int); reindex table concurrently a',
    )
    expect(noticesIn(outside.events)).toMatchObject([
      { message: 'table "a" has no indexes that can be reindexed concurrently' },
    ])
    const failing = `do $$ begin raise notice 'before'; raise exception 'after'; end $$`
    const { error } = await runSql(database.url, failing, {}, 'Migration2')
    expect(error?.details.notices).toMatchObject([{ message: 'before' }])
    expect((await journalOf()).at(-1)).toMatchObject({
      event: 'failed',
      facts: { notices: [{ message: 'before' }] },
    })
  })

  test('of our own statements are nobody’s business', async () => {
    const project = await sqlProject({
      Migration1: { up: 'create table a (n int); insert into a values (1)', down: 'drop table a' },
    })
    const events: RunEvent[] = []
    const connection = databaseTarget(database.url, { onEvent: (event) => events.push(event) })
    await run(project, connection, { direction: 'up', target: 'head' })
    await run(project, connection, { direction: 'down', target: 'base', yes: true })
    await run(project, connection, { direction: 'up', target: 'head' })
    expect(noticesIn(events)).toEqual([])
    await project.drop()
  })

  test('of a statement that is tried before it is done are told once, as it was done', async () => {
    const project = await sqlProject({
      Migration1: {
        up: 'create schema q; create table q.a (n int); create table q.b (n int); insert into q.a values (1)',
        down: 'drop schema q cascade',
      },
    })
    const events: RunEvent[] = []
    const connection = databaseTarget(database.url, { onEvent: (event) => events.push(event) })
    await run(project, connection, { direction: 'up', target: 'head' })
    const down = { direction: 'down', target: 'base', yes: true } as const
    const { migrations } = await run(project, connection, down)
    expect(migrations[0]?.notices?.length).toBeGreaterThan(0)
    expect(noticesIn(events)).toEqual(migrations[0]?.notices)
    await project.drop()
  })

  test.each([
    ['many', `for i in 1..1000 loop raise notice 'number %', i; end loop`],
    ['long', `for i in 1..20 loop raise notice '%', repeat('ä', 5000); end loop`],
  ])('too %s of them are cut, and that is said', async (_, body) => {
    const { events } = await runSql(
      database.url,
      `do $$ begin ${body}; end $$; do $$ begin ${body}; end $$`,
    )
    const [entry] = await journalOf()
    const kept = entry?.facts?.notices ?? []
    expect(kept.length).toBeLessThanOrEqual(101)
    expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(9000)
    expect(kept.at(-1)?.message).toMatch(/neither shown nor kept/)
    expect(noticesIn(events)).toHaveLength(kept.length)
  })
})
