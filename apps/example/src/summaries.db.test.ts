import { fileURLToPath } from 'node:url'

import { MikroORM } from '@mikro-orm/postgresql'
import { Extraction, ormOptions, Project, Source } from '@techfacts/db'
import { databaseTarget, grantApplicationRole, run } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'

import { readSummaries } from './summaries.ts'

const configPath = fileURLToPath(import.meta.resolve('@techfacts/db/mikro-orm.config'))

test('the application role reads and writes through the entities, and changes no schema', async () => {
  await using database = await createTestDatabase()
  const owner = databaseTarget(database.url)
  await run(mikroOrmProject(configPath), owner, { direction: 'up', target: 'head' })
  await grantApplicationRole(owner, 'example_app', 'a password')
  const url = Object.assign(new URL(database.url), {
    username: 'example_app',
    password: 'a password',
  })
  const orm = await MikroORM.init(ormOptions(url.href))
  try {
    const em = orm.em.fork()
    const project = em.create(Project, { name: 'b', extractionSchema: {} })
    em.create(Project, { name: 'a', extractionSchema: {} })
    const source = em.create(Source, { project, uri: 'u', sourceGroup: 'g' })
    for (const fact of ['x', 'y']) {
      em.create(Extraction, {
        project,
        source,
        data: { fact },
        extractionType: 't',
        sourceGroup: 'g',
      })
    }
    await em.flush()

    expect(await readSummaries(orm.em.fork())).toEqual([
      { name: 'a', extractions: 0 },
      { name: 'b', extractions: 2 },
    ])
    await expect(em.execute('drop table projects')).rejects.toThrow(
      'must be owner of table projects',
    )
  } finally {
    await orm.close()
    await dropRole(database.url) // it belongs to the server, which may be a given one
  }
})

async function dropRole(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('drop owned by example_app; drop role example_app')
  await client.end()
}
