import { briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import type { CodeSession } from '../migration.ts'
import { useWayBack } from '../testing/way-back.ts'

/** What a run asks often is prepared once in its session, and no migration can tell. */

const way = useWayBack()

const ROWS = `create table t (id int primary key, v text); create table u (id int primary key, v text)`

const seen = `insert into seen select count(*), coalesce(sum(generic_plans + custom_plans), 0), current_setting('plan_cache_mode')
  from pg_prepared_statements where name like 'migrator%'`

test('a statement that is asked again is planned no more; the author has its own setting', async () => {
  const project = await way.project({
    M1: { up: `${ROWS}; create table seen (prepared int, asked int, mode text)` },
    M2: {
      up: 'select 1',
      down: [...Array.from({ length: 20 }, (_, n) => `delete from t where id = ${n}`), seen].join(
        ';',
      ),
    },
  })
  await way.up(project)
  await way.sql(`insert into t select n, 'v' from generate_series(1, 30) as n`)
  await way.down(project, 'M1')
  const [row] = await way.sql<{ mode: string; prepared: number; repeated: boolean }>(
    'select mode, prepared, asked > 4 * prepared as repeated from seen',
  )
  expect(row).toMatchObject({ mode: 'auto', repeated: true })
  expect(row?.prepared).toBeGreaterThan(5)
  expect(row?.prepared).toBeLessThan(60)
})

const REMOVES = `create function removes() returns void language plpgsql as $$ begin execute 'deallocate all'; end $$;
  create function fired() returns trigger language plpgsql as $$ begin execute 'deallocate all'; return null; end $$;
  create function ended() returns event_trigger language plpgsql as $$ begin execute 'deallocate all'; end $$;
  create trigger fired after update on u execute function fired();
  create constraint trigger later after update on t deferrable initially deferred for each row execute function fired()`

const REMOVALS: Readonly<Record<string, string>> = {
  'DEALLOCATE ALL': 'deallocate all',
  'DEALLOCATE in a block': `do $$ begin execute 'deallocate all'; end $$`,
  'DEALLOCATE in a function': 'select removes()',
  'DEALLOCATE in a trigger': 'update u set v = v',
  'its own PREPARE and DEALLOCATE': 'prepare one as select 1; deallocate one',
}

test.each(briefly(Object.entries(REMOVALS)))('%s stops no run, on either way', async (_, sql) => {
  const body = `delete from t where id = 1; ${sql}; delete from u where id = 1; ${sql}`
  const project = await way.project({
    M1: { up: `${ROWS}; ${REMOVES}` },
    M2: { up: `${sql}; ${body}`, down: body },
    M3: {
      up: `alter table t add column w int; ${sql}`,
      down: `${sql}; alter table t drop column w`,
    },
  })
  await way.up(project)
  await way.sql(`insert into t values (1, 'a'), (2, 'b'); insert into u values (1, 'c')`)
  await way.down(project, 'M1')
  expect(await way.sql('select v from t union all select v from u')).toEqual([{ v: 'b' }])
  await way.up(project)
  expect(await way.sql('select v from t union all select v from u order by v')).toEqual(
    ['a', 'b', 'c'].map((v) => ({ v })),
  )
})

test.each(['before', 'by the migration'])(
  'DEALLOCATE in an event trigger made %s stops no run',
  { tags: 'long' },
  async (when) => {
    const make = 'create event trigger at_the_end on ddl_command_end execute function ended()'
    const project = await way.project({
      M1: { up: `${ROWS}; ${REMOVES}` },
      M2: {
        up: `${when === 'before' ? 'select 1' : make}; alter table t add column w int; alter table u add column w int`,
        down: 'alter table t drop column w; alter table u drop column w; drop event trigger at_the_end',
      },
    })
    await way.up(project, 'M1')
    await way.sql(when === 'before' ? make : 'select 1')
    await way.up(project)
    await way.sql('insert into t (id, w) values (1, 2)')
    await way.down(project, 'M1')
    await way.sql(when === 'before' ? make : 'select 1')
    await way.up(project)
    expect(await way.sql('select w from t')).toEqual([{ w: 2 }])
  },
)

test('DEALLOCATE in a check, and in a trigger that waits, stops no run', async () => {
  const requires = [{ query: 'select 0 as never from removes()', says: 'never' }]
  const project = await way.project({
    M1: { up: `${ROWS}; ${REMOVES}` },
    M2: {
      up: 'select 1',
      down: `update t set v = 'c'; alter table u add column w int; delete from t where id = 1`,
      requires,
      downRequires: requires,
    },
  })
  await way.up(project)
  await way.sql(`insert into t values (1, 'a'), (2, 'b')`)
  await way.down(project, 'M1')
  await way.up(project)
  expect(await way.sql('select v from t order by v')).toEqual([{ v: 'a' }, { v: 'b' }])
})

test(
  'what is prepared is no more for each thing that may have removed it',
  { tags: 'long' },
  async () => {
    const blocks = Array.from(
      { length: 30 },
      (_, n) => `delete from t where id = ${n}; do $$ begin perform ${n}; end $$`,
    )
    const project = await way.project({
      M1: { up: `${ROWS}; create table seen (prepared int, asked int, mode text)` },
      M2: { up: 'select 1', down: [...blocks, seen].join(';') },
    })
    await way.up(project)
    await way.sql(`insert into t select n, 'v' from generate_series(1, 30) as n`)
    await way.down(project, 'M1')
    const [row] = await way.sql<{ prepared: number }>('select prepared from seen')
    expect(row?.prepared).toBeLessThan(60)
  },
)

test('code that removes what is prepared goes on', async () => {
  const project = await way.project({
    M1: { up: ROWS },
    M2: {
      up: async (session: CodeSession) => {
        await session.query('deallocate all')
        await session.query(`insert into t values (1, 'a')`)
      },
      down: 'delete from t',
    },
    M3: { up: 'alter table t add column w int', down: 'alter table t drop column w' },
  })
  await way.up(project)
  await way.down(project, 'M1')
  await way.up(project)
  expect(await way.sql('select v from t')).toEqual([{ v: 'a' }])
})
