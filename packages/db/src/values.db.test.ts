import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { awkwardRows, migrateTo } from './testing/migrate.ts'
import { readColumns, readValues } from './testing/values.ts'

const firstMigration = async (url: string) => migrateTo(url, 'legacy_generation_b')

test('head → first migration → head keeps every value that generation B has a column for', async () => {
  await using legacy = await createTestDatabase({ prepare: firstMigration })
  const columns = await readColumns(legacy.url)
  expect(columns.length).toBe(107)

  await using database = await createTestDatabase({ prepare: awkwardRows })
  const values = await readValues(database.url, columns)
  expect(new Set(Object.keys(values).map((key) => key.split('/')[0])).size).toBe(11)

  await migrateTo(database.url, 'legacy_generation_b')
  expect(await readColumns(database.url)).toEqual(columns)
  expect(await readValues(database.url, columns)).toEqual(values)

  await migrateTo(database.url, 'head')
  expect(await readValues(database.url, columns)).toEqual(values)
})
