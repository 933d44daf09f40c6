import { mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withFile } from './page-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-file-'))
})
afterEach(() => rm(folder, { recursive: true }))

const fail = () => Promise.reject(new Error('not verified'))

test('a page that was not made leaves no older one', async () => {
  const path = join(folder, 'page.html')
  await writeFile(path, 'older')
  await expect(withFile(path, fail)).rejects.toThrow('not verified')
  expect(existsSync(path)).toBe(false)
})

test('a link is never removed: as root it may be /dev/stdout', async () => {
  const [path, target] = [join(folder, 'stdout'), join(folder, 'printed.html')]
  await writeFile(target, 'older')
  await symlink(target, path)
  await expect(withFile(path, fail)).rejects.toThrow('not verified')
  expect(await readlink(path)).toBe(target)
  expect(await readFile(target, 'utf8')).toBe('')
})
