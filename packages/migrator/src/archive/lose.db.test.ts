import { briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import type { Project } from '../project/project.ts'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

async function given(down: string): Promise<Project> {
  const project = await way.project({ M1: { up: '', down: '' }, M2: { up: '', down } })
  await way.up(project)
  await way.sql(`create schema app; create table jobs (id int primary key, payload text);
    create table app.jobs (id int primary key, payload text); create schema billing;
    create table billing (id int primary key, invoices text); create table billing.invoices (id int primary key, v text);
    insert into jobs values (1, 'x'); insert into app.jobs values (1, 'precious');
    insert into billing values (1, 'x'); insert into billing.invoices values (1, 'precious')`)
  return project
}

const DELETES = 'delete from jobs; delete from app.jobs'
const TAKES = 'alter table public.billing drop invoices; delete from billing.invoices'
/** A run that may copy nothing. */
const lose = (project: Project, ...names: string[]) =>
  way.down(project, 'M1', { archiveLimit: 1, lose: names })

const left = () =>
  way.sql(`select (select count(*)::int from jobs) as jobs, (select count(*)::int from app.jobs) as "app.jobs",
    (select count(*)::int from billing.invoices) as invoices`)
const ALL = [{ jobs: 1, 'app.jobs': 1, invoices: 1 }]

test.each(briefly(['nosuch', 'jobs.nosuch', 'nosuch.jobs', 'app.jobs.nosuch', 'invoices']))(
  'what may be lost must be there: %s',
  async (name) => {
    const project = await given(DELETES)
    const error = { code: 'LOSE_UNKNOWN', exit: 2 }
    await expect(lose(project, 'jobs', 'app.jobs', name)).rejects.toMatchObject(error)
    expect(await left()).toEqual(ALL)
  },
)

test('a name in one schema means no table of another', async () => {
  const project = await given(DELETES)
  await expect(lose(project, 'jobs')).rejects.toMatchObject({
    code: 'NOT_KEPT',
    next: [{ options: { lose: ['app.jobs'] } }],
  })
  expect(await left()).toEqual(ALL)
  await lose(project, 'public.jobs', 'app.jobs.*')
  expect(await left()).toEqual([{ jobs: 0, 'app.jobs': 0, invoices: 1 }])
})

test('a name that means a table and a column is refused, with what it may mean', async () => {
  const project = await given(TAKES)
  const refused = lose(project, 'billing.invoices')
  await expect(refused).rejects.toMatchObject({ code: 'LOSE_AMBIGUOUS', exit: 2 })
  await expect(refused).rejects.toThrow(
    / {2}billing\.invoices\.\*\n {2}public\.billing\.invoices\n/,
  )
  await expect(lose(project, 'public.billing.invoices')).rejects.toMatchObject({
    code: 'NOT_KEPT',
    next: [{ options: { lose: ['billing.invoices'] } }],
  })
  expect(await left()).toEqual(ALL)
  await lose(project, 'public.billing.invoices', 'billing.invoices.*')
  expect(await left()).toEqual([{ jobs: 1, 'app.jobs': 1, invoices: 0 }])
})

test('a table is named as the migration names it by then', async () => {
  const project = await given('alter table jobs rename to works; delete from works')
  await lose(project, 'works')
  expect(await way.sql('select * from works')).toEqual([])
})

/** Whatever holds rows, or shows them, is there to be named; so is what the way back makes first. */
test.each(
  briefly([
    ['a materialized view', 'm', 'drop materialized view m'],
    ['a column of one', 'm.id', 'drop materialized view m'],
    ['a foreign table', 'f', 'drop foreign table f'],
    ['a sequence', 's', 'drop sequence s'],
    ['a view', 'app.v', 'drop view app.v'],
    ['a table that the way back makes', 'made', 'create table made (n int); drop table made'],
    ['a column of it', 'public.made.n', 'create table made (n int); drop table made'],
    ['a copy that it makes', 'made', 'create table made as select * from jobs; drop table made'],
  ]),
)('%s may be named: %s', async (_, name, down) => {
  const project = await given(`${down}; delete from jobs`)
  await way.sql(`create materialized view m as select * from jobs; create sequence s;
    create view app.v as select 1 as n; create extension file_fdw;
    create server files foreign data wrapper file_fdw;
    create foreign table f (n int) server files options (filename '/dev/null')`)
  await lose(project, name, 'jobs')
  expect(await way.sql('select * from jobs')).toEqual([])
  await way.sql('drop extension file_fdw cascade')
})

test('what else the way back makes lets no other name pass', async () => {
  const project = await given('create table made (n int); drop table made; delete from jobs')
  await expect(lose(project, 'jobs', 'mode')).rejects.toMatchObject({ code: 'LOSE_UNKNOWN' })
})
