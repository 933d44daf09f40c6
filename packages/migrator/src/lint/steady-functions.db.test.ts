import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { STEADY } from '../sql/volatile-calls.ts'

test('what counts as steady has one value for a whole statement, and is on every version', async () => {
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query(
    `select proname as name, bool_or(provolatile = 'v') as "isVolatile"
       from pg_proc where pronamespace = 'pg_catalog'::regnamespace and prokind = 'f' group by proname`,
  )
  await client.end()
  const steady = new Set(rows.filter((one) => !one.isVolatile).map(({ name }) => name))
  expect([...STEADY].filter((name) => !steady.has(name))).toEqual([])
})
