import { briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { databaseTarget } from '../session/database-target.ts'
import type { CodeSession } from '../migration.ts'
import { useWayBack } from '../testing/way-back.ts'
import { restoreFromArchive } from './manage.ts'

const way = useWayBack()

const prices = () => way.sql('select id, price from item order by id')

const raised = () =>
  way.project({
    M1: {
      up: 'create table item (id int primary key, price int)',
      down: 'drop table item',
    },
    M2: {
      up: 'update item set price = price * 100',
      down: 'update item set price = price / 100',
    },
  })

test('what was written after a migration was reverted is changed by it, and kept as it was', async () => {
  const project = await raised()
  await way.up(project)
  await way.sql('insert into item values (1, 550)')
  await way.down(project, 'M1')
  await way.sql('insert into item values (2, 7)')
  await way.down(project, 'base')
  await way.up(project, 'M1')
  expect(await prices()).toEqual([
    { id: 1, price: 5 },
    { id: 2, price: 7 },
  ])
  const { returned } = await way.up(project)
  expect(returned.flatMap(({ note }) => note ?? [])).toEqual([
    'M2 changed 2 rows that had been restored; it has them as they were',
  ])
  expect(await prices()).toEqual([
    { id: 1, price: 550 },
    { id: 2, price: 700 },
  ])
  expect(await way.archived()).toEqual(['values item 2'])
})

test('what is kept so can be restored by hand', async () => {
  const project = await raised()
  await way.up(project)
  await way.down(project, 'M1')
  await way.sql('insert into item values (2, 7)')
  await way.down(project, 'base')
  await way.up(project)
  expect(await prices()).toEqual([{ id: 2, price: 700 }])
  const [entry] = await way.sql('select id::text as id from migrator_archive.entries')
  const by = databaseTarget(way.url())
  expect(await restoreFromArchive(project, by, String(entry?.['id']))).toMatchObject({
    restoredRows: 1,
  })
  expect(await prices()).toEqual([{ id: 2, price: 7 }])
})

test.each(briefly(['one run', 'a run each']))(
  'code that is run again is watched, too: %s',
  async (runs) => {
    const project = await way.project({
      M0: { up: 'create table item (id int primary key, price int)', down: 'drop table item' },
      M1: { up: 'alter table item add column n int', down: 'alter table item drop column n' },
      M2: {
        up: async (session: CodeSession) =>
          void (await session.query('update item set price = 0, n = 0')),
        down: 'select 1',
      },
    })
    await way.up(project)
    await way.sql('insert into item values (1, 550, 3)')
    const isEach = runs === 'a run each'
    if (isEach) for (const name of ['M1', 'M0']) await way.down(project, name)
    await way.down(project, 'base')
    if (isEach) for (const name of ['M0', 'M1']) await way.up(project, name)
    await way.up(project)
    expect(await way.sql('select * from item')).toEqual([{ id: 1, price: 550, n: 3 }])
  },
)

test('a migration that is new does what its author wants', async () => {
  const first = {
    M1: { up: 'create table item (id int primary key, price int)', down: 'drop table item' },
  }
  const project = await way.project(first)
  await way.up(project)
  await way.sql('insert into item values (1, 550)')
  await way.down(project, 'base')
  await way.up(project)
  const next = await way.project({ ...first, M2: { up: 'update item set price = 0', down: '' } })
  expect((await way.up(next)).returned).toEqual([])
  expect(await prices()).toEqual([{ id: 1, price: 0 }])
})
