import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mikroOrmProject } from '../../mikro-orm/project.ts'
import { readReleases } from '../../project/releases.ts'
import { migrate } from '../../testing/cli.ts'
import { writeEntities } from '../../testing/entities.ts'
import { scratchProject, type ScratchProject } from '../../testing/scratch-project.ts'

let project: ScratchProject
beforeEach(async () => {
  project = await scratchProject({ Migration1: { up: ['create table job (id int primary key)'] } })
})
afterEach(() => project.drop())

const release = (name: string) => migrate(['release', name, '--config', project.config], {})

test('what the entities send is recorded once under a name', async () => {
  await writeEntities(project.config, { job: 'title: p.text().nullable()' })
  const path = join(dirname(project.manifest), 'releases/1.0.json')
  expect(await release('1.0')).toMatchObject({ exit: 0, stdout: `wrote ${path}\n` })
  const text = await readFile(path, 'utf8')
  expect(JSON.parse(text)).toMatchObject({
    name: '1.0',
    head: 'Migration1',
    entities: [{ table: 'job', key: ['id'] }],
  })
  expect((await release('1.0')).exit).toBe(0)
  await writeEntities(project.config, { job: 'title: p.text()' })
  expect(await release('1.0')).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining(`${path} records another release 1.0`),
  })
  expect(await readFile(path, 'utf8')).toBe(text)
  expect((await release('2.0')).exit).toBe(0)
  const releases = await readReleases(mikroOrmProject(project.config))
  expect(releases.map(({ release: { name } }) => name)).toEqual(['1.0', '2.0'])
})

test('a release keeps the recorded queries; a bad line is refused by its number', async () => {
  const own = join(dirname(project.manifest), 'queries.jsonl')
  const kept = join(dirname(project.manifest), 'releases/1.0.queries.jsonl')
  await writeFile(own, '{"sql":"select id from job"}\n{"sql":"commit"}\n')
  expect(await release('1.0')).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining(`${own} cannot be read as recorded queries (line 2)`),
  })
  expect(await readdir(dirname(project.manifest))).not.toContain('releases')
  const text = '{"sql":"select id from job"}\n{"unrecorded":"select $1"}\n'
  await writeFile(own, text)
  expect(await release('1.0')).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('what could not be recorded (lines 2): write each'),
  })
  expect(await readFile(kept, 'utf8')).toBe(text)
  await writeFile(own, '{"sql":"select 1"}\n')
  expect(await release('1.0')).toMatchObject({ exit: 3, stderr: expect.stringContaining(kept) })
  const [found] = await readReleases(mikroOrmProject(project.config))
  expect(found?.release.queries).toEqual([{ sql: 'select id from job', values: {}, line: 1 }])
})

test.each(['../up', 'a/b', '', '.hidden', 'a b'])('%o is no name of a release', async (name) => {
  expect(await release(name)).toMatchObject({ exit: 2, stdout: '' })
  expect(await readdir(dirname(project.manifest))).not.toContain('releases')
})
