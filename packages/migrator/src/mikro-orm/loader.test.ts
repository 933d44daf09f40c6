import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { migrateProcess as migrate } from '../testing/cli.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

// Each starts a process of its own.
vi.setConfig({ testTimeout: 60_000 })

/** A project in the TypeScript that Node cannot run by itself, as MikroORM's are. */

let project: ScratchProject

beforeEach(async () => {
  project = await scratchProject({ Migration1: { up: ['create table a (n int)'] } })
  await project.writeRaw('../mood.ts', `export enum Mood { happy = 'happy' }\n`)
  await project.writeRaw(
    'Migration2.ts',
    `import { Migration } from '@mikro-orm/migrations'
     import { Mood } from '../mood.ts'
     export class Second extends Migration {
       override up() { this.addSql(\`create table b (mood text default '\${Mood.happy}')\`) }
     }\n`,
  )
})

afterEach(() => project.drop())

const lock = (env: Readonly<Record<string, string>> = {}) =>
  migrate(['hash', '--config', project.config], env)

/** Stands in for the real one, which is no dependency of ours: it does what Node can do with enums, where it is told to. */
async function installLoader(): Promise<void> {
  const folder = join(dirname(project.config), 'node_modules', 'tsx')
  await mkdir(folder, { recursive: true })
  const manifest = { name: 'tsx', type: 'module', exports: { './esm/api': './api.js' } }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await writeFile(
    join(folder, 'api.js'),
    `import { readFileSync } from 'node:fs'
     import { registerHooks, stripTypeScriptTypes } from 'node:module'
     import { fileURLToPath } from 'node:url'
     export const register = () => registerHooks({
       load(url, context, next) {
         if (!url.endsWith('.ts')) return next(url, context)
         const source = readFileSync(fileURLToPath(url), 'utf8')
         return { format: 'module', source: stripTypeScriptTypes(source, { mode: 'transform' }), shortCircuit: true }
       },
     })\n`,
  )
}

test.each([
  [
    'what is no TypeScript',
    'const a = 1\nthis is no schema',
    /mood\.ts:2 cannot be read as TypeScript: Expected '.*'.*\. Correct it\.\n$/,
  ],
  [
    'what fails',
    `const a = 1\n;(a as any).txet()`,
    /is not a usable MikroORM configuration: .*txet is not a function, at \S+mood\.ts:2\n$/,
  ],
])('an import of the configuration names its file and line: %s', async (_, text, says) => {
  await project.writeRaw('../secret-mood.ts', `${text}\nexport {}\n`)
  const config = join(dirname(project.config), 'mikro-orm.config.ts')
  await writeFile(config, `import './secret-mood.ts'\nexport default {}\n`)
  const { exit, stderr } = await lock()
  expect([exit, stderr]).toEqual([2, expect.stringMatching(says)])
})

test('a migration that Node cannot run: the reason and what to install, in one line', async () => {
  const { exit, stderr } = await lock()
  expect(exit).toBe(2)
  expect(stderr).toMatch(/^\S+Migration2\.ts, or .*enum is not supported.*npm install -D tsx.*\n$/)
})

test.each([
  ['an enum', `export enum Mood { happy }`],
  ['a decorator', `const tagged = (_: unknown) => {}\n@tagged export class Person {}`],
  ['a parameter property', `export class Person { constructor(private readonly name: string) {} }`],
])('a configuration with %s says the same', async (_, source) => {
  await project.remove('Migration2')
  await project.writeRaw('../mood.ts', `${source}\n`)
  await project.writeRaw(
    '../mikro-orm.config.ts',
    `import './mood.ts'\nexport default { clientUrl: 'postgres://nobody@localhost/none' }\n`,
  )
  const { exit, stderr } = await lock()
  expect(exit).toBe(2)
  expect(stderr).toMatch(/^\S+mikro-orm\.config\.ts, or .*npm install -D tsx.*\n$/)
})

test('is loaded by the loader that the project has, as MikroORM’s command line does', async () => {
  await installLoader()
  const { exit, stdout } = await lock()
  expect([exit, stdout]).toEqual([0, expect.stringContaining('Migration2')])
})

test('a loader that is set and not installed is named', async () => {
  const { exit, stderr } = await lock({ MIKRO_ORM_CLI_TS_LOADER: 'swc' })
  expect([exit, stderr]).toEqual([
    2,
    expect.stringMatching(/the loader "swc", which is set, is not installed/),
  ])
})
