import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mikroOrmProject } from '../mikro-orm/project.ts'
import { hashProject } from '../project/hash.ts'
import type { Project } from '../project/project.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { migrate } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'
import { check } from './check.ts'

let scratch: ScratchProject
let database: TestDatabase
beforeEach(async () => {
  scratch = await scratchProject({})
  database = await createTestDatabase()
})
afterEach(async () => {
  await scratch.drop()
  await database.drop()
})

/** A configuration with these entities. Each has its own file: what is imported once stays as it was. */
async function withEntities(tables: Readonly<Record<string, string>>): Promise<string> {
  const config = join(dirname(scratch.config), `${randomUUID()}.config.ts`)
  await writeEntities(config, tables)
  return config
}

/** Writes a migration from the entities; returns its path. */
async function create(config: string, name: string): Promise<string> {
  const args = ['create', name, '--config', config, '--json']
  const { stdout } = await migrate(args, { DATABASE_URL: database.url })
  return JSON.parse(stdout).created
}

/** Creates a migration for the first entities and one for what is added to them, and deletes the second. */
async function deleteSecond(
  first: string,
  more: Readonly<Record<string, string>>,
): Promise<Project> {
  await create(await withEntities({ job: first }), 'first')
  const config = await withEntities(more)
  const path = await create(config, 'second')
  await rm(path)
  await rm(path.replace(/\.ts$/, '.json'))
  return mikroOrmProject(config)
}

const faults = async (project: Project, url?: string) =>
  (await check(project, url === undefined ? undefined : databaseTarget(url)))
    .filter(({ exit }) => exit !== 'done')
    .map(({ exit, says }) => `${exit}: ${says.split('\nWas')[0]}`)

const ADDED = [
  ['a column', { job: 'n: p.integer(), at: p.datetime()' }, ['job.at']],
  ['an index', { job: `n: p.integer().index('by_n')` }, ['job.by_n']],
  ['a table', { job: 'n: p.integer()', note: 'text: p.text()' }, ['note']],
  ['a foreign key', { job: `n: p.integer()`, note: `of: () => p.manyToOne('job')` }, ['note']],
] as const

test.each(briefly(ADDED))(
  '%s of a migration that was deleted is missed by check',
  async (_, more, names) => {
    const project = await deleteSecond('n: p.integer()', more)
    expect(await faults(project)).toEqual([
      expect.stringMatching(/^integrity: .*lists migrations that have no file/s),
    ])
    // A person, or a habit, rewrites the manifest.
    await hashProject(project)
    const says = `integrity: No migration makes what the snapshot of the entities has:\n${names.map((name) => `  ${name}`).join('\n')}`
    const target = databaseTarget(database.url)
    expect(await faults(project, database.url)).toEqual([expect.stringMatching(/^pending/)])
    await run(project, target, { direction: 'up', target: 'head' })
    expect(await faults(project, database.url)).toEqual([says])
    await recordExpectedCatalogs(project)
    expect(await faults(project)).toEqual([says])
    expect(await faults(project, database.url)).toEqual([says])
  },
)

test('what every kind of entity needs is found where a migration makes it', async () => {
  const config = await withEntities({
    a_table_of_a_name_that_is_as_long_as_a_name_can_be_in_postgresql:
      'a_column_of_a_name_that_is_as_long_as_a_name_can_be_in_postgres: p.integer().unique().index()',
    job: `n: p.integer().index('By "N"'), "odd Name": p.text()`,
  })
  await create(config, 'first')
  const project = mikroOrmProject(config)
  await recordExpectedCatalogs(project)
  expect(await faults(project)).toEqual([])
})
