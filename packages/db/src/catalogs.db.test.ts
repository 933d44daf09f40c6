import { databaseTarget, run } from '@techfacts/migrator'
import { readApplicationCatalog, withConnection } from '@techfacts/migrator/testing'
import { serializeCatalog, type Catalog } from '@techfacts/migrator/catalog'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { migrationNames } from './migration-names.ts'
import { rows } from './testing/database.ts'

/*
 * What a database looks like after each migration, and what the legacy generations looked like: committed,
 * so that no scratch server is needed where a database is judged. After a new migration: vitest run -u.
 */

const project = mikroOrmProject(fileURLToPath(new URL('mikro-orm.config.ts', import.meta.url)))

let database: TestDatabase
beforeEach(async () => {
  database = await createTestDatabase()
})
afterEach(() => database.drop())

async function catalog(): Promise<string> {
  const ledger = { table: 'mikro_orm_migrations' }
  return withConnection(databaseTarget(database.url), async (client) =>
    serializeCatalog(withoutDays(await readApplicationCatalog(client, ledger))),
  )
}

/** The job queue makes a partition for each day: those of the day of the test are no part of what is expected. */
function withoutDays({ objects }: Catalog): Catalog {
  const days = new Set(
    objects.flatMap((one) =>
      one.kind === 'table' && one.partitionOf === 'pgboss.queue_stats' ? [one.identity] : [],
    ),
  )
  return {
    objects: objects.filter((one) => !days.has(one.identity) && !('of' in one && days.has(one.of))),
  }
}

test('each migration leaves the catalog that is expected of it', async () => {
  for (const name of migrationNames) {
    await run(project, databaseTarget(database.url), { direction: 'up', target: name })
    await expect(await catalog()).toMatchFileSnapshot(`catalogs/${name}.jsonl`)
  }
})

test.each(['generation-a', 'generation-b'])(
  '%s is the catalog of its fixture',
  async (generation) => {
    const sql = await readFile(new URL(`fixtures/${generation}.sql`, import.meta.url), 'utf8')
    await rows(database.url, sql)
    await expect(await catalog()).toMatchFileSnapshot(`catalogs/${generation}.jsonl`)
  },
)
