import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** A schema that the way back renames: what goes from its tables is asked about, and restored where they are again. */

const way = useWayBack()

const UP = `create schema if not exists s; create table if not exists s.t (id int primary key, v text);
  alter table s.t add if not exists v text`

/** Rows that a text finds under the new name alone are not counted. */
const CASES = [
  [
    `alter schema s rename to "S 2"; set search_path to "S 2", public; drop table t; drop schema "S 2"`,
    ['s.t: 2 rows'],
  ],
  [
    `alter schema s rename to s2; set search_path to s2, public; delete from t; alter schema s2 rename to s`,
    ['s.t: 2 rows'],
  ],
  [`alter schema s rename to s2; drop table s2.t; drop schema s2`, ['s.t: 2 rows']],
  [
    `alter schema s rename to s2; alter table s2.t drop v; alter schema s2 rename to s`,
    ['s.t.v: 2 values'],
  ],
  [
    `alter schema s rename to s2; delete from s2.t; alter schema s2 rename to s`,
    ['s.t: 0 unknown'],
  ],
  [
    `alter schema s rename to s2; alter table s2.t rename to u; alter schema s2 rename to s3; drop table s3.u; drop schema s3`,
    ['s.t: 2 rows'],
  ],
  [
    `alter schema s rename to s2; create schema s; create table s.t (id int, v text); drop table s2.t; drop schema s2; drop schema s cascade`,
    ['s.t: 2 rows'],
  ],
] as const

test.each(inTurn(CASES))('%s', async (down, losses) => {
  await way.sql('create table t (id int primary key); insert into t values (1)')
  const project = await way.project({ M1: { up: '', down: '' }, M2: { up: UP, down } })
  await way.up(project)
  await way.keepForGood()
  await way.sql(`insert into s.t values (1, 'a'), (2, 'b')`)
  const asked = way.down(project, 'M1')
  await expect(asked).rejects.toMatchObject({ code: 'LOSSES_UNCONFIRMED' })
  expect((await way.down(project, 'M1', { yes: true })).losses).toEqual(losses)
  await way.up(project)
  expect(await way.sql('select id, v from s.t order by id')).toEqual([
    { id: 1, v: 'a' },
    { id: 2, v: 'b' },
  ])
})
