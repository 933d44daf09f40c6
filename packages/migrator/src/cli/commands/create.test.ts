import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../testing/cli.ts'
import { writeEntities } from '../../testing/entities.ts'
import { scratchProject, type ScratchProject } from '../../testing/scratch-project.ts'

let project: ScratchProject
beforeEach(async () => {
  project = await scratchProject({})
  await rm(project.manifest)
  await writeEntities(project.config, { job: 'title: p.text()' })
})
afterEach(() => project.drop())

const create = () => migrate(['create', 'some', '--json', '--config', project.config], {})

test('a first migration needs no database: it makes what the entities say', async () => {
  const { exit, stdout } = await create()
  expect(exit).toBe(0)
  const text = await readFile(JSON.parse(stdout).created, 'utf8')
  expect(text).toMatch(
    /create table "?job"? \("?id"? serial primary key, "?title"? text not null\)/,
  )
  expect(JSON.parse((await create()).stdout)).toMatchObject({ created: null })
})

test('where there are migrations and no snapshot it asks for a database, and writes nothing', async () => {
  await create()
  await rm(join(dirname(project.manifest), 'migrations/.snapshot.json'))
  await writeEntities(project.config, { job: 'title: p.text(), body: p.text().nullable()' })
  const before = await readFile(project.manifest, 'utf8')
  expect(await create()).toMatchObject({ exit: 2, stdout: expect.stringMatching(/URL_MISSING/) })
  expect(await readFile(project.manifest, 'utf8')).toBe(before)
})
