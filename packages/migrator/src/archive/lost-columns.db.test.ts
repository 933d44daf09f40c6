import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** Rows go back into a table that lacks one of their columns: its values stay in the archive, and the note says so. */

const way = useWayBack()

const KEYS = { 'with a key': ' primary key', 'without a key': '' }

/** How the rows go. */
const LOSSES = {
  DELETE: ['', 'delete from t'],
  'DROP TABLE': ['create table if not exists t (id int, c text)', 'drop table t'],
} as const

/** What is there when they come back. */
const THERE: Readonly<Record<string, string>> = {
  'nothing else': 'select 1',
  'a row of a user': 'insert into t values (1)',
  'a row that is equal but for it': `insert into t values (2, 'c2')`,
  'all rows': `insert into t values (1, 'c1'), (2, 'c2'), (3, 'c3')`,
}

const CASES = Object.keys(KEYS).flatMap((key) =>
  Object.keys(LOSSES).flatMap((loss) =>
    Object.keys(THERE).map((there) => [loss, key, there] as const),
  ),
)

test.each(inTurn(CASES))('%s, %s, %s', async (loss, key, there) => {
  const isKey = KEYS[key as keyof typeof KEYS]
  const [up, down] = LOSSES[loss as keyof typeof LOSSES]
  await way.sql(
    `create table t (id int${isKey}, b text, c text);
     insert into t values (1, 'b1', 'c1'), (2, 'b2', 'c2'), (3, null, 'c3'), (4, 'b4', 'c4')`,
  )
  const project = await way.project({ M1: { up: '', down: '' }, M2: { up, down } })
  await way.up(project)
  await way.keepForGood()
  await way.down(project, 'M1', { yes: true })
  if (loss === 'DELETE') await way.sql('alter table t drop b')
  else await way.sql(`create table t (id int${isKey}, c text)`)
  await way.sql(THERE[there] ?? '')
  const { returned } = await way.up(project, 'head', { drift: 'ignore' })
  const [held] = await way.sql<{ archived: string; rows: string }>(
    `select query_to_xml(format('select * from migrator_archive.%I', relation), true, false, '')::text as archived,
            query_to_xml('select * from t', true, false, '')::text as rows
       from migrator_archive.entries, unnest(relations) as relation`,
  )
  for (const value of ['b1', 'b2', 'b4']) expect(held?.archived).toContain(`>${value}<`)
  const all = `${held?.archived}${held?.rows}`
  for (const value of ['c1', 'c2', 'c3', 'c4']) expect(all).toContain(`>${value}<`)
  expect(returned.map(({ note }) => note)).toEqual([expect.any(String)])
})

test('so do those of rows that refer to something which is gone', async () => {
  await way.sql(`create table l (id int primary key, v text); insert into l values (1, 'l1'), (2, 'l2');
    create table t (id int primary key, b text, l int references l);
    insert into t values (1, 'b1', 1), (2, 'b2', 2), (3, 'b3', 1)`)
  const project = await way.project({
    M1: { up: '', down: '' },
    M2: { up: '', down: 'delete from t; delete from l' },
  })
  await way.up(project)
  await way.keepForGood()
  await way.down(project, 'M1', { yes: true })
  await way.sql(`alter table t drop b; insert into l values (2, 'new')`)
  const { returned } = await way.up(project, 'head', { drift: 'ignore' })
  expect(await way.sql('select id from t order by id')).toEqual([{ id: 1 }, { id: 3 }])
  const entry = returned.find(({ object }) => object === 't')
  expect(entry?.note).toMatch(/^1 rows .*; b: the table has no such column now$/)
  const [kept] = await way.sql<{ b: string }>(
    `select string_agg(b, ',' order by b) as b from migrator_archive.e${entry?.entry}`,
  )
  expect(kept).toEqual({ b: 'b1,b2,b3' })
})
