import { readFile } from 'node:fs/promises'

import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { migrationNames } from './migration-names.ts'
import { readStructure, rows } from './testing/catalog.ts'
import { awkwardRows, connect, migrateTo } from './testing/migrate.ts'

const head = async (url: string) => migrateTo(url, 'head')

test('the first migration makes what the legacy init.sql made', async () => {
  await using ours = await createTestDatabase()
  await using legacy = await createTestDatabase()
  await migrateTo(ours.url, 'legacy_generation_b')
  await rows(
    legacy.url,
    await readFile(new URL('fixtures/generation-b.sql', import.meta.url), 'utf8'),
  )

  const structure = await readStructure(legacy.url)
  expect(await readStructure(ours.url)).toEqual(structure)
  expect(count(structure, /^relation \w+ r /)).toBe(11)
  expect(count(structure, /^column /)).toBe(107)
})

function count(lines: string[], pattern: RegExp): number {
  return lines.filter((line) => pattern.test(line)).length
}

test('MikroORM sees no difference between the entities and a database at head', async () => {
  await using database = await createTestDatabase({ prepare: head })
  const orm = await connect(database.url)
  try {
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('')
    expect(await orm.migrator.checkSchema(), 'the snapshot is not of these entities').toBe(false)
  } finally {
    await orm.close()
  }
})

test('down to base leaves the extension and the ledger', async () => {
  await using database = await createTestDatabase({ prepare: awkwardRows })
  await migrateTo(database.url, 'base')
  expect(await readStructure(database.url)).toEqual([
    'extension plpgsql',
    'extension uuid-ossp',
    'schema public',
  ])
  expect(await rows(database.url, 'select * from mikro_orm_migrations')).toEqual([])
})

test('every migration is undone exactly by its down, and done again', async () => {
  await using database = await createTestDatabase()
  await rows(database.url, 'create extension "uuid-ossp"') // which stays
  const structures = [await readStructure(database.url)]
  for (const name of migrationNames) {
    await migrateTo(database.url, name)
    structures.push(await readStructure(database.url))
  }
  for (const name of migrationNames.toReversed()) {
    const above = structures.pop()
    await migrateTo(database.url, before(name))
    const below = structures.at(-1)
    await migrateTo(database.url, name)
    expect(await readStructure(database.url), `${name} done again`).toEqual(above)
    await migrateTo(database.url, before(name))
    expect(await readStructure(database.url), `${name} undone`).toEqual(below)
  }
})

const before = (name: string) => migrationNames[migrationNames.indexOf(name) - 1] ?? 'base'
