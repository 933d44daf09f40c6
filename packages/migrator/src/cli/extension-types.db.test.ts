import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

/** A type of an extension needs that first, and whoever meets it is told so. */

let project: ScratchProject
let database: TestDatabase
beforeEach(async () => {
  ;[project, database] = [await scratchProject({}), await createTestDatabase()]
})
afterEach(async () => {
  await Promise.all([project.drop(), database.drop()])
})

const at = (...args: string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: database.url })

const JOB = {
  job: `a: p.string().columnType('citext'), b: p.array().columnType('citext[]').nullable(), t: p.string().columnType('ltree').nullable()`,
}
const HINT = /citext comes with the extension citext.*create extension if not exists citext/s

test('a type of an extension is named with it where no migration makes that', async () => {
  await writeEntities(project.config, JOB)
  const scratch = ['--scratch-url', database.url]
  const created = await at('create', 'first', '--json', ...scratch)
  expect(created.exit).toBe(0)
  const { created: path, schema } = JSON.parse(created.stdout)
  const text = await readFile(path, 'utf8')
  expect(text.match(/-- citext comes with the extension citext, /g)).toHaveLength(1)
  expect(text).toContain('ltree comes with the extension ltree')
  expect(schema.stopped.reason).toMatch(HINT)
  for (const args of [['up'], ['verify', ...scratch, '--onto', 'HEAD']]) {
    const { exit, stdout, stderr } = await at(...args)
    expect([args, exit === 0, stdout + stderr]).toEqual([args, false, expect.stringMatching(HINT)])
  }
})

test('where a migration makes it nothing is said of it', { tags: 'long' }, async () => {
  const extensions = ['create extension citext', 'create extension ltree']
  await project.write('Migration20200101000000_extensions', { up: extensions })
  await writeEntities(project.config, JOB)
  await at('hash')
  const created = await at('create', 'first', '--json', '--scratch-url', database.url)
  const { created: path, schema } = JSON.parse(created.stdout)
  expect(await readFile(path, 'utf8')).not.toContain('comes with')
  expect(schema).not.toHaveProperty('stopped')
  expect((await at('up')).exit).toBe(0)
})
