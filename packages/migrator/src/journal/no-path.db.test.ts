import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

test.each([
  ['is empty', `''`],
  ['names a schema that is not there', 'nowhere'],
])('a search path that %s leads to one ledger', async (_, path) => {
  await way.sql(`create table public.t (id int);
    do $$ begin execute format('alter database %I set search_path = ${path.replaceAll("'", "''")}', current_database()); end $$`)
  const project = await way.project({
    M1: { up: 'insert into public.t values (1)', down: 'delete from public.t' },
  })
  await way.up(project)
  await way.up(project)
  expect(await way.sql('select id from public.t')).toEqual([{ id: 1 }])
  await way.down(project, 'base')
  expect(await way.sql('select id from public.t')).toEqual([])
})
