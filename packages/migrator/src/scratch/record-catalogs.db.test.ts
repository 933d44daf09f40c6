import { createTestDatabase } from '@techfacts/postgres/testing'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { catalogAfter, catalogsAfter } from '../project/catalog-after.ts'
import { hashProject, verifyManifest } from '../project/hash.ts'
import { databaseTarget } from '../session/database-target.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { sqlProject, type SqlMigration } from '../testing/sql-project.ts'
import { recordCatalogs } from './record-catalogs.ts'

const FIRST: Record<string, SqlMigration> = { M1: { up: 'create table a (n int)' } }
const OURS: Record<string, SqlMigration> = { M2: { up: 'create table b (n int)' } }
const THEIRS: Record<string, SqlMigration> = { M3: { up: 'alter table a alter n set not null' } }

let project: Awaited<ReturnType<typeof sqlProject>>
beforeEach(async () => {
  project = await sqlProject({ ...FIRST, ...THEIRS })
})
afterEach(() => project.drop())

const pathOf = (name: string) => join(dirname(project.manifestPath), `${name}.json`)
const compiled = (name: string) => readFile(pathOf(name), 'utf8')

/** The project as it is after a merge: the same folder with other migrations. */
async function becomes(migrations: Record<string, SqlMigration>): Promise<typeof project> {
  const other = await sqlProject(migrations)
  const merged = { ...other, manifestPath: project.manifestPath }
  for (const name of Object.keys(migrations))
    await writeFile(join(dirname(project.manifestPath), `${name}.ts`), name)
  await hashProject(merged)
  await other.drop()
  return { ...project, ...merged, drop: () => project.drop() }
}

const none = () => Promise.reject(new Error('A server is asked for.'))

test('nothing is recorded without a server, and again only what is not known', async () => {
  expect(await catalogsAfter(project)).toEqual(new Map())
  await recordExpectedCatalogs(project)
  expect([...(await catalogsAfter(project)).keys()]).toEqual(['M1', 'M3'])
  expect(await recordCatalogs(project, none)).toEqual({ recorded: [] })
})

test('two branches: only the manifest is written by both, and hash records the sums again', async () => {
  await recordExpectedCatalogs(project)
  const before = await compiled('M1')
  const merged = await becomes({ ...FIRST, ...OURS, ...THEIRS })
  expect([...(await catalogsAfter(merged)).keys()]).toEqual(['M1'])
  await recordExpectedCatalogs(merged)
  expect((await catalogAfter(merged, 'M3'))?.objects).toEqual(
    expect.arrayContaining([
      { kind: 'column', identity: 'public.a.n', of: 'public.a', type: 'integer', notNull: true },
      { kind: 'table', identity: 'public.b' },
    ]),
  )
  expect(await compiled('M1')).toBe(before)
})

test('an edited migration loses what was recorded of it, and a removed one its file', async () => {
  await recordExpectedCatalogs(project)
  const edited = await becomes({ M1: { up: 'create table a (n bigint)' } })
  expect(JSON.parse(await compiled('M1'))).toMatchObject({ catalog: null })
  await expect(compiled('M3')).rejects.toMatchObject({ code: 'ENOENT' })
  await verifyManifest(edited)
})

test('a migration that does not run on an empty database is said, and what comes before it is recorded', async () => {
  const broken = await becomes({ ...FIRST, M2: { up: 'insert into elsewhere values (1)' } })
  await using server = await createTestDatabase()
  const found = await recordCatalogs(broken, (work) => work(databaseTarget(server.url)))
  expect(found).toMatchObject({ recorded: ['M1'], stopped: { name: 'M2' } })
})

const EDITS: Record<string, (text: string) => string> = {
  statement: (text) => text.replace('create table a (n int)', 'create table a (n int8)'),
  analysis: (text) => text.replace('"change":"makes"', '"change":"removes"'),
  'the end of it': (text) => text.slice(0, 60),
}

test.each(Object.entries(EDITS))('a hand that edits %s is refused: 6', async (_, edit) => {
  const text = await compiled('M1')
  await writeFile(pathOf('M1'), edit(text))
  await expect(verifyManifest(project)).rejects.toMatchObject({
    code: expect.stringMatching(/^COMPILED_/),
    exit: 6,
    next: [{ command: 'hash' }],
  })
  await hashProject(project)
  expect(await compiled('M1')).toBe(text)
})

test('another file under the name of a compiled migration is not written over', async () => {
  await writeFile(pathOf('M1'), '{"rows": []}')
  await expect(hashProject(project)).rejects.toMatchObject({ code: 'FILE_UNUSABLE', exit: 2 })
  expect(await compiled('M1')).toBe('{"rows": []}')
})
