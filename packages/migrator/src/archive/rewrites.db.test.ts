import { inTurn, briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** DO that deletes rows and rewrites the others: what it overwrites is kept and restored, keys included. */

const way = useWayBack()

const KEYS = ['primary key (a)', 'primary key (a, b)', 'unique (b)']

/** What DO does, and whether everything is as it was after the way up: else it is in the archive, and noted. */
const BODIES = [
  ['delete from t where n = 1; alter table t alter a type text using md5(a)', true],
  ['delete from t where n > 1; alter table t alter a type text using md5(a)', true],
  [
    `delete from t where n = 2; alter table t alter a type text using n, alter b type text using n`,
    true,
  ],
  ['delete from t where n = 1; alter table t alter v type text using md5(v)', true],
  ['truncate t', true],
  ['alter table t alter a type text using md5(a); delete from t where n = 2', false],
  [
    `insert into t values (4, 'a of 4', 'b of 4', ''); alter table t alter b type text using n::text`,
    false,
  ],
  [
    `update t set v = 'other'; delete from t where n = 3; alter table t alter a type text using md5(a), alter b type text using md5(b)`,
    false,
  ],
  [
    `delete from t where n = 1; insert into t values (1, 'a of 1', 'b of 1', 'x'); alter table t alter a type text using md5(a)`,
    false,
  ],
] as const

const CASES = inTurn(
  KEYS.flatMap((key) => BODIES.map(([body, isRestored]) => [body, key, isRestored] as const)),
)

test.each(briefly(CASES))('%s, of a table with %s', async (body, key, isRestored) => {
  await way.sql(
    `create table t (n int not null, a text not null, b text not null, v text, ${key});
     insert into t select n, 'a of ' || n, 'b of ' || n, 'v of ' || n from generate_series(1, 3) n`,
  )
  const down = `do $$ begin ${body}; end $$`
  const project = await way.project({ M1: { up: '', down: '' }, M2: { up: '', down } })
  await way.up(project)
  await way.down(project, 'M1')
  const [held] = await way.sql(
    `select concat(string_agg(query_to_xml(format('select * from %I.%I', nspname, relname), true, false, '')::text, '')) as everything
       from pg_class c join pg_namespace n on n.oid = relnamespace
      where relkind = 'r' and (relname = 't' or nspname = 'migrator_archive')`,
  )
  for (const column of ['a', 'b', 'v']) {
    for (const n of [1, 2, 3]) expect(held?.['everything']).toContain(`${column} of ${n}<`)
  }
  const { returned } = await way.up(project)
  const back = await way.sql(
    `select n from t where (a, b, v) = ('a of ' || n, 'b of ' || n, 'v of ' || n) and n < 4`,
  )
  const hasNote = returned.some(({ note }) => note !== undefined)
  expect(back.length === 3 || (hasNote && !isRestored)).toBe(true)
})

const DOMAINS = [`text check (value <> '')`, `text not null default 'x'`, 'text']

test.each(briefly(DOMAINS))(
  'a table without a key that a new column rewrites: its type is a domain over %s',
  async (domain) => {
    const project = await way.project({
      M1: { up: `create domain d as ${domain}; create table t (id int)`, down: '' },
      M2: { up: 'alter table t add c d', down: 'alter table t drop c' },
    })
    await way.up(project)
    await way.sql(`insert into t values (1, 'one'), (2, 'two'), (1, 'one again')`)
    await way.down(project, 'M1')
    await way.up(project)
    expect(await way.sql('select id, c from t order by c')).toEqual([
      { id: 1, c: 'one' },
      { id: 1, c: 'one again' },
      { id: 2, c: 'two' },
    ])
    expect(await way.archived()).toEqual([])
  },
)

test('a required column of a domain comes back to a table without a key', async () => {
  const project = await way.project({
    M1: {
      up: `create domain d as text check (value <> ''); create table t (id int, n d not null)`,
      down: '',
    },
    M2: {
      up: 'alter table t drop n',
      down: 'alter table t add n d; alter table t alter n set not null',
    },
  })
  await way.up(project, 'M1')
  await way.sql(`insert into t values (1, 'one'), (2, 'two')`)
  await way.up(project)
  await way.down(project, 'M1')
  expect(await way.sql('select id, n from t order by id')).toEqual([
    { id: 1, n: 'one' },
    { id: 2, n: 'two' },
  ])
})
