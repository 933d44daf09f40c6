import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

test.each([
  ['is empty', `''`],
  ['names a schema that a migration is to make', 'app'],
])('a search path that %s is refused, and nothing is done', async (_, path) => {
  const setPath = (to: string) =>
    way.sql(
      `do $$ begin execute format('alter database %I set search_path = ${to.replaceAll("'", "''")}', current_database()); end $$`,
    )
  await way.sql('create table public.t (id int)')
  await setPath(path)
  const project = await way.project({
    M1: { up: 'create schema app; insert into public.t values (1)', down: 'drop schema app' },
  })
  await expect(way.up(project)).rejects.toMatchObject({ code: 'PATH_LEADS_NOWHERE', exit: 3 })
  const made = await way.sql(
    `select nspname from pg_namespace where nspname in ('app', 'migrator', 'migrator_archive')`,
  )
  expect(made).toEqual([])
  await setPath('public')
  await way.up(project)
  await way.up(project)
  expect(await way.sql('select id from public.t')).toEqual([{ id: 1 }])
})
