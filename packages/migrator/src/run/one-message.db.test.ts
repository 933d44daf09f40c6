import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { databaseTarget, run, type RunEvent, type TargetSettings } from '../index.ts'
import { query } from '../testing/query.ts'
import { sqlProject, type SqlMigration } from '../testing/sql-project.ts'

/** Applies a project; returns what it sent on the connection that works, and how it ended. */
async function up(
  url: string,
  migrations: Readonly<Record<string, SqlMigration>>,
  settings: TargetSettings = {},
) {
  const project = await sqlProject(migrations)
  const messages = recordMessages()
  const events: RunEvent[] = []
  const onEvent = (event: RunEvent) => events.push(event)
  try {
    const target = databaseTarget(url, { onEvent, ...settings })
    await run(project, target, { direction: 'up', target: 'head' })
    return { messages: messages.stop(), events, error: undefined }
  } catch (error) {
    return { messages: messages.stop(), events, error }
  } finally {
    await project.drop()
  }
}

type Query = (this: Client, ...args: unknown[]) => unknown

function recordMessages() {
  const texts: string[] = []
  const prototype = Client.prototype as unknown as { query: Query }
  const { query } = prototype
  prototype.query = function record(this: Client, ...args: unknown[]) {
    const [first] = args
    texts.push(
      typeof first === 'string' ? first : String((first as { text?: unknown } | null)?.text),
    )
    return query.apply(this, args)
  }
  const stop = () => {
    prototype.query = query
    return texts
  }
  return { stop }
}

const chain = (length: number) =>
  Object.fromEntries(
    Array.from({ length }, (_, n) => [
      `Migration${100 + n}`,
      { up: `create table t${n} (id int primary key, v text)` },
    ]),
  )

test('a migration more is a message more, and the last one waits for the disk', async () => {
  await using few = await createTestDatabase()
  await using many = await createTestDatabase()
  const { messages } = await up(many.url, chain(30))
  const before = (await up(few.url, chain(10))).messages
  expect(messages.length - before.length).toBe(20)
  const plain = messages.filter((text) => text.startsWith('begin\n;'))
  expect(plain).toHaveLength(30)
  const waits = plain.map((text) => !text.endsWith('synchronous_commit = off\n;\ncommit'))
  expect([waits[0], waits.at(-1)]).toEqual([false, true])
})

test('one message records what statement by statement records', async () => {
  const migrations = {
    Migration1: {
      up: 'create table t (id int primary key); comment on table t is $$it’s; a \\ t$$',
    },
    Migration2: {
      up: 'alter table t add column "Größe" text -- long\n; create index on t ("Größe")',
    },
    Migration3: { up: `create type mood as enum ('ok'); alter type mood add value 'bad'` },
  }
  const recorded = async (settings: TargetSettings) => {
    await using database = await createTestDatabase()
    const { error } = await up(database.url, migrations, settings)
    expect(error).toBeUndefined()
    const journal = await query(
      database.url,
      `select event, migration, direction, phase, segment, segments, mode, final, checksum, statements, definition, attempts,
              rows, note, facts, ledger, role, application, duration_ms is null as untimed, facts
         from migrator.history where migration is not null and event <> 'schema-recorded' order by id`,
    )
    const ledger = await query(
      database.url,
      'select id, name from mikro_orm_migrations order by id',
    )
    return { journal, ledger }
  }
  const inOne = await recorded({})
  expect(inOne.ledger).toHaveLength(3)
  expect(inOne).toEqual(await recorded({ onStatement: () => {} }))
})

const FAILING = {
  'a statement in the middle': `create table "größer" (id int);
create table b (
  id unknown_type);
create table c (id int)`,
  'the last one': 'create table a (id int); create table a (id int)',
  'the first one': `create type a as (x unknown_type); create table b (id int)`,
}

test.each(Object.entries(FAILING))('%s that fails is named, with its place', async (_, sql) => {
  const failing = async (settings: TargetSettings) => {
    await using database = await createTestDatabase()
    const migrations = { ...chain(3), Migration900: { up: sql } }
    const { error, messages } = await up(database.url, migrations, settings)
    // Counting has found it: it was not run once more by itself.
    const isAlone = sql.split(';').some((one) => messages.includes(one.trim()))
    expect(isAlone).toBe('onStatement' in settings)
    const journal = await query(
      database.url,
      `select event, migration, note, attempts from migrator.history where migration is not null and event <> 'schema-recorded' order by id`,
    )
    const tables = await query(
      database.url,
      `select tablename from pg_tables where schemaname = 'public' order by 1`,
    )
    const { code, message, details } = error as { code: string; message: string; details: object }
    return { code, message, details, journal, tables }
  }
  const inOne = await failing({})
  expect(inOne.code).toBe('STATEMENT_FAILED')
  expect(inOne.journal.at(-1)).toMatchObject({ event: 'failed', migration: 'Migration900' })
  expect(inOne).toEqual(await failing({ onStatement: () => {} }))
})

