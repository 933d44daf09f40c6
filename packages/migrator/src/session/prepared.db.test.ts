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

const REMOVES = `create function removes() returns void language plpgsql as $$ begin execute 'deallocate all'; end $$`

const REMOVALS: Readonly<Record<string, string>> = {
  'DEALLOCATE ALL': 'deallocate all',
  'DEALLOCATE in a block': `do $$ begin execute 'deallocate all'; end $$`,
  'DEALLOCATE in a function': 'select removes()',
  'its own PREPARE and DEALLOCATE': 'prepare one as select 1; deallocate one',
}

test.each(Object.entries(REMOVALS))('%s stops no run, on either way', async (_, sql) => {
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
