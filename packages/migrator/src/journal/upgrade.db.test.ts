import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listArchive, purgeArchive } from '../archive/manage.ts'
import { readGate } from '../gate/index.ts'
import { grantApplicationRole } from '../grant/roles.ts'
import { check } from '../inspect/check.ts'
import { history } from '../inspect/history.ts'
import { preview } from '../inspect/preview.ts'
import { status } from '../inspect/status.ts'
import { openProject } from '../project/open.ts'
import { findBookkeepingIssues } from '../repair/bookkeeping-issues.ts'
import { resolveInDoubt } from '../repair/resolve.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { createRole } from '../testing/roles.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { readExecuted } from './executed.ts'
import { recordMigration } from './record.ts'

const FORMAT_4 = await readFile(new URL('tests/format-4.sql', import.meta.url), 'utf8')

/** What the fixture was made with. */
const MIGRATIONS = {
  M1: {
    up: `create table item (id int primary key, v text); insert into item values (1, 'one'), (2, 'two')`,
    down: 'drop table item',
  },
  M2: {
    up: 'create index concurrently item_v on item (v)',
    down: 'drop index concurrently item_v',
  },
  M3: {
    up: 'alter table item add column n int',
    down: 'alter table item drop column n',
  },
  M4: {
    up: `create table later (id int); insert into later values (7)`,
    down: 'drop table later',
  },
}

/** A statement outside of a transaction, whose end nobody saw. */
const IN_DOUBT = `insert into migrator.journal (run, event, migration, direction, segment, segments, mode, statements, ledger)
  values (gen_random_uuid(), 'started', 'M4', 'up', 1, 1, 'outside', '[{"sql": "vacuum", "position": 0, "checksum": ""}]',
          '"public"."mikro_orm_migrations"')`

let database: TestDatabase
let project: Awaited<ReturnType<typeof sqlProject>>

const here = () => databaseTarget(database.url)
const sql = <Row extends Record<string, unknown>>(text: string) => query<Row>(database.url, text)
const up = () => run(project, here(), { direction: 'up', target: 'head', allowDrift: 'ours' })
const asked = async () => {
  const { manifest } = await openProject(project)
  return readGate(manifest, (text) => sql(text))
}

beforeEach(async () => {
  database = await createTestDatabase()
  project = await sqlProject(MIGRATIONS)
  await sql(FORMAT_4)
})

afterEach(() => Promise.all([database.drop(), project.drop()]))

/** The journal and what surrounds it, as rows of text: names, kinds, comments, and the rows of every table. */
async function print(): Promise<string> {
  const objects = await sql<{ line: string }>(
    `select concat_ws(' ', relkind, oid::regclass, relacl, obj_description(oid, 'pg_class')) as line from pg_class
      where relnamespace::regnamespace::text ~ '^(migrator|public)' order by 1`,
  )
  const journal = await sql<{ line: string }>(
    `select j::text as line from migrator.journal j order by id`,
  )
  return [...objects, ...journal].map(({ line }) => line).join('\n')
}

