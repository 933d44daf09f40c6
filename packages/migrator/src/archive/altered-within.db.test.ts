import { inTurn, briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** DO and functions may change the columns of a table and then write it: what they take is archived as any other. */

const way = useWayBack()

const GIVEN = `create table t (id int primary key, v text, w numeric, b bytea);
  insert into t values (1, 'a', 'NaN', '\\x00ff'), (2, 'b', 1.50, null), (3, null, null, '\\x41')`

const ALTERING: Readonly<Record<string, { body: string; back?: string }>> = {
  'drops a column, then deletes': {
    body: 'alter table t drop w; delete from t where id = 2',
    back: 'alter table t add w numeric',
  },
  'drops a column, then updates': {
    body: `alter table t drop w; update t set v = 'x'`,
    back: 'alter table t add w numeric',
  },
  'drops a column, then empties': {
    body: 'alter table t drop w; truncate t',
    back: 'alter table t add w numeric',
  },
  'renames a column, then deletes': {
    body: 'alter table t rename w to ww; delete from t where id < 3',
    back: 'alter table t rename ww to w',
  },
  'renames a column, then updates it': {
    body: 'alter table t rename w to ww; update t set ww = 0',
    back: 'alter table t rename ww to w',
  },
  'swaps two columns, then deletes': {
    body: 'alter table t rename v to x; alter table t rename b to v; alter table t rename x to b; delete from t where id = 1',
    back: 'alter table t rename v to x; alter table t rename b to v; alter table t rename x to b',
  },
  'converts a column, then deletes': {
    body: 'alter table t alter v type varchar; delete from t where id = 1',
    back: 'alter table t alter v type text',
  },
  'adds a column, then deletes': {
    body: 'alter table t add n int; delete from t where id = 1',
    back: 'alter table t drop n',
  },
  'deletes, drops a column, and deletes again': {
    body: 'delete from t where id = 1; alter table t drop w; delete from t where id = 2',
    back: 'alter table t add w numeric',
  },
}

const HOW: Readonly<Record<string, (body: string) => string>> = {
  DO: (body) => `do $$ begin ${body}; end $$`,
  'a function': (body) =>
    `create function taking() returns void language plpgsql as $$ begin ${body}; end $$; select taking(); drop function taking()`,
}

/** What could not go back. */
const left = () => way.sql('select note from migrator_archive.entries where note is not null')

const rows = () => way.sql('select id, v, w, b from t order by id')

const CASES = inTurn(
  Object.keys(ALTERING).flatMap((what) => Object.keys(HOW).map((how) => [how, what] as const)),
)

test.each(briefly(CASES))('down: %s %s', async (how, what) => {
  const { body, back = '' } = ALTERING[what] ?? { body: '' }
  await way.sql(GIVEN)
  const before = await rows()
  // The first way up has nothing to make room for.
  const up = `do $$ begin
    if exists (select from migrator.history where migration = 'M2' and direction = 'down') then ${back}; end if; end $$`
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up, down: HOW[how]?.(body) ?? '' },
  })
  await way.up(project)
  await way.down(project, 'M1')
  await way.up(project)
  expect(await rows()).toEqual(before)
  expect(await left()).toEqual([])
})

test.each(briefly(CASES))('up, where rows are kept: %s %s', async (how, what) => {
  const { body, back = '' } = ALTERING[what] ?? { body: '' }
  await way.sql(GIVEN)
  const before = await rows()
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: HOW[how]?.(body) ?? '', down: back, keepRows: 2 ** 20 },
  })
  await way.up(project)
  await way.down(project, 'M1')
  expect(await rows()).toEqual(before)
  expect(await left()).toEqual([])
})
