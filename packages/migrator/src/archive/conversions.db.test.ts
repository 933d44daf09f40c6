import { expect, test } from 'vitest'
import { writeFill } from '../sql/fill.ts'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

const FILL = writeFill({ table: { name: 'job' }, from: 'e', to: 'e_new', cast: 'bigint' })

/** As a copy of a column that was interrupted: the trigger is there, and not all rows are filled. */
const BEGUN = [
  'alter table job add e_new bigint',
  `create function job_e_copied() returns trigger language plpgsql as $$ begin new."e_new" := new."e"; return new; end $$`,
  'create trigger zz before insert or update on job for each row execute function job_e_copied()',
]

const REST = [
  FILL,
  'alter table job drop column e',
  'alter table job rename e_new to e',
  'drop trigger zz on job',
  'drop function job_e_copied()',
]

async function interrupted(rest: readonly string[]) {
  const project = await way.project({
    M1: {
      up: 'create table job (id int primary key, e int)',
      down: 'drop table job',
    },
    M2: { up: BEGUN.join(';\n'), down: rest.join(';\n') },
  })
  await way.up(project)
  await way.sql(
    `set session_replication_role = replica; insert into job select n, n from generate_series(1, 100) n;
     reset session_replication_role; update job set e = e where id < 50`,
  )
  await way.keepForGood()
  return way.down(project, 'M1')
}

test('what a fill has still to give the new column is not lost with the old one: nobody is asked', async () => {
  expect((await interrupted(REST)).losses).toEqual([])
  expect(await way.sql('select count(*)::int as rows, sum(e)::int as sum from job')).toEqual([
    { rows: 100, sum: 5050 },
  ])
})

test('without a fill, all of the old one is', async () => {
  await expect(interrupted(REST.slice(1))).rejects.toMatchObject({ code: 'LOSSES_UNCONFIRMED' })
})
