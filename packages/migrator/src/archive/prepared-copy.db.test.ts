import { briefly, inTurn } from '@techfacts/postgres/testing'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { diffCatalogs } from '../catalog/index.ts'
import { readSchema } from '../testing/database.ts'
import { createRole, type TestRole } from '../testing/roles.ts'
import { openSession, until } from '../testing/sessions.ts'
import { useWayBack } from '../testing/way-back.ts'
import { LARGE_TABLE } from './foresee.ts'

/*
 * What a contract migration takes from a large table is copied before its locks. A copy is stopped at its end, with
 * its snapshot taken: what others write meanwhile is exactly what has to be read again.
 */

const way = useWayBack()
let application: TestRole

beforeEach(async () => {
  application = await createRole(way.url())
})
afterEach(() => application.drop())

const ROWS = 7000

/** A table above the threshold, whose copies stop at a gate: without a time limit, or they would be made again behind it. */
async function given(create: string): Promise<void> {
  await way.sql(`${create};
    insert into t (id, v, w) select n, 'v' || n, repeat(md5(n::text), 24) from generate_series(1, ${ROWS}) n;
    grant select, insert, update, delete on t to ${application.name};
    create table seen (what text, mode text, reads bigint);
    create function look() returns event_trigger language plpgsql set search_path = public set lock_timeout = 0 as $$
      begin
        if tg_tag = 'CREATE TABLE AS' then
          insert into seen select distinct 'copy', l.mode from pg_locks l
            where l.pid = pg_backend_pid() and l.relation in (select relid from pg_partition_tree('t') union select 't'::regclass);
          perform pg_stat_force_next_flush();
          perform pg_advisory_xact_lock_shared(7);
        elsif current_query() like 'alter table t %' then
          insert into seen select 'statement', null, sum(pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid))
            from pg_class c where c.oid in (select relid from pg_partition_tree('t') union select 't'::regclass);
        end if;
      end $$;
    create event trigger look on ddl_command_end when tag in ('CREATE TABLE AS', 'ALTER TABLE') execute function look()`)
  const [size] = await way.sql(`select sum(pg_table_size(c.oid))::int as bytes from pg_class c
    where c.oid in (select relid from pg_partition_tree('t') union select 't'::regclass)`)
  expect(Number(size?.bytes)).toBeGreaterThan(LARGE_TABLE)
}

/** Runs `work` while a copy of the run has its snapshot and its locks, and is not done. */
async function whileCopying<T>(run: () => Promise<T>, work: () => Promise<void>): Promise<T> {
  const gate = await openSession(way.url(), 'gate', 'select pg_advisory_lock(7)')
  const running = run()
  await until(
    way.url(),
    `select from pg_locks where locktype = 'advisory' and objid = 7 and not granted`,
  )
  await work()
  await gate.end()
  return running
}

/** As the application, which has no right to anything of the migrator's, and fails where it has to wait for a lock. */
async function asApplication(sql: string): Promise<void> {
  const session = await openSession(application.url, 'application', `set lock_timeout = '10s'`)
  for (const statement of sql.split(';')) await session.client.query(statement)
  await session.end()
}

const leftovers = () =>
  way.sql(`select relname as name from pg_class where relnamespace = 'migrator_archive'::regnamespace and relname !~ '^entries'
      and not exists (select from migrator_archive.entries where relname = any(relations) and note is null)
    union all select proname from pg_proc where pronamespace = 'migrator_archive'::regnamespace
    union all select tgname from pg_trigger where tgname ~ 'migrator'`)

const WRITES = `
  update t set v = 'newer' where id = 1; delete from t where id = 2; update t set id = 90003 where id = 3;
  delete from t where id = 4; insert into t values (4, 'again', 'w'); insert into t values (90001, 'made', 'w');
  begin; update t set v = 'never' where id = 5; rollback; update t set v = null where id = 6;
  insert into t values (90007, 'gone', 'w'); delete from t where id = 90007; update t set w = 'w' where id = 90001`

const PARTS = `create table t_low partition of t for values from (0) to (1000);
  create table t_rest partition of t default`

