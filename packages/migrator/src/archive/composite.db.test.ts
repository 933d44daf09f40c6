import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

test('a value of a composite type whose attributes are in another order by now stays in the archive', async () => {
  const project = await way.project({
    M1: { up: '', down: '' },
    M2: { up: '', down: 'alter type c drop attribute a; alter type c add attribute a text' },
  })
  await way.up(project)
  await way.sql(`create type c as (a text, b text); create table t (id int primary key, v c);
    insert into t values (1, row('of a', 'of b'))`)
  await way.down(project, 'M1')
  const { returned } = await way.up(project)
  expect(await way.sql('select v::text from t')).toEqual([{ v: '("of b",)' }])
  expect(returned).toMatchObject([
    { restoredRows: 0, note: '1 rows wait for what is not there: column v' },
  ])
  expect(await way.archived()).toEqual(['values t 1'])
})