describe('a journal that the release before has written', () => {
  test('is read as it is by every command that only looks, and nothing is written', async () => {
    const before = await print()
    const { migrations } = await status(project, here())
    expect(migrations.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'M1 applied',
      'M2 applied',
      expect.stringMatching(/^M3 /),
      expect.stringMatching(/^M4 /),
    ])
    const { plan } = await preview(project, here(), { direction: 'up', target: 'head' })
    expect(plan.migrations.map(({ migration }) => migration.name)).toEqual(['M3', 'M4'])
    await check(project, here())
    await findBookkeepingIssues(project, here())
    await readExecuted(project, here())
    expect(await listArchive(project, here())).toHaveLength(2)
    const events = (await history(project, here())).map(({ event }) => event)
    expect(events).toEqual(
      expect.arrayContaining(['schema-recorded', 'ledger-dropped', 'restored', 'resolved']),
    )
    expect(await asked()).toMatchObject({
      isOpen: false,
      reason: expect.stringMatching(/migrate step/),
    })
    expect(await print()).toBe(before)
  })

  test('is upgraded by the run that goes on with it, row by row, and keeps its evidence', async () => {
    const rows =
      `select id, event, facts, undo from migrator.journal where id <= $1 order by id`.replace(
        '$1',
        '32',
      )
    const former = await sql(rows)
    const versions = await sql<{ id: string; xmin: string }>(
      `select id, xmin::text from migrator.journal where event = 'done' order by id`,
    )
    expect(await up()).toMatchObject({ migrations: [{ name: 'M3' }, { name: 'M4' }] })
    // The view has the old words of what was there, and of what has come since.
    expect(await sql(rows)).toEqual(former)
    expect(
      await sql(
        `select id, xmin::text from migrator.history where event = 'done' and id <= 32 order by id`,
      ),
    ).toEqual(versions)
    expect(await sql('select id from later')).toEqual([{ id: 7 }])
    const words = await sql<{ event: string }>(
      'select distinct event from migrator.history order by 1',
    )
    expect(words.map(({ event }) => event)).toEqual([
      'archived',
      'done',
      'ledger-dropped',
      'no-effect',
      'resolved',
      'restored',
      'schema-recorded',
      'started',
    ])
    expect(await asked()).toEqual({ state: 'fits', isOpen: true, reason: '' })
    expect((await check(project, here())).filter(({ exit }) => exit !== 'done')).toEqual([])
    // Nothing more to do: the next run finds what this one has left.
    expect(await run(project, here(), { direction: 'up', target: 'head' })).toMatchObject({
      migrations: [],
    })
  })

  test('says the same in the words of today, each of its events', async () => {
    const events =
      `started done failed recovered lost settled seeded adopting adopted catalog drift-allowed blocker-ended
      repaired logged rolled-up forgotten archived discarded given-back purged`.split(/\s+/)
    const rows = events.map(
      (event) =>
        `(gen_random_uuid(), '${event}', '{"marker": "m", "theirs": ["t"], "shape": "s"}')`,
    )
    await sql(`insert into migrator.journal (run, event, facts) values ${rows.join(', ')}`)
    await recordMigration(project, here(), 'M3', 'up')
    const read = (table: string) =>
      sql<{ event: string; facts: unknown }>(
        `select event, facts from ${table} where id > 32 order by id limit ${events.length}`,
      )
    expect((await read('migrator.journal')).map(({ event }) => event)).toEqual(events)
    const now = await read('migrator.history')
    expect(now.map(({ event }) => event).join(' ')).toBe(
      `started done failed recovered no-effect resolved seeded adopting adopted schema-recorded drift-allowed blocker-ended repaired logged rollup-recorded ledger-dropped archived discarded restored purged`,
    )
    const factsOf = (name: string) => now.find(({ event }) => event === name)?.facts
    expect(factsOf('schema-recorded')).toEqual({ changeMarker: 'm', unmanaged: ['t'], shape: 's' })
    expect(factsOf('adopted')).toEqual({ marker: 'm', theirs: ['t'], knownSchema: 's' })
    expect(factsOf('done')).toEqual({ marker: 'm', theirs: ['t'], shape: 's' })
    expect((await read('migrator.journal')).map(({ facts }) => facts)).toEqual(
      events.map(() => ({ marker: 'm', theirs: ['t'], shape: 's' })),
    )
  })

  test('has the form of a new one afterwards', async () => {
    await up()
    const upgraded = await formOf(database.url)
    await using other = await createTestDatabase()
    await run(project, databaseTarget(other.url), { direction: 'up', target: 'head' })
    expect(upgraded).toEqual(await formOf(other.url))
  })

  test('is upgraded by every other command that writes', async () => {
    const role = await createRole(database.url)
    const writing = {
      grant: () => grantApplicationRole(here(), role.name, undefined),
      'archive purge': () => purgeArchive(project, here(), { ids: [], yes: true }),
      settle: async () => {
        await sql(IN_DOUBT)
        await resolveInDoubt(project, here(), 'M4', false)
      },
      record: () => recordMigration(project, here(), 'M3', 'up'),
    }
    for (const [name, write] of Object.entries(writing)) {
      await using other = await createTestDatabase()
      await query(other.url, FORMAT_4)
      const before = database
      database = other
      await write().finally(() => (database = before))
      const found = `select '${name}' as name, relkind from pg_class where oid = 'migrator.journal'::regclass`
      expect(await query(other.url, found)).toEqual([{ name, relkind: 'v' }])
      await query(other.url, `drop owned by ${role.name}`)
    }
    await role.drop()
  })

  test(
    'is upgraded or left as it is: who waits behind a reader gives up, and nothing is half done',
    { tags: 'long' },
    async () => {
      const before = await print()
      const { Client } = await import('pg')
      const reader = new Client({ connectionString: database.url })
      await reader.connect()
      await reader.query('begin; select from migrator.journal')
      await expect(up()).rejects.toThrow(/lock timeout/)
      await reader.end()
      expect(await print()).toBe(before)
      await up()
    },
  )
})

