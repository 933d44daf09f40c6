import { inTurn, briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import type { MigratorError } from '../errors/index.ts'
import type { Project } from '../project/project.ts'
import { databaseTarget } from '../session/database-target.ts'
import { useWayBack } from '../testing/way-back.ts'
import { purgeArchive } from './manage.ts'

const way = useWayBack()

/** Goes down; every person is in it with a secret, number 7 is the one who asks. */
async function given(tables: string, down: string, ...more: string[]): Promise<Project> {
  const steps = [down, ...more].map((text, i) => [`M${i + 2}`, { up: '', down: text }] as const)
  const project = await way.project({
    M1: { up: '', down: '' },
    ...Object.fromEntries(steps.toReversed()),
  })
  await way.up(project)
  await way.sql(tables)
  await way.down(project, 'M1')
  return project
}

async function purge(project: Project, rows: string): Promise<string[]> {
  const [, table = '', column = '', value = ''] = /^(.+)\.(\w+)=(.*)$/.exec(rows) ?? []
  const request = { ids: [], yes: true, rows: { table, column, value } }
  const purged = await purgeArchive(project, databaseTarget(way.url()), request)
  return purged.map((entry) => `${entry.kind} ${entry.table} ${entry.rows}`).toSorted()
}

/** Each relation of the archive that has the text in it. */
async function holding(text: string): Promise<string[]> {
  const found = await way.sql(
    `select relname from pg_class where relnamespace = to_regnamespace('migrator_archive') and relkind = 'r'
        and query_to_xml(format('select * from migrator_archive.%I', relname), true, false, '')::text like '%${text}%'`,
  )
  return found.map(({ relname }) => String(relname))
}

const USERS = `create table users (id int primary key, email text, phone text);
  insert into users values (7, 'seven@mail', 'phone of 7'), (8, 'eight@mail', 'phone of 8')`

test.each(inTurn(['users.id=7', 'users.email=seven@mail', 'people.id=7']))(
  'what a table had by any of its names: %s',
  async (rows) => {
    const project = await given(
      USERS,
      `alter table users drop phone; update users set email = 'gone'; alter table users rename to people; drop table people`,
    )
    expect(await purge(project, rows)).toEqual([
      'table people 1',
      'values users 1',
      'values users 1',
    ])
    expect(await holding('seven@mail')).toEqual([])
    expect(await holding('phone of 7')).toEqual([])
    expect(await holding('phone of 8')).toHaveLength(1)
    expect(await holding('eight@mail')).toHaveLength(1)
  },
)

test('a name that another migration has given', { tags: 'long' }, async () => {
  const project = await given(
    USERS,
    'alter table users drop phone; delete from users where id = 7',
    'alter table users rename to people',
    'alter table people drop email',
  )
  expect(await purge(project, 'people.id=7')).toEqual(['rows users 1', 'values users 1'])
  expect(await holding('of 7')).toEqual([])
})

test('values of a column, by another that only the table has', async () => {
  const project = await given(USERS, 'alter table users drop phone')
  expect(await purge(project, 'users.email=seven@mail')).toEqual(['values users 1'])
  expect(await holding('phone of 7')).toEqual([])
  expect(await holding('phone of 8')).toHaveLength(1)
})

test.each(
  inTurn([
    'update users set id = id + 100; alter table users drop phone',
    'do $$ begin update users set id = id + 100; end $$; alter table users drop phone',
    'update users set id = 9 - id + 10; alter table users drop phone',
  ]),
)('values of a key that the row got later: %s', async (down) => {
  const project = await given(USERS, down)
  const [{ id } = { id: 0 }] = await way.sql<{ id: number }>(
    `select id from users where email = 'seven@mail'`,
  )
  await expect(purge(project, 'users.id=7')).rejects.toMatchObject({
    code: 'PURGE_UNJUDGED',
    exit: 3,
  })
  expect(await holding('phone of 7')).toHaveLength(1)
  expect(await purge(project, `users.id=${id}`)).toContain('values users 1')
  expect(await holding('phone of 7')).toEqual([])
  expect(await purge(project, 'users.id=7')).toEqual([])
})

test('a partition, by its table', { tags: 'long' }, async () => {
  const project = await given(
    `create table p (id int primary key, secret text) partition by range (id);
     create table p1 partition of p for values from (0) to (10); create table p2 partition of p default;
     insert into p values (7, 'secret of 7'), (8, 'secret of 8'), (20, 'secret of 20')`,
    'delete from p where id > 7; drop table p1',
  )
  expect(await holding('secret of 7')).toHaveLength(1)
  expect(await purge(project, 'p.id=7')).toEqual(['table p1 1'])
  expect(await holding('secret of 7')).toEqual([])
  expect(await purge(project, 'p.id=8')).toEqual(['rows p 1'])
  await expect(purge(project, 'p2.id=20')).rejects.toMatchObject({
    code: 'PURGE_UNJUDGED',
    exit: 3,
  })
  expect(await purge(project, 'p.id=20')).toEqual(['rows p 1'])
})

test.each(
  inTurn([
    'alter table p detach partition p1; drop table p1',
    'alter table h no inherit p; drop table h',
    'alter table p detach partition p1; delete from p1; drop table p1',
  ]),
)('a part that the same way back takes off first: %s', async (down) => {
  const isHeir = down.includes('inherit')
  const project = await given(
    isHeir
      ? `create table p (id int primary key, secret text); create table h () inherits (p); insert into h values (7, 'secret of 7')`
      : `create table p (id int primary key, secret text) partition by range (id);
         create table p1 partition of p for values from (0) to (10); insert into p values (7, 'secret of 7')`,
    down,
  )
  expect(await holding('secret of 7')).toHaveLength(1)
  expect(await purge(project, 'p.id=7')).toHaveLength(1)
  expect(await holding('secret of 7')).toEqual([])
})

test.each(
  inTurn([
    ['without a key', 'create table t (id int, secret text)', 't.id=7'],
    [
      'that nothing relates to the column',
      'create table t (id int, code text primary key, secret text)',
      't.nosuch=7',
    ],
  ]),
)('values %s are refused by name, and nothing is deleted', async (_, table, rows) => {
  const columns = table.includes('code') ? `7, 'c', 'secret of 7'` : `7, 'secret of 7'`
  const project = await given(
    `${table}; insert into t values (${columns})`,
    'alter table t drop secret; delete from t',
    'alter table t drop id',
  )
  const refused = purge(project, rows)
  await expect(refused).rejects.toMatchObject({
    code: 'PURGE_UNJUDGED',
    exit: 3,
    next: [{ command: 'archive', args: expect.arrayContaining(['purge']) }],
  })
  await expect(refused).rejects.toThrow(/: t/)
  expect(await holding('secret of 7')).toHaveLength(1)
})

/** Type, the value as it is stored, and as somebody may write it. */
const VALUES = [
  ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'],
  ['int', '7', ' 07'],
  ['numeric', '7.00', '7'],
  ['numeric(10,2)', '7', '7'],
  ['float8', '0.1', '1e-1'],
  ['char(8)', 'ann', 'ann'],
  ['varchar(8)', 'ann', 'ann'],
  ['boolean', 'true', 'true'],
  ['timestamptz', '2020-01-01 00:00Z', '2020-01-01T01:00:00+01:00'],
  ['date', '2020-01-01', '1 Jan 2020'],
  ['interval', '1 day', '24:00'],
  ['inet', '10.0.0.1', '10.0.0.1/32'],
  ['citext', 'A@x', 'a@X'],
  ['mail', 'A@x', 'a@X'],
  ['mood', 'good', 'good'],
  ['jsonb', '{"a": 1, "b": 2}', '{"b":2,"a":1}'],
  ['int[]', '{1,2}', '{1, 2}'],
  ['bytea', '\\x41', 'A'],
] as const

const OTHER: Readonly<Record<string, string>> = {
  uuid: 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  boolean: 'false',
  timestamptz: '2021-01-01',
  date: '2021-01-01',
  interval: '2 days',
  inet: '10.0.0.2',
  mood: 'bad',
  jsonb: '{}',
  'int[]': '{3}',
}

/** By what the rows are kept: a table, rows as text, values as text, values beside a key, values of a table that is there. */
const LOSSES = [
  'drop table t',
  'delete from t where true',
  'delete from t where true; drop table t',
  'alter table t drop id, drop secret',
  `update t set secret = 'gone'`,
]

const WRITTEN = inTurn(VALUES.flatMap((value) => LOSSES.map((down) => [...value, down] as const)))

test.each(briefly(WRITTEN))('%s %s is found as %s: %s', async (type, value, written, down) => {
  const other = OTHER[type] ?? '8'
  const project = await given(
    `create extension citext; create domain mail as citext; create type mood as enum ('good', 'bad');
     create table t (id ${type}, n int generated always as identity primary key, secret text);
     insert into t values ('${value}', default, 'secret of 7'), ('${other}', default, 'secret of 8')`,
    down,
  )
  await purge(project, `t.id=${written}`)
  expect(await holding('secret of 7')).toEqual([])
  expect(await holding('secret of 8')).not.toEqual([])
})

test.each(
  inTurn([
    ['t.id=seven', 'PURGE_VALUE_INVALID'],
    ['t.id=', 'PURGE_VALUE_INVALID'],
    ['tt.id=7', 'PURGE_UNKNOWN'],
    ['other.t.id=7', 'PURGE_UNKNOWN'],
  ]),
)('%s is an error', async (rows, code) => {
  const project = await given(
    `create table t (id int primary key, secret text); insert into t values (7, 'secret of 7')`,
    'drop table t',
  )
  await expect(purge(project, rows)).rejects.toMatchObject({ code, exit: 2 })
  expect(await holding('secret of 7')).toHaveLength(1)
})

/** How an entry is left in part: the way back, what happens before the way up, the way up, and the row that is purged. */
const IN_PART: Readonly<Record<string, readonly [string, string, string, string]>> = {
  'values whose rows were changed since': [
    'alter table t drop secret',
    `update t set v = 'A' where id = 8; delete from t where id = 7`,
    'alter table t add if not exists secret text',
    't.id=7',
  ],
  'values of which one column is there again': [
    'alter table t drop secret, drop v',
    '',
    'alter table t add if not exists v text',
    't.id=7',
  ],
  'rows of a table without one of their columns': [
    'delete from t',
    'alter table t drop secret',
    '',
    't.id=7',
  ],
  'a table that comes back without a column': [
    'drop table t',
    '',
    'create table if not exists t (id int primary key, v text)',
    't.id=7',
  ],
  'rows of which one key is taken': [
    'delete from t',
    `insert into t values (8, 'other')`,
    '',
    't.id=9',
  ],
}

test.each(
  inTurn(
    Object.keys(IN_PART).flatMap((how) => [
      [how, 'null'],
      [how, `'secret of 7'`],
    ]),
  ),
)('what others have stays: %s, and the one who asks has %s', async (how, secret) => {
  const [down, between, up, rows] = IN_PART[how] ?? ['', '', '', '']
  await way.sql('create table t (id int primary key, v text, secret text)')
  const project = await way.project({ M1: { up: '', down: '' }, M2: { up, down } })
  await way.up(project)
  await way.sql(
    `insert into t values (7, 'v', ${secret}), (8, 'v', 'secret of 8'), (9, null, null)`,
  )
  await way.down(project, 'M1')
  await way.sql(between)
  await way.up(project)
  expect(await holding('secret of 8')).not.toEqual([])
  await purge(project, rows)
  expect(await holding('secret of 8')).not.toEqual([])
  expect(await holding('secret of 7')).toEqual([])
})

const CI = `create schema c; create collation c.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`

test.each(inTurn(LOSSES))(
  'a column whose collation takes other texts for equal: %s',
  async (down) => {
    const project = await given(
      `${CI}; create table t (id text collate c.ci primary key, secret text);
       insert into t values ('Bob@x', 'secret of 7'), ('ann@x', 'secret of 8')`,
      down,
    )
    expect(await holding('secret of 7')).not.toEqual([])
    await purge(project, 't.id=bob@X')
    expect(await holding('secret of 7')).toEqual([])
    expect(await holding('secret of 8')).not.toEqual([])
  },
)

test('a collation that is gone by then compares no more', async () => {
  const project = await given(
    `${CI}; create table t (id text collate c.ci primary key, secret text);
     insert into t values ('Bob@x', 'secret of 7')`,
    'delete from t; drop table t; drop collation c.ci',
  )
  await purge(project, 't.id=Bob@x')
  expect(await holding('secret of 7')).toEqual([])
})

test.each(
  inTurn([
    ['drop table t; drop table a.t', 't', ['a.t', 'public.t']],
    ['drop table t', 't', ['a.t', 'public.t']],
    ['delete from t; alter table t rename to u', 't', ['a.t', 'public.t']],
    ['drop table t; drop table a.t', 'a.t', undefined],
    ['drop table a.t; alter table t set schema a; delete from a.t', 'a.t', undefined],
  ] as const),
)('tables of several schemas: %s, %s', async (down, name, tables) => {
  const project = await given(
    `create schema a; create table t (id int primary key, secret text); create table a.t (id int primary key, secret text);
     insert into t values (7, 'secret of public.t'); insert into a.t values (7, 'secret of a.t')`,
    down,
  )
  const refused = await purge(project, `${name}.id=7`).then(
    () => undefined,
    (error: MigratorError) => error,
  )
  expect(refused?.code).toBe(tables && 'PURGE_AMBIGUOUS')
  expect(refused?.exit).toBe(tables && 2)
  expect(refused?.details['tables']).toEqual(tables)
  expect((await holding('secret of public.t')).length).toBe(
    tables || !down.includes('set schema') ? 1 : 0,
  )
})

test('one table that was in several schemas is meant by its name', async () => {
  const project = await given(
    `create schema a; create table t (id int primary key, secret text); insert into t values (7, 'secret of 7')`,
    'delete from t; alter table t set schema a',
  )
  await purge(project, 't.id=7')
  expect(await holding('secret of 7')).toEqual([])
})
