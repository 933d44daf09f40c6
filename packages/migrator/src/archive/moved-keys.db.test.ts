import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

/** What a migration does to the key of a table, some rows of which wait for their values. */
const MOVES: Readonly<Record<string, string>> = {
  'each number is the next one': 'update t set id = id + 1000; update t set id = id - 999',
  'two rows change their numbers':
    'update t set id = 99 where id = 1; update t set id = 1 where id = 2; update t set id = 2 where id = 99',
  'ALTER COLUMN … TYPE … USING': 'alter table t alter id type bigint using 4 - id',
  'a part of the key':
    'update t set n = 99 where id = 1; update t set id = 1 where id = 2; update t set id = 2, n = 0 where n = 99',
}

test.each(inTurn(Object.keys(MOVES)))('no value goes into another row: %s', async (name) => {
  const key = name === 'a part of the key' ? 'id, n' : 'id'
  await way.sql(
    `create table t (id int, n int default 0, v text, primary key (${key})); insert into t values (1, 0, 'a'), (2, 0, 'b'), (3, 0, 'c')`,
  )
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: 'alter table t add w text', down: 'alter table t drop w' },
    M3: { up: MOVES[name] ?? '', down: 'select 1' },
  })
  await way.up(project)
  await way.sql(`update t set w = 'of ' || v`)
  await way.down(project, 'M1')
  await way.up(project)
  const rows = await way.sql<{ v: string; w: string | null }>('select v, w from t')
  const archived = await way.archived()
  for (const { v, w } of rows) expect([null, `of ${v}`]).toContain(w)
  const missing = rows.filter(({ w }) => w === null).length
  expect(missing === 0 || archived.includes(`values t ${missing}`)).toBe(true)
})

/** What it does to another column changes nothing. */
test('a key that stays finds its rows', async () => {
  await way.sql(
    `create table t (id int primary key, v text); insert into t values (1, 'a'), (2, 'b')`,
  )
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: 'alter table t add w text', down: 'alter table t drop w' },
    M3: { up: 'update t set v = v; alter table t alter id type bigint', down: 'select 1' },
  })
  await way.up(project)
  await way.sql(`update t set w = 'of ' || v`)
  await way.down(project, 'M1')
  await way.up(project)
  expect(await way.sql('select v, w from t order by id')).toEqual(
    ['a', 'b'].map((v) => ({ v, w: `of ${v}` })),
  )
})

test('a row is not overwritten by one that had its key', async () => {
  await way.sql(
    `create table t (id int primary key, v text); insert into t values (1, 'a'), (2, 'b'), (3, 'c')`,
  )
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: {
      up: 'update t set id = id + 1000; update t set id = id - 999',
      down: `delete from t where v = 'b'`,
    },
  })
  await way.up(project)
  await way.down(project, 'M1')
  const { returned } = await way.up(project)
  const rows = await way.sql<{ v: string }>('select v from t order by v')
  expect(rows.map(({ v }) => v)).toEqual(expect.arrayContaining(['a', 'c']))
  expect(rows.length + returned.filter(({ note }) => note !== undefined).length).toBe(3)
})

/** PostgreSQL 18 has NOT NULL constraints that are not validated, and refuses to change the rows that break them. */
test('rows whose key may be NULL are found as rows without a key are', async () => {
  await way.sql(
    `create table t (id int unique, a text); insert into t values (null, 'a1'), (null, 'a2'), (3, 'a3');
     do $$ begin if current_setting('server_version_num')::int >= 180000 then execute 'alter table t add constraint nn not null id not valid'; end if; end $$`,
  )
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: 'alter table t drop a', down: 'alter table t add a text' },
  })
  await way.up(project)
  await way.down(project, 'M1')
  const there = await way.sql('select from t where a is not null')
  const kept = await way.sql<{ rows: string; note: string }>(
    'select rows, note from migrator_archive.entries',
  )
  expect(there.length + kept.reduce((sum, { rows }) => sum + Number(rows), 0)).toBe(3)
  expect(kept.filter(({ note }) => !note.includes('violates not-null constraint'))).toEqual([])
})

/** Each of them is undone by the key that the row had then, and a row that comes back needs the key that another one has. */
test('keys that several ways back set are those of before, with all values of their rows', async () => {
  const rows = [1, 2, 3].map((id) => ({ id, v: `v${id}`, w: `w${id}` }))
  await way.sql(
    `create table t (id int primary key, v text); insert into t select n, 'v' || n from generate_series(1, 3) n`,
  )
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: {
      up: 'select 1',
      down: `delete from t where id = 102; update t set id = 102 where id = 103; update t set v = 'x' where id = 101`,
    },
    M3: { up: 'alter table t add w text', down: 'alter table t drop w' },
    M4: { up: 'select 1', down: 'update t set id = id + 100' },
  })
  await way.up(project)
  await way.sql(`update t set w = 'w' || id`)
  await way.down(project, 'M1')
  expect(await way.sql('select * from t order by id')).toEqual([
    { id: 101, v: 'x' },
    { id: 102, v: 'v3' },
  ])
  await way.up(project)
  expect(await way.sql('select * from t order by id')).toEqual(rows)
  expect(await way.archived()).toEqual([])
})