const tables = {
  'a key': 'create table t (id int primary key, v text, w text)',
  'a key of two columns':
    'create table t (id int, v text, w text, k numeric(4, 2) default 1, primary key (k, id))',
  'no key': 'create table t (id int, v text, w text)',
  partitions: `create table t (id int primary key, v text, w text) partition by range (id); ${PARTS}`,
  'partitions and no key': `create table t (id int, v text, w text) partition by range (id); ${PARTS}`,
}

const migrations = {
  'DROP COLUMN': {
    M1: { up: 'alter table t drop column v', down: 'alter table t add column v text' },
  },
  'ALTER TYPE': {
    M1: {
      up: 'alter table t alter column v type int using length(v)',
      down: 'alter table t alter column v type text',
    },
  },
}

for (const [shape, create] of inTurn(Object.entries(tables))) {
  for (const [kind, migration] of Object.entries(migrations)) {
    test(`${kind} of a table with ${shape}: nobody waits for the copy, and only what changed is read again`, async () => {
      await given(create)
      const project = await way.project(migration)
      let [before, newest]: unknown[] = []
      await whileCopying(
        () => way.up(project),
        async () => {
          await asApplication(WRITES)
          before = await way.sql('select id, v, w from t order by id')
          newest = await way.sql(
            `select max(pg_current_xact_id()::text::bigint - age(xmin))::text as written from t`,
          )
        },
      )
      expect(
        await way.sql(`select facts->>'written' as written from migrator_archive.entries`),
      ).toEqual(newest)
      expect(await way.sql(`select distinct mode from seen where what = 'copy'`)).toEqual([
        { mode: 'AccessShareLock' },
      ])
      const [archived] = await way.sql(
        `select (facts->>'reread')::int as reread from migrator.history where event = 'archived'`,
      )
      expect(archived).toEqual({ reread: kind === 'ALTER TYPE' ? 4 : 5 })
      const [read] = await way.sql(
        `select max(reads)::int as reads from seen where what = 'statement'`,
      )
      // ALTER TYPE itself reads the table, to write it anew, and again for the index of its key.
      expect(Number(read?.reads)).toBeLessThan(kind === 'ALTER TYPE' ? 2 * ROWS + 100 : 100)
      const [copy] = await way.sql(
        `select seq_tup_read::int as reads from pg_stat_user_tables where relname ~ '^e[0-9]'`,
      )
      // Once more would be under the lock: to look for rows that the migration has written, of which there are none.
      const times = (kind === 'ALTER TYPE' ? 5 : 3) * (shape.endsWith('no key') ? 2 : 1)
      expect(Number(copy?.reads)).toBeLessThanOrEqual(times * ROWS)
      await way.down(project, 'base')
      expect(await way.sql('select id, v, w from t order by id')).toEqual(before)
      expect(await leftovers()).toEqual([])
    })
  }
}

test('a way back copies before its locks as well', async () => {
  await given(tables['a key'])
  const project = await way.project({
    M1: { up: 'alter table t add column n int default 1', down: 'alter table t drop column n' },
  })
  await way.up(project)
  await way.sql('update t set n = id')
  let before: unknown
  await whileCopying(
    () => way.down(project, 'base'),
    async () => {
      await asApplication('update t set n = 0 where id < 10; delete from t where id = 10')
      before = await way.sql('select id, n from t order by id')
    },
  )
  expect(await way.archived()).toEqual([`values t ${ROWS - 1}`])
  await way.up(project)
  expect(await way.sql('select id, n from t order by id')).toEqual(before)
})

const invalid = {
  'is emptied': 'truncate t; insert into t values (1, null, null), (2, $$x$$, null)',
  'is written anew': 'alter table t alter column w type varchar(900)',
  'gets a partition with rows': `create table other (like t including all); insert into other values (-1, 'other', 'w'); alter table t attach partition other for values from (-10) to (0)`,
  'has another name for its key for a while': `alter table t rename id to n; update t set v = 'unseen' where n = 1; delete from t where n = 2; alter table t rename n to id`,
  'has no trigger for a while': `alter table t disable trigger all; update t set v = 'unseen' where id = 1; alter table t enable trigger all`,
}