test('what was done before a failure is reported before the run ends', async () => {
  await using database = await createTestDatabase()
  const { events, error } = await up(database.url, {
    ...chain(3),
    Migration900: { up: 'create table t0 (id int)' },
  })
  expect(error).toMatchObject({ code: 'STATEMENT_FAILED' })
  const told = events.flatMap((event) =>
    event.type.startsWith('migration-') && 'migration' in event
      ? [`${event.type} ${event.migration}`]
      : [],
  )
  expect(told).toEqual([
    ...Object.keys(chain(3)).flatMap((name) => [
      `migration-started ${name}`,
      `migration-done ${name}`,
    ]),
    'migration-started Migration900',
  ])
})

test('tries again for its locks, without queueing, and reports what came before meanwhile', async () => {
  await using database = await createTestDatabase()
  await query(database.url, 'create table t (id int)')
  const blocker = new Client({ connectionString: database.url })
  await blocker.connect()
  await blocker.query('begin; lock table t in access share mode')
  const events: string[] = []
  const ending = (async () => {
    while (!events.includes('segment-waiting')) await sleep(50)
    const seen = [...events]
    await blocker.query('commit')
    return seen
  })()
  const migrations = {
    ...chain(1),
    Migration900: { up: 'alter table t add column v int' },
  }
  const { error } = await up(database.url, migrations, { onEvent: ({ type }) => events.push(type) })
  expect(error).toBeUndefined()
  expect(await ending).toContain('migration-done')
  await blocker.end()
  const rows = await query<{ event: string; attempts: number | null }>(
    database.url,
    `select event, attempts from migrator.history where migration = 'Migration900' and event <> 'schema-recorded' order by id`,
  )
  expect(rows.map(({ event }) => event)).toEqual(['started', 'done'])
})

test('an event trigger, an archive, rows and settings go statement by statement', async () => {
  await using database = await createTestDatabase()
  await query(
    database.url,
    `create function told() returns event_trigger language plpgsql as $$begin raise notice 'heard'; end$$;
     create event trigger told on ddl_command_end execute function told()`,
  )
  const { messages, error } = await up(database.url, chain(2))
  expect(error).toBeUndefined()
  expect(
    messages.filter((text) => text === 'create table t1 (id int primary key, v text)'),
  ).toHaveLength(1)
  const [{ facts }] = (await query<{ facts: object }>(
    database.url,
    `select facts from migrator.history where event = 'done' order by id desc limit 1`,
  )) as [{ facts: object }]
  expect(facts).toMatchObject({ notices: [{ message: 'heard' }] })
})

test('a role that waits for no disk waits where the migrator reports', async () => {
  await using database = await createTestDatabase()
  await query(
    database.url,
    `do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$`,
  )
  const levels: string[] = []
  const project = await sqlProject({
    Migration1: { up: 'create table t (id int)' },
    Migration2: {
      up: async (session) => {
        const { rows } = await session.query(
          `select current_setting('synchronous_commit') as level`,
        )
        levels.push((rows[0] as { level: string }).level)
      },
    },
  })
  await run(project, databaseTarget(database.url), { direction: 'up', target: 'head' })
  await project.drop()
  expect(levels).toEqual(['on'])
})

test('what was done before a statement that takes long is reported while that runs', async () => {
  await using database = await createTestDatabase()
  await query(
    database.url,
    `create function slow(int, int) returns boolean language plpgsql immutable as
       $$begin perform pg_sleep(2); return true; end$$;
     create operator === (leftarg = int, rightarg = int, function = slow);
     create table t (id int); insert into t values (1)`,
  )
  const seen: string[] = []
  let isSlow = false
  const migrations = {
    ...chain(2),
    Migration900: { up: 'alter table t add constraint slow check (id === 1)' },
    Migration901: { up: 'create table z (id int)' },
  }
  const looking = (async () => {
    while (!isSlow) {
      await sleep(50)
      const rows = await query(
        database.url,
        `select from pg_stat_activity where wait_event = 'PgSleep'`,
      )
      isSlow = rows.length > 0 && seen.includes('migration-done Migration101')
    }
  })()
  const { error } = await up(database.url, migrations, {
    onEvent: (event) => 'migration' in event && seen.push(`${event.type} ${event.migration}`),
  })
  expect(error).toBeUndefined()
  await looking
  expect(seen.filter((event) => event.startsWith('migration-done'))).toEqual(
    Object.keys(migrations).map((name) => `migration-done ${name}`),
  )
})
