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
  const { returned } = await way.up(project)
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
  const { returned } = await way.up(project)
  expect(await way.sql('select id from t order by id')).toEqual([{ id: 1 }, { id: 3 }])
  const entry = returned.find(({ object }) => object === 't')
  expect(entry?.note).toMatch(/^1 rows .*; b: the table has no such column now$/)
  const [kept] = await way.sql<{ b: string }>(
    `select string_agg(b, ',' order by b) as b from migrator_archive.e${entry?.entry}`,
  )
  expect(kept).toEqual({ b: 'b1,b2,b3' })
})

const NARROWER: readonly (readonly [was: string, now: string, value: string])[] = [
  ['numeric', 'numeric(5,1)', '1.25'],
  ['numeric(8,2)', 'numeric(5,1)', '1.25'],
  ['timestamptz', 'date', '2024-01-02 03:04:05+00'],
  ['float8', 'real', '0.1234567891'],
  ['json', 'jsonb', '{"a": 1, "a": 2}'],
  ['text', `text generated always as ('k' || id) stored`, 'mine'],
]

/** How rows or values go, and how they come back under another type. */
const KINDS: Readonly<Record<string, (type: string) => readonly [up: string, down: string]>> = {
  'DROP COLUMN': (type) => [`alter table t add b ${type}`, 'alter table t drop b'],
  'DROP TABLE': (type) => [`create table t (id int primary key, b ${type})`, 'drop table t'],
  DELETE: (type) => [`alter table t add b ${type}`, 'delete from t; alter table t drop b'],
}

const NARROWED = Object.keys(KINDS).flatMap((kind) =>
  NARROWER.map(([was, now, value]) => [kind, was, now, value] as const),
)

test.each(inTurn(NARROWED))(
  'what a type cannot hold is still in the archive: %s, %s to %s',
  async (kind, was, now, value) => {
    const [up, down] = KINDS[kind]?.(was) ?? ['', '']
    if (kind !== 'DROP TABLE') await way.sql('create table t (id int primary key)')
    const project = await way.project({ M1: { up: '', down: '' }, M2: { up, down } })
    await way.up(project)
    await way.keepForGood()
    await way.sql(`insert into t (id, b) values (1, '${value}')`)
    await way.down(project, 'M1', { yes: true })
    const edited = await way.project({
      M1: { up: '', down: '' },
      M2: { up: KINDS[kind]?.(now)[0] ?? '', down },
    })
    const { returned } = await way.up(edited)
    expect(await way.sql('select id from t')).toEqual([{ id: 1 }])
    expect(returned.map(({ note }) => note).join()).toMatch(/\bb\b|added since/)
    const [held] = await way.sql<{ archived: string }>(
      `select string_agg(query_to_xml(format('select * from migrator_archive.%I', relation), true, false, '')::text, '') as archived
         from migrator_archive.entries, unnest(relations) as relation`,
    )
    expect(held?.archived).toContain(value.slice(0, 10))
  },
)

test('a type that holds all of it is as good', async () => {
  const [up, down] = KINDS['DROP TABLE']?.('numeric(8,2)') ?? ['', '']
  const project = await way.project({ M1: { up: '', down: '' }, M2: { up, down } })
  await way.up(project)
  await way.sql(`insert into t values (1, 1.2), (2, null), (3, 'NaN')`)
  await way.down(project, 'M1')
  const edited = await way.project({
    M1: { up: '', down: '' },
    M2: { up: up.replace('(8,2)', '(12,4)'), down },
  })
  const { returned } = await way.up(edited)
  expect(returned).toEqual([expect.objectContaining({ restoredRows: 3, note: undefined })])
})
