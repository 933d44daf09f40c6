import { expect, test } from 'vitest'
import { diffCatalogs } from '../catalog/index.ts'
import { readSchema } from '../testing/database.ts'
import { useWayBack } from '../testing/way-back.ts'
import type { SqlMigration } from '../testing/sql-project.ts'

const way = useWayBack()

const FIRST: Record<string, SqlMigration> = {
  M1: { up: 'create table a (id int primary key)', down: 'drop table a' },
}

const OLD: Record<string, SqlMigration> = {
  ...FIRST,
  M2: { up: 'alter table a add column n int', down: 'alter table a drop column n' },
}

const NEWER: Record<string, SqlMigration> = {
  ...OLD,
  M3: {
    up: 'create table b (id int primary key, a int references a (id)); create index concurrently b_a on b (a)',
    down: 'drop index concurrently b_a; drop table b',
    transactional: false,
  },
  M4: {
    up: 'alter table a alter n type bigint',
    down: 'alter table a alter n type int',
    downRequires: [
      { query: 'select count(*) as "a.n" from a where n > 2147483647', says: 'Too large for it.' },
    ],
  },
}

test('an older build takes back what a newer one applied, by the journal, and keeps what that takes away', async () => {
  const [old, newer] = [await way.project(OLD), await way.project(NEWER)]
  await way.up(old)
  const schema = await readSchema(way.url())
  await way.up(newer)
  await way.sql('insert into a values (1, 2); insert into b values (7, 1)')

  await expect(way.up(old)).rejects.toMatchObject({
    message: expect.stringMatching(/M3\n {2}M4\n/),
    next: [{ command: 'repair' }, { command: 'down', args: ['head'] }],
  })
  expect((await way.down(old, 'head')).losses).toEqual(['b: 1 rows'])
  expect(diffCatalogs(await readSchema(way.url()), schema)).toEqual([])
  expect((await way.up(old)).returned).toEqual([])

  await way.up(newer)
  expect(await way.sql('select * from b')).toEqual([{ id: 7, a: 1 }])
})

test('what the newer migration required before its way back is required of the older build, too', async () => {
  const [old, newer] = [await way.project(OLD), await way.project(NEWER)]
  await way.up(newer)
  await way.sql('insert into a values (1, 3000000000)')
  await expect(way.down(old, 'head')).rejects.toMatchObject({ code: 'DOWN_REQUIRES', exit: 3 })
  await way.sql('update a set n = 1')
  await way.down(old, 'M1')
  expect(await way.sql('select name from mikro_orm_migrations')).toEqual([{ name: 'M1' }])
})

test('a newer migration that stopped half-way is taken back as far as it came', async () => {
  const broken = {
    up: 'create table b (id int); create index concurrently b_id on b (id); create table a (id int)',
    down: 'drop table a; drop index concurrently b_id; drop table b',
    transactional: false,
  }
  const [old, newer] = [await way.project(OLD), await way.project({ ...OLD, M3: broken })]
  await expect(way.up(newer)).rejects.toThrow(/relation "a" already exists/)
  await way.down(old, 'head')
  expect(await way.sql(`select to_regclass('b') as b, to_regclass('a')::text as a`)).toEqual([
    { b: null, a: 'a' },
  ])
})

test('head is the newest of its own that is applied, not one that is pending', async () => {
  const other = { M3: { up: 'create table b (n int)', down: 'drop table b' } }
  await way.up(await way.project({ ...FIRST, ...other }))
  await way.down(await way.project(OLD), 'head')
  expect(await way.sql('select name from mikro_orm_migrations')).toEqual([{ name: 'M1' }])
})

test('code, and what another tool applied, is refused by name, with the reason', async () => {
  const old = await way.project(OLD)
  const newer = await way.project({ ...OLD, M3: { up: 'create table b (id int)' } })
  await way.up(newer)
  await expect(way.down(old, 'head')).rejects.toThrow(
    /M3 cannot be reverted: it runs code, which the journal does not hold\. Run the build/,
  )
  await way.sql(`insert into mikro_orm_migrations (name) values ('M4')`)
  await expect(way.down(old, 'head')).rejects.toThrow(
    /M4 cannot be reverted: another tool applied it/,
  )
  expect(await way.sql('select count(*)::int as n from mikro_orm_migrations')).toEqual([{ n: 4 }])
})
