import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { MikroORM } from '@mikro-orm/postgresql'
import { type Catalog } from '@techfacts/migrator/catalog'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { catalogAfter } from '@techfacts/migrator/testing'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { migrationNames } from './migration-names.ts'
import config from './mikro-orm.config.ts'
import { differences, readSchema, rows } from './testing/database.ts'
import { awkwardRows, head, migrateTo } from './testing/migrate.ts'
import { readColumns } from './testing/values.ts'

test('the first migration makes what the legacy init.sql made', async () => {
  await using ours = await createTestDatabase()
  await using legacy = await createTestDatabase()
  await migrateTo(ours.url, 'legacy_generation_b')
  await rows(
    legacy.url,
    await readFile(new URL('fixtures/generation-b.sql', import.meta.url), 'utf8'),
  )

  const schema = await readSchema(legacy.url)
  expect(differences(await readSchema(ours.url), schema)).toEqual([])
  expect(await readColumns(ours.url), 'the order of columns').toEqual(await readColumns(legacy.url))
  // What schema.md counts, so that no object escapes both sides.
  expect(countByKind(schema)).toMatchObject({
    table: 11,
    column: 107,
    constraint: 11 + 6 + 9,
    index: 11 + 6 + 28,
  })
})

test('MikroORM sees no difference between the entities and a database at head', async () => {
  await using database = await createTestDatabase({ prepare: head })
  await using orm = await connect(database.url)
  expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('')
  expect(await orm.migrator.checkSchema(), 'the snapshot is not of these entities').toBe(false)
})

// MikroORM does not see operator classes, expressions of indexes or validity; the catalog does.
test('the migrations make what the entities declare', async () => {
  await using migrated = await createTestDatabase({ prepare: head })
  await using declared = await createTestDatabase()
  await using orm = await connect(declared.url)
  await orm.schema.create()
  await rows(declared.url, 'create extension "uuid-ossp"') // which stays from the first migration
  const { ignoreSchema } = config.schemaGenerator
  expect(
    differences(
      await readSchema(migrated.url, ignoreSchema),
      await readSchema(declared.url, ignoreSchema),
    ),
  ).toEqual([])
})

async function connect(url: string): Promise<MikroORM & AsyncDisposable> {
  const extensions = [...config.extensions] // which MikroORM changes
  const orm = await MikroORM.init({ ...config, clientUrl: url, extensions })
  return Object.assign(orm, { [Symbol.asyncDispose]: async () => orm.close() })
}

test('each migration is undone exactly by its down', { tags: 'long' }, async () => {
  await using database = await createTestDatabase({ prepare: awkwardRows })
  for (const name of migrationNames.slice(0, -1).toReversed()) {
    await migrateTo(database.url, name)
    const differs = differences(await readSchema(database.url), await expectedAt(name))
    expect({ name, differs }).toEqual({ name, differs: [] })
  }
})

test(
  'down to base leaves what was there before, the extension and an empty ledger',
  { tags: 'long' },
  async () => {
    await using before = await createTestDatabase()
    await rows(before.url, 'create extension "uuid-ossp"')
    await using database = await createTestDatabase({ prepare: awkwardRows })
    await migrateTo(database.url, 'base')
    expect(differences(await readSchema(database.url), await readSchema(before.url))).toEqual([])
    expect(await rows(database.url, 'select * from mikro_orm_migrations')).toEqual([])
  },
)

const project = mikroOrmProject(fileURLToPath(new URL('mikro-orm.config.ts', import.meta.url)))

/** The catalog that `catalogs.db.test.ts` finds after going up. */
async function expectedAt(name: string): Promise<Catalog> {
  const catalog = await catalogAfter(project, name)
  if (!catalog) throw new Error(`The schema after ${name} is not recorded.`)
  return catalog
}

function countByKind({ objects }: Catalog): Record<string, number> {
  const kinds = Object.groupBy(objects, ({ kind }) => kind)
  return Object.fromEntries(Object.entries(kinds).map(([kind, all]) => [kind, all.length]))
}
