import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { databaseTarget } from '../session/database-target.ts'
import { openSession } from '../testing/sessions.ts'
import { useWayBack } from '../testing/way-back.ts'
import { listArchive } from './manage.ts'

const way = useWayBack()

/*
 * A column that `up` has dropped comes back, and a statement after it demands its values: they are lent to it, although
 * others of the migration write rows later.
 */

const CHECKED = [
  'alter table t add n int',
  'alter table t add constraint t_n check (n is not null) not valid',
  'alter table t validate constraint t_n',
  'alter table t alter n set not null',
  'alter table t drop constraint t_n',
]

const LATER = `update other set v = 'b'`

test.each(
  inTurn(
    [true, false].flatMap((transactional) =>
      [
        ['NOT NULL at once', ['alter table t add n int not null']],
        ['by a check', CHECKED],
        ['by SET NOT NULL', ['alter table t add n int', 'alter table t alter n set not null']],
        [
          'a key',
          ['alter table t add n int', 'alter table t add unique (n), alter n set not null'],
        ],
      ].flatMap(([what, down]) =>
        [[], [LATER]].map(
          (later) => [what, transactional, [...(down as string[]), ...later]] as const,
        ),
      ),
    ),
  ),
)('%s, in one transaction: %s, %j', async (_, transactional, down) => {
  const project = await way.project({
    M1: {
      up: 'create table t (id int primary key, n int not null); create table other (v text)',
      down: '',
    },
    M2: { up: 'alter table t drop column n', down: down.join(';\n'), transactional },
  })
  await way.up(project, 'M1')
  await way.sql(`insert into t values (1, 10), (2, 20); insert into other values ('a')`)
  await way.up(project)
  await way.down(project, 'M1')
  expect(await way.sql('select id, n from t order by id')).toEqual([
    { id: 1, n: 10 },
    { id: 2, n: 20 },
  ])
})

// PostgreSQL tells of no savepoint behind an open transaction of another session whose it is: also not of that which has made the column.
test.each([true, false])(
  'an older transaction of another session is open, in one transaction: %s',
  async (transactional) => {
    const added = 'alter table t add m int not null default 3'
    const project = await way.project({
      M1: { up: 'create table t (id int primary key, n int not null, m int not null)', down: '' },
      M2: {
        up: 'alter table t drop column n, drop column m',
        down: [added, ...CHECKED].join(';\n'),
        transactional,
      },
    })
    await way.up(project, 'M1')
    await way.sql('insert into t values (1, 10, 100), (2, 20, 200)')
    await way.up(project)
    const other = await openSession(way.url(), 'other', 'begin; select pg_current_xact_id()')
    try {
      await way.down(project, 'M1')
    } finally {
      await other.end()
    }
    expect(await way.sql('select id, n, m from t order by id')).toEqual([
      { id: 1, n: 10, m: 100 },
      { id: 2, n: 20, m: 200 },
    ])
    expect(await listArchive(project, databaseTarget(way.url()))).toEqual([])
  },
)

test('what a statement takes that values were lent to is kept all the same', async () => {
  const project = await way.project({
    M1: { up: 'create table t (id int primary key, n int not null, z text)', down: '' },
    M2: {
      up: 'alter table t drop column n',
      down: 'alter table t add n int; alter table t alter n set not null, drop column z',
    },
  })
  await way.up(project, 'M1')
  await way.sql(`insert into t values (1, 10, 'kept')`)
  await way.up(project)
  await way.down(project, 'M1')
  expect(await way.sql('select * from t')).toEqual([{ id: 1, n: 10 }])
  const entries = await listArchive(project, databaseTarget(way.url()))
  expect(entries.map(({ table, columns, rows }) => [table, columns, rows])).toEqual([
    ['t', ['z'], '1'],
  ])
})

/** Constraints that a column brings along, with the values that it has by them, of a row `n`. */
const BROUGHT: Readonly<Record<string, readonly [adds: string, value: string]>> = {
  'a check of its default': ['add w int default 0 check (w > 0)', 'n'],
  'a check of no NULL': ['add w int check (w is not null)', 'n'],
  'a check with a name': ['add w int constraint "C x" check (w + id > 0 and w > 0)', 'n'],
  'unique, of its default': [`add w text not null default '' unique`, `'w' || n`],
  'a key': ['add w int primary key', 'n * 10'],
  'a key of its default': ['add w int default 0 primary key', 'n * 10'],
  'a reference of its default': ['add w int not null default 1 references r', 'n + 1'],
  'a reference that is deferred': [
    'add w int default 1 references r deferrable initially deferred',
    'n + 1',
  ],
  'the same statement adds it': ['add w int, add constraint c check (w is not null)', 'n'],
  'an exclusion': ['add w int4range, add exclude using gist (w with &&)', 'int4range(n, n + 1)'],
  'two columns': ['add w int not null check (w > 0), add x int default 0 check (x = w)', 'n'],
}

const PARTITIONED = 'partition by range (id)'

const CONSTRAINTS = `select t::text as row, (select json_agg(conname || ' ' || pg_get_constraintdef(oid) order by conname)
  from pg_constraint where conrelid = 't'::regclass and contype <> 'n') as constraints from t order by id`

test.each(
  inTurn(
    Object.entries(BROUGHT).flatMap(([name, [adds]]) =>
      // A key of partitions has all of their key, and an exclusion too.
      (/key|unique|exclude/.test(adds) ? [''] : ['', PARTITIONED]).map((of) => [name, of] as const),
    ),
  ),
)('a column that its rows have no value for before: %s %s', async (name, of) => {
  const [adds, value] = BROUGHT[name] ?? ['', '']
  const second = adds.includes('add x') ? ', x' : ''
  const project = await way.project({
    M1: {
      up: `create table r (id int primary key); insert into r values (2), (3), (4); create table t (id int) ${of}${of && '; create table t1 partition of t default'}`,
      down: '',
    },
    M2: { up: `alter table t ${adds}`, down: `alter table t drop w${second && ', drop x'}` },
  })
  await way.up(project)
  await way.sql(
    `insert into t (id, w${second}) select n, ${value}${second && ', n'} from generate_series(1, 3) n`,
  )
  const before = await way.sql(CONSTRAINTS)
  await way.down(project, 'M1', { yes: true })
  await way.up(project)
  expect(await way.sql(CONSTRAINTS)).toEqual(before)
  expect(await listArchive(project, databaseTarget(way.url()))).toEqual([])
})