/** Relations, columns, indexes, triggers, functions and comments of the bookkeeping. */
async function formOf(url: string) {
  return query(
    url,
    `select c.relname, c.relkind, obj_description(c.oid, 'pg_class') as says,
            (select json_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), attidentity) order by attname)
               from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
              where attrelid = c.oid and attnum > 0 and not attisdropped and relkind <> 'S') as columns,
            (select json_agg(pg_get_triggerdef(t.oid) order by tgname) from pg_trigger t where tgrelid = c.oid) as triggers,
            case relkind when 'v' then pg_get_viewdef(c.oid) when 'i' then pg_get_indexdef(c.oid) end as definition
       from pg_class c where relnamespace = 'migrator'::regnamespace order by 1`,
  )
}

test('a role that may write the journal, and is not its owner, is told what lets it upgrade', async () => {
  const owner = await createRole(database.url)
  const role = await createRole(database.url, 'bypassrls')
  await sql(`do $$ declare one record; begin
      for one in select oid::regclass as name from pg_class where relkind = 'r' and relnamespace::regnamespace::text ~ '^(migrator|public)' loop
        execute format('alter table %s owner to ${owner.name}', one.name);
      end loop;
      execute format('alter database %I owner to ${owner.name}', current_database());
    end $$;
    alter schema migrator owner to ${owner.name}; alter schema migrator_archive owner to ${owner.name};
    alter function migrator.refuse_change owner to ${owner.name};
    grant usage on schema migrator, migrator_archive to ${role.name};
    grant all on all tables in schema migrator, migrator_archive, public to ${role.name}`)
  const before = await print()
  const asRole = () =>
    run(project, databaseTarget(role.url), { direction: 'up', target: 'head', drift: 'ignore' })
  await expect(asRole()).rejects.toMatchObject({
    code: 'PRIVILEGE_MISSING',
    message: expect.stringMatching(/bringing the journal to format 8.*must be owner/),
    next: [{ sql: `grant ${owner.name} to ${role.name}` }],
  })
  expect(await print()).toBe(before)
  await sql(`drop owned by ${role.name}`)
  await run(project, databaseTarget(owner.url), { direction: 'up', target: 'head' })
  const owners = await sql(
    `select distinct relowner::regrole::text as owner from pg_class where relnamespace = 'migrator'::regnamespace`,
  )
  expect(owners).toEqual([{ owner: owner.name }])
  await sql(`reassign owned by ${owner.name} to current_user`)
  await Promise.all([role.drop(), owner.drop()])
})

