import { createTestDatabase } from '@techfacts/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import type { Loss } from '../events.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { query } from '../testing/query.ts'
import { sqlProject } from '../testing/sql-project.ts'

const database = await createTestDatabase()
const project = await sqlProject({
  Migration1: { up: 'create table a (n int)' },
  Migration2: { up: 'do $$ begin delete from a; end $$' },
  Migration3: { up: 'do $$ begin delete from a; end $$' },
})
afterAll(async () => {
  await project.drop()
  await database.drop()
})

async function lossesOfUp(target: string): Promise<readonly Loss[]> {
  const losses: Loss[] = []
  const connection = databaseTarget(database.url, {
    onEvent: (event) => void (event.type === 'losses' && losses.push(...event.losses)),
  })
  await run(project, connection, { direction: 'up', target })
  return losses
}

test('where there is nothing, nothing is said to be lost; where there is a row, it is', async () => {
  expect(await lossesOfUp('Migration2')).toEqual([])
  await query(database.url, 'insert into a values (1)')
  expect(await lossesOfUp('Migration3')).toMatchObject([{ migration: 'Migration3' }])
})
