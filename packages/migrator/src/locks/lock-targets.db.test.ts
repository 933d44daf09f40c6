import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { readStatements } from '../sql/read-statement.ts'
import { lockTargets, meantBy } from './lock-targets.ts'

// What is locked, `lock-table.db.test.ts` holds against PostgreSQL.
test('a name that is not there locks nothing', async () => {
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const statements = await readStatements('alter table nowhere.t add x int', true)
  const meant = await meantBy(client, { statements, settings: [] })
  expect(await lockTargets(client, meant)).toEqual([])
  await client.end()
})
