import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { databaseTarget } from '../session/database-target.ts'
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
