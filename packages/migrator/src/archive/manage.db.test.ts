import { beforeEach, expect, test } from 'vitest'
import type { Project } from '../project/project.ts'
import { databaseTarget } from '../session/database-target.ts'
import { run } from '../run/index.ts'
import { query } from '../testing/query.ts'
import { createRole } from '../testing/roles.ts'
import { useWayBack } from '../testing/way-back.ts'
import { listArchive, purgeArchive, restoreFromArchive } from './manage.ts'

const way = useWayBack()
let project: Project

const list = async () =>
  (await listArchive(project, databaseTarget(way.url()))).map(
    ({ id, kind, table, rows, migration }) => [id, kind, table, rows, migration].join(' '),
  )
const restore = (id: string) => restoreFromArchive(project, databaseTarget(way.url()), id)
const purge = (ids: string[], yes: boolean, olderThan = 0) =>
  purgeArchive(project, databaseTarget(way.url()), { ids, yes, olderThan })

/** A role that is no superuser, and owns what there is to own. */
async function createOwner() {
  const owner = await createRole(way.url())
  await way.sql(`drop schema migrator, migrator_archive cascade; drop table a, mikro_orm_migrations;
    alter schema public owner to ${owner.name};
    do $$ begin execute format('grant create on database %I to ${owner.name}', current_database()); end $$`)
  return { url: owner.url, [Symbol.asyncDispose]: () => owner.drop() }
}

beforeEach(async () => {
  project = await way.project({
    M1: { up: 'create table a (id int primary key)', down: '' },
    M2: {
      up: 'create type mood as enum (\'sad\'); create table "B" (id int primary key, mood mood); alter table a add column n int',
      down: 'alter table a drop column n; drop table "B"; drop type mood',
    },
  })
  await way.up(project)
  await way.sql(`insert into a values (1, 2); insert into "B" values (7, 'sad'), (8, null)`)
  await way.down(project, 'M1')
})

test('lists what is there, and gives a table back by hand under its own name', async () => {
  expect(await list()).toEqual(['1 values a 1 M2', '2 table B 2 M2'])
  expect(await restore('2')).toMatchObject({
    object: 'B',
    restoredRows: 2,
    alsoMadeBy: { migration: 'M2', when: 'applied' },
  })
  expect(await way.sql('select id, mood::text from "B" order by id')).toEqual([
    { id: 7, mood: 'sad' },
    { id: 8, mood: null },
  ])
  expect(await list()).toEqual(['1 values a 1 M2'])
})

test(
  'a table that an applied migration has dropped names what makes it again',
  { tags: 'long' },
  async () => {
    const dropping = await way.project({
      M1: { up: 'create table a (id int primary key)', down: '' },
      M2: { up: 'drop table a', down: 'create table a (id int primary key)' },
    })
    await way.sql(
      'drop schema migrator, migrator_archive cascade; drop table a, mikro_orm_migrations',
    )
    await way.up(dropping, 'M1')
    await way.sql('insert into a values (1)')
    await way.up(dropping)
    const database = databaseTarget(way.url())
    const [entry] = await listArchive(dropping, database)
    expect(await restoreFromArchive(dropping, database, entry?.id ?? '')).toMatchObject({
      restoredRows: 1,
      alsoMadeBy: { migration: 'M2', when: 'reverted' },
    })
    await way.sql('alter table a rename to a_by_hand')
    await way.down(dropping, 'M1')
    expect(await way.sql('select * from a_by_hand')).toEqual([{ id: 1 }])
  },
)

test('what has no place stays where it is', async () => {
  expect(await restore('1')).toMatchObject({
    restoredRows: 0,
    note: '1 rows wait for what is not there: column n',
  })
  await way.sql('alter table a add column n int')
  expect(await restore('1')).toMatchObject({ restoredRows: 1, note: undefined })
  expect(await way.sql('select * from a')).toEqual([{ id: 1, n: 2 }])
  await expect(restore('9')).rejects.toMatchObject({ code: 'ARCHIVE_ENTRY_UNKNOWN', exit: 2 })
})

test('what another row has the key of stays where it is', async () => {
  await way.sql('delete from a; insert into a values (1); alter table a add column n int')
  expect(await restore('1')).toMatchObject({
    restoredRows: 0,
    note: '1 rows were changed or deleted since',
  })
  expect(await way.sql('select * from a')).toEqual([{ id: 1, n: null }])
  expect(await list()).toContain('1 values a 1 M2')
})

test('lets go of nothing without a word, and journals what it lets go of', async () => {
  await expect(purge([], false)).rejects.toMatchObject({ code: 'PURGE_UNCONFIRMED', exit: 3 })
  expect(await purge([], true, 86_400_000)).toEqual([])
  expect(await list()).toHaveLength(2)
  await purge(['2'], true)
  expect(await list()).toEqual(['1 values a 1 M2'])
  expect(
    await way.sql(
      `select event, note, rows from migrator.history where event in ('archived', 'purged') order by id`,
    ),
  ).toEqual([
    { event: 'archived', note: 'a.n', rows: '1' },
    { event: 'archived', note: 'B', rows: '2' },
    { event: 'purged', note: 'B', rows: '2' },
  ])
  await way.up(project)
  expect(await way.sql('select count(*)::int as n from "B"')).toEqual([{ n: 0 }])
})

test('lets go of single rows by a key, wherever the archive has them', async () => {
  await way.up(project)
  await way.sql(`insert into a values (3, 4)`)
  await way.down(project, 'M1')
  const rows = (table: string, column: string, value: string) =>
    purgeArchive(project, databaseTarget(way.url()), {
      ids: [],
      yes: true,
      rows: { table, column, value },
    })
  const [purged] = await rows('B', 'id', '7')
  expect(purged).toMatchObject({ table: 'B', rows: '1' })
  expect(await rows('B', 'id', '7')).toEqual([])
  expect(await rows('a', 'id', '3')).toMatchObject([{ table: 'a', rows: '1' }])
  await way.up(project)
  expect(await way.sql('select id from "B"')).toEqual([{ id: 8 }])
  expect(await way.sql('select n from a where id = 3')).toEqual([{ n: null }])
})

test('values that the role may not write any more when the migration ends go back once it may', async () => {
  await using owner = await createOwner()
  const revoking = await way.project({
    M1: { up: 'create table t (id int primary key)', down: '' },
    M2: {
      up: `alter table t add v text; do $$ begin execute format('revoke update on t from %I', current_user); end $$`,
      down: `alter table t drop v; do $$ begin execute format('grant update on t to %I', current_user); end $$`,
    },
  })
  const database = databaseTarget(owner.url)
  const upAgain = { direction: 'up', target: 'head', drift: 'ignore' } as const
  await run(revoking, database, upAgain)
  await query(way.url(), `insert into t values (1, 'kept')`)
  await run(revoking, database, { direction: 'down', target: 'M1' })
  await run(revoking, database, upAgain)
  const [entry] = await listArchive(revoking, database)
  expect(entry).toMatchObject({ rows: '1', note: expect.stringContaining('permission denied') })

  await query(
    owner.url,
    `do $$ begin execute format('grant update on t to %I', current_user); end $$`,
  )
  await restoreFromArchive(revoking, database, entry?.id ?? '')
  expect(await query(owner.url, 'select * from t')).toEqual([{ id: 1, v: 'kept' }])
})
