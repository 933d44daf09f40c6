import { fillTables, query } from '@techfacts/migrator/testing'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { afterAll, expect, test } from 'vitest'

import { head } from './testing/migrate.ts'

const database = await createTestDatabase({ prepare: head })
afterAll(() => database.drop())

test('every table of the schema at head is filled, those of the job queue too', async () => {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const filled = await fillTables(client, {
    seed: 1,
    rowsPerTable: 20,
    ledger: { table: 'mikro_orm_migrations' },
  })
  await client.end()
  expect(filled.filter(({ unproved }) => unproved !== undefined)).toEqual([])
  expect(filled.filter(({ table }) => table.schema === 'public').map(({ rows }) => rows)).toEqual(
    Array.from({ length: 13 }, () => 20),
  )
  const statuses = await query<{ status: string }>(database.url, 'select distinct status from jobs')
  expect(statuses.length).toBeGreaterThan(1)
})
