import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

const NEW = 'create table n (id int primary key, b text); insert into n select * from t'

/** A table that is replaced by another one of its name, with its rows. */
const REPLACES: Readonly<Record<string, string>> = {
  'another is renamed': `${NEW}; drop table t; alter table n rename to t`,
  'it is renamed before': `alter table t rename to old; create table t (id int primary key, b text); insert into t select * from old; drop table old`,
  'CREATE TABLE AS': `create table n as select * from t; drop table t; alter table n rename to t; alter table t add primary key (id)`,
  'under the same name': `create table tmp as table t; drop table t; create table t (id int primary key, b text); insert into t table tmp; drop table tmp`,
  DO: `do $$ begin ${NEW}; drop table t; alter table n rename to t; end $$`,
}

/** What comes before it, and what its way back does. */
const CASES = Object.entries(REPLACES).flatMap(([how, replaces]) =>
  ['nothing', 'rows that are kept', 'a column'].flatMap((before) =>
    ['nothing', 'the same'].map((back) => ({ how, replaces, before, back })),
  ),
)

const BEFORE: Readonly<Record<string, { up: string; down: string; keepRows?: number }>> = {
  nothing: { up: 'select 1', down: '' },
  'rows that are kept': { up: `update t set b = 'x'`, down: 'select 1', keepRows: 2 ** 20 },
  'a column': { up: 'alter table t add c int; alter table t drop c', down: 'select 1' },
}

test.each(inTurn(CASES))(
  'what users write and delete in a table that replaces another stands: $how, after $before, back by $back',
  async ({ replaces, before, back }) => {
    await way.sql(
      `create table t (id int primary key, b text); insert into t values (1, 'b1'), (2, 'b2'), (3, 'b3')`,
    )
    const project = await way.project({
      M1: { up: 'select 1', down: '' },
      M2: BEFORE[before] ?? { up: '' },
      M3: { up: replaces, down: back === 'nothing' ? 'select 1' : replaces },
    })
    await way.up(project)
    await way.sql(
      `update t set b = 'NEW' where id = 1; delete from t where id = 2; insert into t values (4, null)`,
    )
    await way.down(project, 'M2')
    await way.down(project, 'M1')
    const rows = await way.sql<{ id: number; b: string | null }>('select id, b from t order by id')
    expect(rows.map(({ id }) => id)).toEqual([1, 3, 4])
    expect(rows.filter(({ id }) => id !== 3)).toEqual([
      { id: 1, b: 'NEW' },
      { id: 4, b: null },
    ])
    await way.sql(`update t set b = 'NEWER' where id = 1; insert into t values (2, 'again')`)
    await way.up(project)
    await way.down(project, 'M1')
    const [first, second] = await way.sql<{ b: string }>('select b from t order by id')
    expect(['NEWER', 'x']).toContain(first?.b)
    expect(['again', 'x']).toContain(second?.b)
  },
)

const REMAKE = `create table n (id int primary key, b text); insert into n select id, b from t; drop table t; alter table n rename to t`

const GONE = {
  'a dropped column': { up: 'alter table t drop a', down: 'alter table t add a text', write: '' },
  'a narrowed column': {
    up: 'alter table t alter b type varchar(1) using left(b, 1)',
    down: 'alter table t alter b type text',
    write: `update t set b = 'N' where id = 2;`,
  },
}

test.each(inTurn(Object.entries(GONE)))(
  'a value of a row whose key another has now stays in the archive: %s',
  async (_, { up, down, write }) => {
    await way.sql(
      `create table t (id int primary key, a text, b text); insert into t values (1, 'a1', 'b1'), (2, 'a2', 'b2')`,
    )
    const project = await way.project({
      M1: { up: 'select 1', down: '' },
      M2: { up, down },
      M3: { up: REMAKE, down: REMAKE },
    })
    await way.up(project)
    await way.sql(`${write} delete from t where id = 1; insert into t values (1, 'o')`)
    await way.down(project, 'M1')
    const [first, second] = await way.sql<Record<string, unknown>>('select * from t order by id')
    expect(Object.values(first ?? {})).not.toContain('a1')
    expect(first).toMatchObject({ b: 'o' })
    expect(['b2', write ? 'N' : 'b2']).toContain(second?.['b'])
    expect(write === '' || second?.['b'] === 'N').toBe(true)
  },
)

test('what users write stands where the way back itself replaces the table, and the way up makes nothing', async () => {
  await way.sql(
    `create table t (id int primary key, b text); insert into t values (1, 'b1'), (2, 'b2')`,
  )
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: 'select 1', down: `update t set b = 'x'; ${REMAKE}` },
  })
  await way.up(project)
  await way.down(project, 'M1')
  await way.sql(`update t set b = 'NEW' where id = 1; delete from t where id = 2`)
  await way.up(project)
  expect(await way.sql('select * from t')).toEqual([{ id: 1, b: 'NEW' }])
})