test('the function of the heartbeats that an earlier build has made is replaced by the next run', async () => {
  await up()
  const read = `select prosrc as text from pg_proc where proname = 'heartbeat'`
  const [now] = await sql(read)
  await sql(`create or replace function migrator.heartbeat(uuid, text, text) returns void language sql security definer as '';
    comment on table migrator.history is 'What the migrator did, in order. Format 6, which version 0.2.0 of the migrator has introduced.'`)
  await run(project, here(), { direction: 'down', target: 'M3', yes: true })
  expect(await sql(read)).toEqual([now])
})

describe('a service of the release before', () => {
  /** What the gate of commit 66c4eb4 asks. */
  const FORMER_GATE = `
    select id, migration, event, final, checksum, phase from migrator.journal
     where event in ('done', 'recovered', 'settled') and final order by id`

  test('reads the journal in its own words, with the rights that it had, and cannot write it', async () => {
    const role = await createRole(database.url)
    await sql(`grant usage on schema migrator to ${role.name};
      grant select (id, migration, event, final, checksum, phase, ledger) on migrator.journal to ${role.name}`)
    const before = await query(role.url, FORMER_GATE)
    await up()
    const after = await query(role.url, FORMER_GATE)
    expect(after.slice(0, before.length)).toEqual(before)
    expect(after).toHaveLength(before.length + 2)
    for (const forbidden of [
      'select facts from migrator.journal',
      'select undo from migrator.journal',
      'select definition from migrator.history',
      `insert into migrator.journal (run, event) values (gen_random_uuid(), 'done')`,
    ]) {
      await expect(query(role.url, forbidden)).rejects.toThrow(/permission denied/)
    }
    await sql(`drop owned by ${role.name}`)
    await role.drop()
  })

  test('and its migrator, which would write there, is told which version to use', async () => {
    await up()
    for (const write of [
      `insert into migrator.journal (run, event) values (gen_random_uuid(), 'done')`,
      `update migrator.journal set note = 'x'`,
      'delete from migrator.journal',
    ]) {
      await expect(sql(write)).rejects.toThrow(
        /newer format: use version \d+\.\d+\.\d+ of the migrator/,
      )
    }
  })
})

test('a journal of a format to come is refused by every command, which says which version to use', async () => {
  await up()
  await sql(
    `comment on table migrator.history is 'Format 9, which version 9.8.7 of the migrator has introduced.'`,
  )
  const before = await print()
  const commands = {
    up,
    status: () => status(project, here()),
    check: () => check(project, here()),
    history: () => history(project, here()),
    'archive list': () => listArchive(project, here()),
    grant: () => grantApplicationRole(here(), 'nobody', undefined),
  }
  for (const [name, command] of Object.entries(commands)) {
    const ended = await command().then(
      () => 'done',
      (error: unknown) => error,
    )
    expect([name, ended]).toEqual([
      name,
      expect.objectContaining({
        code: 'JOURNAL_NEWER',
        exit: 2,
        message: expect.stringMatching(/format 9.*up to 8.*Use version 9\.8\.7/),
      }),
    ])
  }
  expect(await print()).toBe(before)
})

test('a comment that is lost changes nothing: the name tells the format', async () => {
  await sql('comment on table migrator.journal is null')
  await up()
  await sql('comment on table migrator.history is null')
  expect(await run(project, here(), { direction: 'down', target: 'M2', yes: true })).toMatchObject({
    migrations: [{ name: 'M4' }, { name: 'M3' }],
  })
})

test('the first journals, with the statements of the way back alone, are enough to revert by', async () => {
  await sql(`alter table migrator.journal disable trigger append_only;
    update migrator.journal set undo = '[{"sql": "drop index concurrently item_v", "position": 0}]'
     where migration = 'M2' and undo is not null;
    alter table migrator.journal enable trigger append_only`)
  const { M1 } = MIGRATIONS
  const older = await sqlProject({ M1 })
  await run(older, here(), { direction: 'down', target: 'M1', yes: true })
  await older.drop()
  expect(await sql(`select to_regclass('item_v') as index`)).toEqual([{ index: null }])
})
