import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadProject } from './load-project.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-orm-'))
})

afterEach(() => rm(folder, { recursive: true }))

const PACKAGES = ['@mikro-orm/core', '@mikro-orm/migrations', '@mikro-orm/postgresql']

/** What is there of MikroORM, each as little as can be imported. */
async function install(packages: readonly string[]): Promise<void> {
  for (const name of packages) {
    const home = join(folder, 'node_modules', name)
    await mkdir(home, { recursive: true })
    await writeFile(
      join(home, 'package.json'),
      JSON.stringify({ name, version: '7.0.0', type: 'module', exports: { '.': './index.js' } }),
    )
    await writeFile(join(home, 'index.js'), '')
  }
}

test.each(PACKAGES)('a project without %s is told which package it needs', async (missing) => {
  await install(PACKAGES.slice(0, PACKAGES.indexOf(missing)))
  const config = join(folder, 'mikro-orm.config.ts')
  await writeFile(config, 'export default {}')
  await writeFile(join(folder, 'package.json'), '{"name":"shop","version":"1.2.3"}')
  await expect(loadProject(config)).rejects.toMatchObject({
    code: 'PROJECT_INVALID',
    message: expect.stringContaining(`needs the package ${missing}`),
  })
})
