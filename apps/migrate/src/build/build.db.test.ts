import { query, scratchProject } from '@techfacts/migrator/testing'
import { readGate } from '@techfacts/migrator/gate'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { startProgram } from '@techfacts/trials'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { buildBundle, MAIN } from './build.ts'

// Each starts several processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const RECORDER = fileURLToPath(new URL('../trials/fixtures/record-imports.ts', import.meta.url))

const CONFIG = `import { defineConfig } from '@mikro-orm/postgresql'
import { Migrator } from '@techfacts/migrator/mikro-orm'
export default defineConfig({
  clientUrl: 'postgres://nobody@localhost/none',
  entities: [],
  discovery: { warnWhenNoEntities: false },
  baseDir: import.meta.dirname,
  preferTs: false,
  ensureDatabase: false,
  extensions: [Migrator],
  migrations: { path: 'migrations', snapshot: false },
  seeder: { path: 'seeders' },
})
`

const CODE = `import { Migration } from '@mikro-orm/migrations'
export class Fill extends Migration {
  override async up() {
    const [{ n }] = await this.execute('select count(*)::int as n from a')
    await this.execute('insert into a values (?)', [n + 41])
  }
  override down() {
    this.addSql('delete from a')
  }
}
`

const SEEDER = `import { Seeder } from '@mikro-orm/seeder'
export class DatabaseSeeder extends Seeder {
  override async run(em, context) {
    await em.getConnection().execute('insert into seeds values (1)', [], 'run', em.getTransactionContext())
    context?.report.push('one seed')
  }
}
`

const REFERENCE = `import { referenceData } from '@techfacts/migrator/mikro-orm'
export const rows = referenceData({ table: 'seeds' }, { key: ['n'], rows: [{ n: 7 }] })
`

let home: string
let bundle: string
let database: TestDatabase

beforeAll(async () => {
  const project = await scratchProject({
    Migration1: {
      up: ['create table a (n int)', 'create table seeds (n int unique)'],
      down: ['drop table a', 'drop table seeds'],
    },
    Migration3: { up: ['create index a_n on a (n)'], down: ['drop index a_n'] },
  })
  await project.writeRaw('../mikro-orm.config.ts', CONFIG)
  await project.writeRaw('Migration2.ts', CODE)
  await mkdir(join(project.config, '../seeders'))
  await project.writeRaw('../seeders/database.seeder.ts', SEEDER)
  await project.writeRaw('../seeders/seeds.reference.ts', REFERENCE)
  await project.lock()
  home = await mkdtemp(join(tmpdir(), 'bundle-'))
  await buildBundle({ config: project.config, folder: join(home, 'built'), program: 'migrate' })
  await project.drop()
  bundle = join(home, 'moved')
  await rename(join(home, 'built'), bundle)
})

afterAll(() => rm(home, { recursive: true }))

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(() => database.drop())

/** Runs the bundle, and returns what it has printed and the texts of the files that it has loaded. */
async function bundled(...args: readonly string[]) {
  const env = { DATABASE_URL: database.url, NODE_DISABLE_COMPILE_CACHE: '1' }
  const options = ['--import', RECORDER, join(bundle, MAIN)]
  const { exit, stdout, stderr } = await startProgram([...options, ...args], env).ended
  const files = [...stderr.matchAll(/^import (file:.*)$/gm)].map(([, url]) =>
    fileURLToPath(url ?? ''),
  )
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return { exit, stdout, files, loaded: texts.join('\n') }
}

/** The bundler writes above each module where it comes from. */
const ORM = /^\s*\/\/.*node_modules\/@mikro-orm\//m
const PARSER = /^\s*\/\/.*node_modules\/(?:libpg-query|pgsql-deparser)\//m

test('moved away from everything, it applies code and seeds, looks, goes back and comes again', async () => {
  const started = await bundled('start')
  expect(started).toMatchObject({ exit: 0, stdout: expect.stringContaining('seeded one seed') })
  expect(started.stdout).toContain('seeded seeds 7: inserted')
  expect(started.stdout).toContain('3 migrations applied')
  // The code has a chunk that is loaded where it is needed: so would be what the next test looks for.
  expect(ORM.test(started.loaded)).toBe(true)
  expect(await query(database.url, 'select n from a')).toEqual([{ n: 41 }])
  expect(await bundled('status')).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('At head'),
  })
  expect(await bundled('plan')).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('Nothing to do'),
  })
  expect(await bundled('check')).toMatchObject({ exit: 0 })
  const manifest = JSON.parse(await readFile(join(bundle, 'migrations.manifest.json'), 'utf8'))
  const gate = await readGate(manifest, (sql) => query(database.url, sql))
  expect(gate).toMatchObject({ isOpen: true })
  expect(await bundled('down', 'Migration1', '--yes')).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('2 migrations reverted'),
  })
  expect(await bundled('up')).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('2 migrations applied'),
  })
  expect(await query(database.url, 'select n from seeds order by n')).toEqual([{ n: 1 }, { n: 7 }])
})

test(
  'neither ORM nor parser is loaded where nothing is pending, nor to apply statements',
  { tags: 'long' },
  async () => {
    const applying = await bundled('up', 'Migration1')
    expect(applying).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('1 migration applied'),
    })
    expect([ORM.test(applying.loaded), PARSER.test(applying.loaded)]).toEqual([false, false])
    await bundled('start')
    const idle = await bundled('start')
    expect(idle).toMatchObject({ exit: 0, stdout: 'Nothing to do.\n' })
    expect([ORM.test(idle.loaded), PARSER.test(idle.loaded)]).toEqual([false, false])
    // The start, the program, the bundler's own few functions, and one file of all that a run with nothing to do needs.
    expect(idle.files.length).toBeLessThanOrEqual(4)
    // One more of all that applies.
    expect(applying.files.length).toBeLessThanOrEqual(5)
  },
)

test('an edited compiled migration is refused', async () => {
  const path = join(bundle, 'migrations/Migration1.json')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('create table a', 'create table b'))
  expect(await bundled('up')).toMatchObject({ exit: 6 })
  await writeFile(path, text)
})

test(
  'sources that are not those on record are not built, and what was built stays',
  { tags: 'long' },
  async () => {
    const project = await scratchProject({ Migration1: { up: ['create table a (n int)'] } })
    const folder = join(home, 'kept')
    const options = { config: project.config, folder, program: 'migrate' }
    await buildBundle(options)
    await project.write('Migration1', { up: ['create table b (n int)'] })
    await expect(buildBundle(options)).rejects.toMatchObject({ code: 'FILE_EDITED' })
    expect((await readdir(home)).toSorted()).toEqual(['kept', 'moved'])
    expect(await readFile(join(folder, 'migrations/Migration1.json'), 'utf8')).toContain('table a')
    await project.drop()
  },
)
