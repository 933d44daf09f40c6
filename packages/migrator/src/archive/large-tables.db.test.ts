import { inTurn } from '@techfacts/postgres/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'
import { large, table } from './tests/faults-large.ts'
import { play } from './tests/play.ts'
import { openStage, type Stage } from './tests/stage.ts'

let stage: Stage
beforeAll(async () => {
  const server = inject('testServer')
  if (!server) throw new Error('No test server here.')
  stage = await openStage(server)
})
afterAll(() => stage.close())

test.each(inTurn(large).map((fault) => [fault.name, fault] as const))('%s', async (_, fault) => {
  const { ending, says, losses } = await play(stage, fault)
  const isGood = fault.ends.includes(ending)
  expect(isGood ? 'as it may end' : [ending, ...losses, ...says].join('\n')).toBe('as it may end')
})

const way = useWayBack()

const onTheWayUp = {
  UPDATE: `update t set w = 'x' where id < 9`,
  'RENAME, and another by its name': `alter table t rename w to z; alter table t add w text; update t set w = 'x'; alter table t rename w to y; alter table t rename z to w`,
  'ALTER TYPE that loses nothing': 'alter table t alter w type varchar(90)',
  'ALTER TYPE that loses something': `alter table t alter w type varchar(3) using left(w, 3)`,
  'ALTER TYPE by way of a column made again': `alter table t drop v; alter table t add v text; alter table t alter w type int using length(v)`,
}

for (const [first, sql] of inTurn(Object.entries(onTheWayUp))) {
  for (const rows of ['large', 'small']) {
    test(`on the way up, ${rows}: ${first}, then DROP COLUMN`, async () => {
      await way.sql(`${table(', w text')}; update t set w = 'o' || id`)
      if (rows === 'small')
        await way.sql('create table few as table t limit 20; truncate t; insert into t table few')
      const before = await way.sql('select id, w from t order by id')
      const down = `alter table t drop column if exists y; alter table t add w text`
      const project = await way.project({
        M1: { up: `${sql}; alter table t drop w`, down, keepRows: 1e8 },
      })
      await way.up(project)
      await way.down(project, 'base')
      expect(await way.sql('select id, w from t order by id')).toEqual(before)
    })
  }
}
