import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sqlProject } from '../testing/sql-project.ts'
import { hashProject, verifyManifest } from './hash.ts'
import { openProject } from './open.ts'

/** A project whose manifest was written by the release before. */
let project: Awaited<ReturnType<typeof sqlProject>>
let former: string
let written: string

beforeEach(async () => {
  project = await sqlProject({ one: { up: 'create table t (n int)' }, two: { up: 'select 2' } })
  written = await readFile(project.manifestPath, 'utf8')
  former = join(dirname(project.manifestPath), 'migrator.lock.json')
  await rename(project.manifestPath, former)
  await writeFile(former, written.replace('manifestVersion', 'lockfileVersion'))
})

afterEach(() => project.drop())

test('a manifest under its former name is refused with what renames it, and stays', async () => {
  for (const open of [openProject, verifyManifest]) {
    await expect(open(project)).rejects.toMatchObject({
      code: 'PROJECT_INVALID',
      exit: 2,
      message: expect.stringMatching(/migrator\.lock\.json is the manifest under its former name/),
      next: [{ command: 'hash' }],
    })
  }
  expect(existsSync(former)).toBe(true)
  expect(existsSync(project.manifestPath)).toBe(false)
})

test('hash takes it over: the same chain and checksums under the present name', async () => {
  expect(await hashProject(project)).toMatchObject({ recorded: [], removed: [] })
  expect(await readFile(project.manifestPath, 'utf8')).toBe(written)
  expect(existsSync(former)).toBe(false)
  expect((await openProject(project)).manifest.migrations).toHaveLength(2)
})

test('is not taken over where a merge has left its conflict in it', async () => {
  const text = await readFile(former, 'utf8')
  await writeFile(former, `<<<<<<< ours\n${text}=======\n${text}>>>>>>> theirs\n`)
  const edited = await sqlProject({ one: { up: 'select 1' }, two: { up: 'select 2' } })
  await expect(
    hashProject({ ...edited, manifestPath: project.manifestPath }),
  ).rejects.toMatchObject({ code: 'MANIFEST_CONFLICTED' })
  expect(existsSync(former)).toBe(true)
  await edited.drop()
})
