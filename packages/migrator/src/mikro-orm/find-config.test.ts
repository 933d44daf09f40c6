import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { findConfig } from './find-config.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'config-'))
  vi.stubEnv('MIKRO_ORM_CLI_CONFIG', '')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(root, { recursive: true })
})

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }
}

const found = (folder = '') => relative(root, findConfig(join(root, folder)))
const settings = (value: object) => JSON.stringify({ 'mikro-orm': value })
const JS = 'mikro-orm.config.js'
const TS = 'mikro-orm.config.ts'
/** One of the loaders that MikroORM's CLI would take. */
const LOADER = { 'node_modules/tsx/package.json': '{ "name": "tsx" }', 'package.json': '{}' }

describe('the configuration is where MikroORM’s CLI finds it', () => {
  test.each([
    [`src/${TS}`, { ...LOADER, [`src/${TS}`]: '', [TS]: '', [`src/${JS}`]: '' }],
    [TS, { ...LOADER, [TS]: '', [JS]: '' }],
    [`dist/${JS}`, { [`dist/${JS}`]: '', [`build/${JS}`]: '', [`src/${JS}`]: '', [JS]: '' }],
    [`build/${JS}`, { [`build/${JS}`]: '', [JS]: '' }],
    [`src/${JS}`, { [`src/${JS}`]: '', [JS]: '' }],
    [JS, { [JS]: '', [TS]: '' }],
    [
      'own/orm.js',
      { 'own/orm.js': '', [JS]: '', 'package.json': settings({ configPaths: ['./own/orm.js'] }) },
    ],
    [TS, { [JS]: '', [TS]: '', 'package.json': settings({ preferTs: true }) }],
    [JS, { ...LOADER, [JS]: '', [TS]: '', 'package.json': settings({ preferTs: false }) }],
  ])('%s', async (wanted, files) => {
    await write(files)
    expect(found()).toBe(wanted)
  })

  test('or where MIKRO_ORM_CLI_CONFIG says', async () => {
    await write({ [JS]: '', 'other/orm.ts': '' })
    vi.stubEnv('MIKRO_ORM_CLI_CONFIG', './other/orm.ts')
    expect(found()).toBe('other/orm.ts')
  })
})

test('TypeScript without a loader is taken where there is nothing else: Node strips types', async () => {
  await write({ [TS]: '' })
  expect(found()).toBe(TS)
})

test('the settings of a package hold for the folders below it', async () => {
  await write({ 'package.json': settings({ configPaths: ['./orm.js'] }), 'deep/orm.js': '' })
  expect(found('deep')).toBe('deep/orm.js')
})

test('where there is none, the places are named', () => {
  expect(() => found()).toThrow(/no MikroORM configuration.*src\/mikro-orm\.config\.ts/)
})
