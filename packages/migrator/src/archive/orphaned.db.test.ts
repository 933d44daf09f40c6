import { expect, test } from 'vitest'
import { renderRun } from '../cli/render/run.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()
const BASE = { M1: { up: 'create table a (id int primary key)', down: '' } }
const COLUMN = { up: 'alter table a add column n int', down: 'alter table a drop column n' }

async function takeColumn(): Promise<void> {
  const project = await way.project({ ...BASE, M2: COLUMN })
  await way.up(project)
  await way.sql('insert into a values (1, 2)')
  await way.down(project, 'M1')
}

test('what a migration lost that is no longer in the project is told at the end of every run', async () => {
  await takeColumn()
  const project = await way.project({ ...BASE, M2_renamed: COLUMN })
  const up = () => run(project, databaseTarget(way.url()), { direction: 'up', target: 'head' })
  for (const first of ['applied M2_renamed', 'Nothing to do.']) {
    const result = await up()
    expect(result.orphaned).toEqual(['M2'])
    const text = renderRun(result, () => 'migrate archive list')
    expect(text).toContain(first)
    expect(text).toMatch(/no longer in the project.*: M2\. .* See: migrate archive list/)
  }
  expect(await way.archived()).toEqual(['values a 1'])
})

test('a squash without the files of its parts gets what they have lost', async () => {
  await takeColumn()
  const project = await way.project({ ...BASE, M3: { ...COLUMN, replaces: ['M2'] } })
  await way.up(project)
  expect(await way.sql('select * from a')).toEqual([{ id: 1, n: 2 }])
  expect(await way.archived()).toEqual([])
})