for (const [what, sql] of briefly(Object.entries(invalid))) {
  test(`a copy is made again where the table ${what} meanwhile`, async () => {
    await given(tables.partitions)
    const project = await way.project(migrations['DROP COLUMN'])
    await way.sql('drop event trigger look')
    // A reader keeps the statement waiting once the copy is there.
    const reader = await openSession(way.url(), 'reader', 'begin; select from t limit 1')
    const running = way.up(project)
    const copied = `select from migrator_archive.entries where facts->'prepared' ? 'files'`
    await until(
      way.url(),
      `select from pg_class where oid = to_regclass('migrator_archive.entries')`,
    )
    await until(way.url(), copied)
    await reader.client.query(sql)
    const before = (await reader.client.query('select id, v from t order by id')).rows
    await reader.client.query('commit')
    await reader.end()
    await running
    expect(
      await way.sql(
        `select facts->'reread' as reread from migrator.history where event = 'archived'`,
      ),
    ).toEqual([{ reread: null }])
    await way.down(project, 'base')
    expect(await way.sql('select id, v from t order by id')).toEqual(before)
    expect(await leftovers()).toEqual([])
  })
}

const foreseen = {
  'alter table t drop column v; alter table t drop column w': 2,
  'alter table t drop column id; alter table t drop column w': 1,
  'update t set w = v where id = 1; alter table t drop column w': 0,
  'alter table t rename w to x; alter table t drop column x': 0,
  'do $$ begin alter table t rename w to x; end $$; alter table t drop column x': 0,
}

for (const [sql, copies] of briefly(Object.entries(foreseen))) {
  test(`${copies} copies are made before: ${sql}`, async () => {
    await given(tables['a key'])
    await way.up(await way.project({ M1: { up: sql, down: '' } }))
    expect(
      await way.sql(`select count(*)::int from migrator.history where event = 'prepared'`),
    ).toEqual([{ count: copies }])
  })
}

test('what fails leaves no copy and no trigger', async () => {
  await given(tables['a key'])
  const project = await way.project({
    M1: { up: 'alter table t drop column v; select 1 / 0', down: '' },
  })
  await expect(way.up(project)).rejects.toMatchObject({ code: 'STATEMENT_FAILED' })
  expect(await leftovers()).toEqual([])
})

/** Runs M1 in a process that kills itself as soon as it has copied. */
async function dieAfterCopy(): Promise<void> {
  const script = fileURLToPath(new URL('tests/die-after-copy.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    [script, way.url(), JSON.stringify(migrations['DROP COLUMN'])],
    {
      stdio: 'inherit',
    },
  )
  const [, signal] = await once(child, 'exit')
  expect(signal).toBe('SIGKILL')
}

test('kill -9 after the copy: the next run goes on with it', { tags: 'long' }, async () => {
  await given(tables['no key'])
  await dieAfterCopy()
  expect(await leftovers()).not.toEqual([])
  await asApplication(WRITES)
  const before = await way.sql('select id, v, w from t order by id')
  const project = await way.project(migrations['DROP COLUMN'])
  await way.up(project)
  expect(
    await way.sql(`select count(*)::int from migrator.history where event = 'prepared'`),
  ).toEqual([{ count: 1 }])
  await way.down(project, 'base')
  expect(await way.sql('select id, v, w from t order by id')).toEqual(before)
  expect(await leftovers()).toEqual([])
})

test(
  'kill -9 after the copy: it is listed, and a run without that migration removes it',
  { tags: 'long' },
  async () => {
    await given(tables['a key'])
    const schema = await readSchema(way.url())
    await dieAfterCopy()
    expect(await leftovers()).not.toEqual([])
    // The trigger of the copy is nobody's change of the schema.
    expect(diffCatalogs(await readSchema(way.url()), schema)).toEqual([])
    expect(await way.archived()).toEqual([`values t ${ROWS}`])
    await way.up(await way.project({}))
    expect(await leftovers()).toEqual([])
    expect(await way.archived()).toEqual([])
  },
)
