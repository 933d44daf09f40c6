import { databaseTarget, run } from '@techfacts/migrator'
import { catalogAfter, diffBesidesPartitions } from '@techfacts/migrator/testing'
import { diffCatalogs, serializeCatalog } from '@techfacts/migrator/catalog'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { migrationNames } from './migration-names.ts'
import { readSchema, rows } from './testing/database.ts'

/*
 * What a database looks like after each migration, and what the legacy generations looked like: committed,
 * so that no server is needed where a database is judged.
 */

const project = mikroOrmProject(fileURLToPath(new URL('mikro-orm.config.ts', import.meta.url)))

let database: TestDatabase
beforeEach(async () => {
  database = await createTestDatabase()
})
afterEach(() => database.drop())

const read = () => readSchema(database.url)

test(
  'each migration leaves the catalog that its compiled file says',
  { tags: 'long' },
  async () => {
    for (const name of migrationNames) {
      await run(project, databaseTarget(database.url), { direction: 'up', target: name })
      const expected = await catalogAfter(project, name)
      // The job queue makes a partition for each day.
      const differs = expected && diffBesidesPartitions(await read(), expected)
      expect({ name, differs }).toEqual({ name, differs: [] })
    }
  },
)

test('generation A is the catalog of its fixture', async () => {
  await rows(database.url, await fixture('generation-a'))
  await expect(serializeCatalog(await read())).toMatchFileSnapshot('catalogs/generation-a.jsonl')
})

test('generation B is the schema after the first migration', async () => {
  await rows(database.url, await fixture('generation-b'))
  const [first = ''] = migrationNames
  expect(
    diffCatalogs(await read(), (await catalogAfter(project, first)) ?? { objects: [] }),
  ).toEqual([])
})

function fixture(name: string): Promise<string> {
  return readFile(new URL(`fixtures/${name}.sql`, import.meta.url), 'utf8')
}
