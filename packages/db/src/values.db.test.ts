import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { rows } from './testing/database.ts'
import { awkwardRows, migrateTo } from './testing/migrate.ts'
import { readColumns, readValues } from './testing/values.ts'

const firstMigration = async (url: string) => migrateTo(url, 'legacy_generation_b')

test(
  'head → first migration → head keeps every value that generation B has a column for',
  { tags: 'long' },
  async () => {
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
  },
)

test(
  'head → first migration → head keeps every value, also those that generation B has no column for',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase({ prepare: awkwardRows })
    const columns = await readColumns(database.url)
    const values = await readValues(database.url, columns)
    expect(columns.length).toBeGreaterThan(107)

    await migrateTo(database.url, 'legacy_generation_b')
    await migrateTo(database.url, 'head')
    expect(await readColumns(database.url)).toEqual(columns)
    expect(await readValues(database.url, columns)).toEqual(values)
    expect(await rows(database.url, 'select "table", note from migrator_archive.entries')).toEqual(
      [],
    )
  },
)
